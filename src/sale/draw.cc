#include "sale/draw.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/invariant.h"

namespace onrush::sale {
namespace {

// No value of a round: those have at most 16 bits.
constexpr std::uint32_t kUnknown = 0xffffffff;

Bytes bytes_of_text(std::string_view text) {
  return std::as_bytes(std::span(text));
}

template <class T>
Bytes bytes_of_number(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// One context for all of a thread's hashes: making one costs more than a hash.
Sha256& hash() {
  static thread_local Sha256 context;
  return context;
}

}  // namespace

Digest draw_commitment(const DrawSecret& secret) {
  return hash().update(secret).finish();
}

Leaf lobby_leaf(const DrawSecret& secret, std::string_view sale_key, BuyerId buyer) {
  const std::uint64_t id = buyer.value();
  const Digest digest = hash()
                            .update(bytes_of_text("onrush leaf v1"))
                            .update(secret)
                            .update(bytes_of_text(sale_key))
                            .update(bytes_of_number(id))
                            .finish();
  Leaf leaf;
  std::copy_n(digest.begin(), leaf.size(), leaf.begin());
  return leaf;
}

Digest lobby_digest(std::string_view sale_key) {
  return hash().update(bytes_of_text("onrush lobby v1")).update(bytes_of_text(sale_key)).finish();
}

Digest lobby_digest(const Digest& before, const Leaf& leaf) {
  return hash().update(before).update(leaf).finish();
}

Digest draw_seed(const DrawSecret& secret, std::uint32_t entries, const Digest& lobby,
                 std::string_view beacon) {
  const std::uint64_t count = entries;
  return hash()
      .update(bytes_of_text("onrush draw v1"))
      .update(secret)
      .update(bytes_of_number(count))
      .update(lobby)
      .update(bytes_of_text(beacon))
      .finish();
}

Permutation::Permutation(const Digest& seed, std::uint32_t entries)
    : seed_(seed), entries_(entries) {
  INVARIANT(entries <= (1U << 31), "a draw has at most 2^31 entries");
  const auto bits = std::max<std::uint32_t>(2, entries < 2 ? 0 : std::bit_width(entries - 1));
  right_bits_ = bits - bits / 2;
  left_mask_ = (1U << (bits / 2)) - 1;
  right_mask_ = (1U << right_bits_) - 1;
}

std::uint32_t Permutation::round_value(std::uint32_t round, std::uint32_t x) const {
  if (known_.empty()) known_.assign(std::size_t{kRounds} << right_bits_, kUnknown);
  std::uint32_t& known = known_[round << right_bits_ | x];
  if (known != kUnknown) return known;
  const auto round_byte = static_cast<std::uint8_t>(round);
  const Digest digest =
      hash().update(seed_).update(bytes_of_number(round_byte)).update(bytes_of_number(x)).finish();
  std::uint32_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  known = value & (round % 2 == 0 ? left_mask_ : right_mask_);
  return known;
}

// Even rounds change the left half by the right one, odd rounds the right half by the left one.
std::uint32_t Permutation::mix(std::uint32_t x, bool backwards) const {
  std::uint32_t left = x >> right_bits_;
  std::uint32_t right = x & right_mask_;
  for (std::uint32_t i = 0; i < kRounds; ++i) {
    const std::uint32_t round = backwards ? kRounds - 1 - i : i;
    if (round % 2 == 0) {
      left ^= round_value(round, right);
    } else {
      right ^= round_value(round, left);
    }
  }
  return left << right_bits_ | right;
}

std::uint32_t Permutation::place_of(std::uint32_t entry) const {
  INVARIANT(entry >= 1 && entry <= entries_, "an entry that takes part in the draw");
  std::uint32_t x = entry - 1;
  do x = mix(x, false);
  while (x >= entries_);
  return x + 1;
}

std::uint32_t Permutation::entry_at(std::uint32_t place) const {
  INVARIANT(place >= 1 && place <= entries_, "a place that was drawn");
  std::uint32_t x = place - 1;
  do x = mix(x, true);
  while (x >= entries_);
  return x + 1;
}

}  // namespace onrush::sale
