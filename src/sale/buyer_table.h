// BuyerTable: what each buyer of one sale has: his newest order and his newest standby entry, from
// which the older ones are chained. Buyers who were refused are not in it.
//
// It is split over many small tables, because one table of ten million buyers would stop the writer
// for half a second whenever it doubles.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

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
    const Shard& shard = shards_[shard_of(buyer)];
    const auto found = shard.find(buyer);
    return found == shard.end() ? nullptr : &found->second;
  }
  BuyerRefs& operator[](std::uint64_t buyer) { return shards_[shard_of(buyer)][buyer]; }

  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.size();
    return sum;
  }
  // Of the tables: slots, each with one byte of metadata, whether used or not.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t slots = 0;
    for (const Shard& shard : shards_) slots += shard.bucket_count();
    return slots * (sizeof(Shard::value_type) + 1) + sizeof *this;
  }

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t id) const noexcept { return mix_bits(id); }
  };
  using Shard = boost::unordered_flat_map<std::uint64_t, BuyerRefs, Hash>;
  static constexpr std::size_t kShards = 64;
  // Bits from the middle: the table itself uses the highest and the lowest.
  static std::size_t shard_of(std::uint64_t buyer) { return (mix_bits(buyer) >> 16) % kShards; }

  std::array<Shard, kShards> shards_;
};

}  // namespace onrush::sale
