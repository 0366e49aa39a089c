// A quick hash whose key keeps outsiders from aiming at a place of a table. No MAC: what must not
// be forged is signed with base/hmac.h.
#pragma once

#include <cstdint>

namespace onrush::admission {

[[nodiscard]] inline std::uint64_t multiply_and_fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

[[nodiscard]] inline std::uint64_t keyed_hash(std::uint64_t value, std::uint64_t seed) {
  constexpr std::uint64_t kOdd1 = 0xa0761d6478bd642f, kOdd2 = 0xe7037ed1a0b428db;
  const std::uint64_t first = multiply_and_fold(value ^ seed, kOdd1 ^ (seed << 1));
  return multiply_and_fold(first ^ seed, kOdd2);
}

}  // namespace onrush::admission
