// BuyerIndex: from a buyer to the number of his newest record in a list that somebody else keeps.
//
// It holds nothing but those numbers, four bytes a slot, and asks for the buyer of a record when it
// has to compare. Split over many small tables, as BuyerTable is, so that growing never stops the
// writer for long.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/strong_id.h"
#include "sale/records.h"

namespace onrush::sale {

class BuyerIndex {
 public:
  // kNone when he is not there. `buyer_at(i)` is the buyer of record i.
  template <class BuyerAt>
  [[nodiscard]] Index find(std::uint64_t buyer, BuyerAt buyer_at) const {
    const std::uint64_t hash = mix_bits(buyer);
    const Slots& slots = shards_[hash >> kShardShift].slots;
    return slots.empty() ? kNone : slots[slot_of(slots, buyer, hash, buyer_at)];
  }
  // Record i is the buyer's newest one now.
  template <class BuyerAt>
  void put(std::uint64_t buyer, Index i, BuyerAt buyer_at) {
    const std::uint64_t hash = mix_bits(buyer);
    Shard& shard = shards_[hash >> kShardShift];
    if (4 * (shard.used + 1) > 3 * shard.slots.size()) grow(shard, buyer_at);
    Index& slot = shard.slots[slot_of(shard.slots, buyer, hash, buyer_at)];
    if (slot == kNone) ++shard.used;
    slot = i;
  }
  // Begins to fetch a buyer's slot.
  void prefetch(std::uint64_t buyer) const {
    const std::uint64_t hash = mix_bits(buyer);
    const Slots& slots = shards_[hash >> kShardShift].slots;
    if (!slots.empty()) __builtin_prefetch(&slots[hash & (slots.size() - 1)]);
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = sizeof *this;
    for (const Shard& shard : shards_) sum += shard.slots.capacity() * sizeof(Index);
    return sum;
  }

 private:
  static constexpr int kShardShift = 58;  // the highest six bits of the hash
  static constexpr std::size_t kSlotsAtFirst = 16;
  using Slots = std::vector<Index>;  // kNone: free; a power of two of them
  struct Shard {
    Slots slots;
    std::size_t used = 0;
  };

  template <class BuyerAt>
  [[nodiscard]] static std::size_t slot_of(const Slots& slots, std::uint64_t buyer,
                                           std::uint64_t hash, BuyerAt buyer_at) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = hash & mask;
    while (slots[i] != kNone && buyer_at(slots[i]) != buyer) i = (i + 1) & mask;
    return i;
  }
  template <class BuyerAt>
  static void grow(Shard& shard, BuyerAt buyer_at) {
    Slots larger(shard.slots.empty() ? kSlotsAtFirst : 2 * shard.slots.size(), kNone);
    for (const Index i : shard.slots) {
      if (i == kNone) continue;
      const std::uint64_t buyer = buyer_at(i);
      larger[slot_of(larger, buyer, mix_bits(buyer), buyer_at)] = i;
    }
    shard.slots = std::move(larger);
  }

  std::array<Shard, 64> shards_;
};

}  // namespace onrush::sale
