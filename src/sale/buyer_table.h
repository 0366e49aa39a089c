// BuyerTable: what each buyer of one sale has: his newest order and his newest standby entry, from
// which the older ones are chained. Buyers who were refused are not in it.
//
// It is split over many small tables, because one table of ten million buyers would stop the writer
// for half a second whenever it doubles. Each is an array of cache lines of four slots, a power of
// two of them: a buyer is in the first slot that was free in the line that his hash names, or else
// in those behind it. So nearly every look-up waits for memory once, and prefetch() knows where.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
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
    if (shard.lines.empty()) return nullptr;
    const Slot& slot = place_of(shard.lines, buyer, hash);
    return slot.buyer == kNobody ? nullptr : &slot.refs;
  }
  // Added when he is not there; never for buyer 0, who is nobody.
  BuyerRefs& operator[](std::uint64_t buyer) {
    const std::uint64_t hash = mix_bits(buyer);
    Shard& shard = shards_[shard_of(hash)];
    if (shard.lines.empty()) shard.lines.resize(kLinesAtFirst);
    Slot* slot = &place_of(shard.lines, buyer, hash);
    if (slot->buyer == buyer) return slot->refs;
    if (shard.used >= 3 * shard.lines.size()) {
      shard.grow();
      slot = &place_of(shard.lines, buyer, hash);
    }
    ++shard.used;
    slot->buyer = buyer;
    return slot->refs;
  }
  // Begins to fetch the place of a buyer, so that a find() soon after need not wait for memory.
  void prefetch(std::uint64_t buyer) const {
    const std::uint64_t hash = mix_bits(buyer);
    const Shard& shard = shards_[shard_of(hash)];
    if (!shard.lines.empty()) __builtin_prefetch(&shard.lines[hash & (shard.lines.size() - 1)]);
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.used;
    return sum;
  }
  // Of the tables: lines, whether used or not.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t lines = 0;
    for (const Shard& shard : shards_) lines += shard.lines.size();
    return lines * sizeof(SlotLine) + sizeof *this;
  }

 private:
  static constexpr std::uint64_t kNobody = 0;  // marks a free slot
  static constexpr std::size_t kLinesAtFirst = 4;
  static constexpr std::size_t kShards = 64;

  struct Slot {
    std::uint64_t buyer = kNobody;
    BuyerRefs refs;
  };
  static_assert(sizeof(Slot) == 16, "docs/memory.md says so");
  struct alignas(64) SlotLine {
    std::array<Slot, 4> slots;
  };
  using SlotLines = std::vector<SlotLine>;

  // Where the buyer is, or where he would be put. Some slot is always free.
  [[nodiscard]] static const Slot& place_of(const SlotLines& lines, std::uint64_t buyer,
                                            std::uint64_t hash) {
    const std::size_t mask = lines.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      for (const Slot& slot : lines[i].slots) {
        if (slot.buyer == buyer || slot.buyer == kNobody) return slot;
      }
    }
  }
  [[nodiscard]] static Slot& place_of(SlotLines& lines, std::uint64_t buyer, std::uint64_t hash) {
    return const_cast<Slot&>(place_of(std::as_const(lines), buyer, hash));
  }

  struct Shard {
    SlotLines lines;  // at most three quarters of the slots are used
    std::size_t used = 0;

    void grow() {
      SlotLines larger(2 * lines.size());
      for (const SlotLine& line : lines) {
        for (const Slot& slot : line.slots) {
          if (slot.buyer != kNobody) place_of(larger, slot.buyer, mix_bits(slot.buyer)) = slot;
        }
      }
      lines = std::move(larger);
    }
  };
  // The highest bits; the place in the table comes from the lowest.
  static std::size_t shard_of(std::uint64_t hash) { return hash >> 58; }
  static_assert(kShards == 64, "shard_of() takes six bits");

  std::array<Shard, kShards> shards_;
};

}  // namespace onrush::sale
