// Strong id types: an OrderId is not a BuyerId, though both are 64-bit numbers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace onrush {

template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_ = 0;
};

// Mixes the bits well enough for open addressing (the finaliser of MurmurHash3).
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}

}  // namespace onrush

template <class Tag, class Rep>
struct std::hash<onrush::StrongId<Tag, Rep>> {
  std::size_t operator()(onrush::StrongId<Tag, Rep> id) const noexcept {
    return static_cast<std::size_t>(onrush::mix_bits(static_cast<std::uint64_t>(id.value())));
  }
};
