// The draw: who was in the lobby at the opening gets a place by lot, without a list and without a
// shuffle (docs/line.md, "The draw in bytes"). Pure, and the same for ever: what was drawn once can
// be computed again by anybody.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "sale/ids.h"
#include "sale/rules.h"

namespace onrush::sale {

inline constexpr std::string_view kDrawAlgorithm = "onrush-draw-v1";

using Leaf = std::array<std::byte, 16>;

// What the operator publishes when the sale is announced: SHA-256(secret).
[[nodiscard]] Digest draw_commitment(const DrawSecret& secret);
// Tells nothing of the buyer to anybody who does not know the secret.
[[nodiscard]] Leaf lobby_leaf(const DrawSecret& secret, std::string_view sale_key, BuyerId buyer);
// Of an empty lobby, and with one more entry.
[[nodiscard]] Digest lobby_digest(std::string_view sale_key);
[[nodiscard]] Digest lobby_digest(const Digest& before, const Leaf& leaf);
[[nodiscard]] Digest draw_seed(const DrawSecret& secret, std::uint32_t entries, const Digest& lobby,
                               std::string_view beacon);

// The permutation of 1..entries under a seed: a Feistel network with cycle walking.
//
// Its round function has as many arguments as half the bits of `entries` can say, some thousands,
// so each value is computed when it is first needed and kept: nothing at the opening, and a few
// nanoseconds a place when many have been asked for. Not for several threads at once.
class Permutation {
 public:
  Permutation(const Digest& seed, std::uint32_t entries);

  [[nodiscard]] std::uint32_t entries() const { return entries_; }
  // The place of an entry, and the entry of a place; both 1..entries.
  [[nodiscard]] std::uint32_t place_of(std::uint32_t entry) const;
  [[nodiscard]] std::uint32_t entry_at(std::uint32_t place) const;

  [[nodiscard]] std::size_t bytes() const { return known_.capacity() * sizeof(std::uint32_t); }

 private:
  static constexpr std::uint32_t kRounds = 8;

  [[nodiscard]] std::uint32_t round_value(std::uint32_t round, std::uint32_t x) const;
  [[nodiscard]] std::uint32_t mix(std::uint32_t x, bool backwards) const;

  Digest seed_;
  std::uint32_t entries_;
  std::uint32_t right_bits_;
  std::uint32_t left_mask_;
  std::uint32_t right_mask_;
  mutable std::vector<std::uint32_t> known_;  // [round << right_bits_ | x]; kUnknown: not yet
};

}  // namespace onrush::sale
