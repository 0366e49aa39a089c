// IdRecords: records in the order of their ids, which only grow, found by id.
//
// There is no index of every id: the first id of each block of records is kept aside, half a
// percent of the records' memory, so that the search through a million of them stays in the cache
// and ends in one block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sale/chunked_vector.h"
#include "sale/records.h"

namespace onrush::sale {

template <class T>
class IdRecords {
 public:
  [[nodiscard]] Index size() const { return records_.size(); }
  T& operator[](Index i) { return records_[i]; }
  const T& operator[](Index i) const { return records_[i]; }

  // `record.id` is greater than that of every record before.
  void push_back(const T& record) {
    if (records_.size() % kBlock == 0) first_ids_.push_back(record.id);
    records_.push_back(record);
  }

  // kNone when there is no such record.
  [[nodiscard]] Index find(std::uint64_t id) const {
    const Range range = range_of(id);
    if (range.begin == range.end) return kNone;
    // Most ids of one millisecond follow each other without a gap, and then it is the last one.
    Index low = range.begin;
    Index high = range.end - 1;
    if (records_[high].id == id) return high;
    while (low < high) {
      const Index middle = low + (high - low) / 2;
      if (records_[middle].id < id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return records_[low].id == id ? low : kNone;
  }
  // Begins to fetch the record that find() would most probably look at first.
  void prefetch(std::uint64_t id) const {
    const Range range = range_of(id);
    if (range.begin < range.end) __builtin_prefetch(&records_[range.end - 1]);
  }
  void prefetch_at(Index i) const { __builtin_prefetch(&records_[i]); }

  [[nodiscard]] std::size_t bytes() const {
    return records_.bytes() + first_ids_.capacity() * sizeof(std::uint64_t);
  }

 private:
  static constexpr Index kBlock = 32;
  struct Range {
    Index begin = 0;
    Index end = 0;
  };

  // Where the id can be: in its block, and no further from the block's beginning than the ids are
  // apart.
  [[nodiscard]] Range range_of(std::uint64_t id) const {
    if (first_ids_.empty() || id < first_ids_.front()) return {};
    const std::uint64_t* first = first_ids_.data();
    for (std::size_t count = first_ids_.size(); count > 1;) {
      const std::size_t half = count / 2;
      first = first[half] <= id ? first + half : first;
      count -= half;
    }
    const auto begin = static_cast<Index>(first - first_ids_.data()) * kBlock;
    const std::uint64_t ahead = std::min<std::uint64_t>(id - *first, kBlock - 1);
    return {begin, std::min(begin + static_cast<Index>(ahead) + 1, records_.size())};
  }

  ChunkedVector<T> records_;
  std::vector<std::uint64_t> first_ids_;  // of each block
};

}  // namespace onrush::sale
