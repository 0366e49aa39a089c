// StandbyLine: the buyers who wait for units of one item, first come, first served.
//
// Two parts: orders whose late money is already here (few, always in front, in the order in which
// the money came), then entries in the order in which they joined. An entry keeps a slot; a Fenwick
// tree over the slots gives its exact position in O(log n), although entries leave from the middle.
#pragma once

#include <cstdint>
#include <vector>

#include "sale/chunked_vector.h"
#include "sale/records.h"

namespace onrush::sale {

class StandbyLine {
 public:
  // Waiting in all, paid ones included.
  [[nodiscard]] std::uint32_t size() const {
    return live_ + static_cast<std::uint32_t>(paid_.size());
  }
  [[nodiscard]] bool empty() const { return size() == 0; }

  // Joins at the end; the slot is the entry's handle.
  [[nodiscard]] std::uint32_t join(Index entry);
  void leave(std::uint32_t slot);
  [[nodiscard]] Index at(std::uint32_t slot) const;
  // 1 = next in line.
  [[nodiscard]] std::uint32_t position(std::uint32_t slot) const;

  void join_paid(Index order) { paid_.push_back(order); }
  // False: it does not wait here.
  [[nodiscard]] bool leave_paid(Index order);
  [[nodiscard]] const std::vector<Index>& paid() const { return paid_; }

  // The first paid order, the first entry; kNone if there is none.
  [[nodiscard]] Index first_paid() const { return paid_.empty() ? kNone : paid_.front(); }
  [[nodiscard]] Index first_entry() const { return live_ == 0 ? kNone : slots_[head_]; }

  [[nodiscard]] std::size_t bytes() const { return slots_.bytes() + tree_.bytes(); }

 private:
  ChunkedVector<Index, 1024> slots_;  // the entry in a slot, kNone when it has left
  ChunkedVector<std::uint32_t, 1024>
      tree_;                // Fenwick tree of the slots in use; node i is tree_[i - 1]
  std::uint32_t head_ = 0;  // the first slot in use, if any is
  std::uint32_t live_ = 0;
  std::vector<Index> paid_;
};

}  // namespace onrush::sale
