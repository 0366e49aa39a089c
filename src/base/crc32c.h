// CRC32C (Castagnoli): finds damaged bytes in stored records. Uses the CPU's instruction where it
// has one.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace onrush {

// Of `data`, or continued from the CRC of what came before it.
[[nodiscard]] std::uint32_t crc32c(Bytes data, std::uint32_t before = 0);

// The portable implementation; crc32c() gives the same numbers.
[[nodiscard]] std::uint32_t crc32c_portable(Bytes data, std::uint32_t before = 0);

}  // namespace onrush
