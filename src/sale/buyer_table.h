// BuyerTable: what each buyer of one sale has: his newest order and his newest standby entry, from
// which the older ones are chained. Buyers who were refused are not in it.
//
// It is split over many small tables, because one table of ten million buyers would stop the writer
// for half a second whenever it doubles. Each is an array of 16-byte slots, a power of two of them,
// in which a buyer is in the first free slot at or behind the one that his hash names: four slots a
// cache line, so that nearly every look-up waits for memory once, and prefetch() can know where.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/strong_id.h"
#include "sale/records.h"

namespace onrush::sale {

struct BuyerRefs {
  Index order = kNone;
  Index entry = kNone;
};

class BuyerTable {
 public:
  [[nodiscard]] const BuyerRefs* find(std::uint64_t buyer) const {
    const std::uint64_t hash = mix_bits(buyer);
    const Shard& shard = shards_[shard_of(hash)];
    if (shard.slots.empty()) return nullptr;
    const Slot& slot = shard.slots[shard.place_of(buyer, hash)];
    return slot.buyer == kNobody ? nullptr : &slot.refs;
  }
  // Added when he is not there; never for buyer 0, who is nobody.
  BuyerRefs& operator[](std::uint64_t buyer) {
    const std::uint64_t hash = mix_bits(buyer);
    Shard& shard = shards_[shard_of(hash)];
    if (shard.slots.empty()) shard.slots.resize(kSlotsMin);
    Slot* slot = &shard.slots[shard.place_of(buyer, hash)];
    if (slot->buyer == buyer) return slot->refs;
    if (4 * (shard.used + 1) > 3 * shard.slots.size()) {
      shard.grow();
      slot = &shard.slots[shard.place_of(buyer, hash)];
    }
    ++shard.used;
    slot->buyer = buyer;
    return slot->refs;
  }
  // Begins to fetch the place of a buyer, so that a find() soon after need not wait for memory.
  void prefetch(std::uint64_t buyer) const {
    const std::uint64_t hash = mix_bits(buyer);
    const Shard& shard = shards_[shard_of(hash)];
    if (!shard.slots.empty()) __builtin_prefetch(&shard.slots[hash & (shard.slots.size() - 1)]);
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.used;
    return sum;
  }
  // Of the tables: slots, whether used or not.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t slots = 0;
    for (const Shard& shard : shards_) slots += shard.slots.size();
    return slots * sizeof(Slot) + sizeof *this;
  }

 private:
  static constexpr std::uint64_t kNobody = 0;  // marks a free slot
  static constexpr std::size_t kSlotsMin = 16;
  static constexpr std::size_t kShards = 64;

  struct Slot {
    std::uint64_t buyer = kNobody;
    BuyerRefs refs;
  };
  static_assert(sizeof(Slot) == 16, "docs/memory.md says so");

  struct Shard {
    std::vector<Slot> slots;  // at most three quarters are used
    std::size_t used = 0;

    // Where the buyer is, or where he would be put.
    [[nodiscard]] std::size_t place_of(std::uint64_t buyer, std::uint64_t hash) const {
      const std::size_t mask = slots.size() - 1;
      std::size_t i = hash & mask;
      while (slots[i].buyer != buyer && slots[i].buyer != kNobody) i = (i + 1) & mask;
      return i;
    }
    void grow() {
      Shard larger{std::vector<Slot>(2 * slots.size()), used};
      for (const Slot& slot : slots) {
        if (slot.buyer == kNobody) continue;
        larger.slots[larger.place_of(slot.buyer, mix_bits(slot.buyer))] = slot;
      }
      *this = std::move(larger);
    }
  };
  // The highest bits; the place in the table comes from the lowest.
  static std::size_t shard_of(std::uint64_t hash) { return hash >> 58; }
  static_assert(kShards == 64, "shard_of() takes six bits");

  std::array<Shard, kShards> shards_;
};

}  // namespace onrush::sale
