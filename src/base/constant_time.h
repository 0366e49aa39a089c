// Comparison whose duration does not tell where the first difference is.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace onrush {

// Eight bytes at a time (OpenSSL's CRYPTO_memcmp takes one at a time): every byte is looked at, and
// the differences only meet in one word. The lengths are not secret; the bytes are.
[[nodiscard]] inline bool equal_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    difference |= x ^ y;
  }
  for (; i < a.size(); ++i) difference |= std::to_integer<std::uint64_t>(a[i] ^ b[i]);
  // Keeps the compiler from leaving the loop early.
  asm volatile("" : "+r"(difference));
  return difference == 0;
}
[[nodiscard]] inline bool equal_constant_time(std::string_view a, std::string_view b) {
  return equal_constant_time(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

}  // namespace onrush
