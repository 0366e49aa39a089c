// Lower-case hexadecimal text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace onrush {

[[nodiscard]] std::string to_hex(Bytes in);
// True if `text` is exactly 2 × out.size() hexadecimal digits (either case); `out` is then filled.
[[nodiscard]] bool read_hex(std::string_view text, std::span<std::byte> out);

}  // namespace onrush
