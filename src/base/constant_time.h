// Comparison whose duration does not tell where the first difference is.
#pragma once

#include <openssl/crypto.h>

#include "base/bytes.h"

namespace onrush {

// The lengths are not secret; the bytes are.
[[nodiscard]] inline bool equal_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}
[[nodiscard]] inline bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace onrush
