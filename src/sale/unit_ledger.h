// UnitLedger: who has which unit of one item.
//
// Units are numbered 1..stock. Fresh ones are handed out lowest first; units that came back wait in
// a list, the longest free first. Every step is O(1) for a unit, also taking a named one (a seat)
// out of the middle of the free list. Records exist only up to the highest unit ever touched, so
// that a sale of many items costs nothing before it sells. Keeps I1 and I2: free + held + paid =
// stock, one owner a unit.
#pragma once

#include <cstdint>

#include "sale/chunked_vector.h"
#include "sale/records.h"

namespace onrush::sale {

class UnitLedger {
 public:
  explicit UnitLedger(std::uint32_t stock = 0) : stock_(stock) {}

  [[nodiscard]] std::uint32_t stock() const { return stock_; }
  [[nodiscard]] std::uint32_t held() const { return held_; }
  [[nodiscard]] std::uint32_t paid() const { return paid_; }
  [[nodiscard]] std::uint32_t free() const { return stock_ - held_ - paid_; }

  // Visits the `count` free units that are next to be handed out; count <= free().
  template <class Visit>
  void peek(std::uint32_t count, Visit visit) const;

  // free → held by `owner`. False: there is no such unit, or it is not free.
  [[nodiscard]] bool take(std::uint32_t unit, Index owner);
  // held by `owner` → free, at the end of the free list. False: not his.
  [[nodiscard]] bool give_back(std::uint32_t unit, Index owner, bool was_paid);
  // held → paid, for units that one order holds.
  [[nodiscard]] bool pay(std::uint32_t count);
  void restock(std::uint32_t count) { stock_ += count; }

  // The owner of a unit, or kNone if it is free; unit in 1..stock.
  [[nodiscard]] Index owner(std::uint32_t unit) const;

  // For snapshots: the first unit never handed out, and the free list in order.
  [[nodiscard]] std::uint32_t fresh() const { return fresh_; }
  template <class Visit>
  void each_returned(Visit visit) const {
    for (std::uint32_t u = head_; u != 0; u = units_[u - 1].next) visit(u);
  }
  // Puts a unit that is nobody's at the end of the free list. False: it is somebody's, or listed
  // already.
  [[nodiscard]] bool restore_returned(std::uint32_t unit);

  [[nodiscard]] std::size_t bytes() const { return units_.bytes(); }

 private:
  enum : std::uint32_t { kFresh = 0xffffffff };
  struct Unit {
    Index owner = kNone;
    std::uint32_t next = kFresh;  // in the free list; kFresh: never handed out; 0: end of the list
    std::uint32_t prev = 0;
  };

  [[nodiscard]] bool is_fresh(std::uint32_t unit) const {
    return unit > units_.size() ||
           (units_[unit - 1].owner == kNone && units_[unit - 1].next == kFresh);
  }
  void append(std::uint32_t unit);
  void unlink(std::uint32_t unit);

  ChunkedVector<Unit, 1024> units_;  // [unit - 1]
  std::uint32_t stock_ = 0;
  std::uint32_t held_ = 0;
  std::uint32_t paid_ = 0;
  std::uint32_t fresh_ = 1;  // the lowest unit that was never handed out
  std::uint32_t head_ = 0;   // of the free list; 0: empty
  std::uint32_t tail_ = 0;
};

template <class Visit>
void UnitLedger::peek(std::uint32_t count, Visit visit) const {
  for (std::uint32_t unit = fresh_; count > 0 && unit <= stock_; ++unit) {
    if (!is_fresh(unit)) continue;
    visit(unit);
    --count;
  }
  for (std::uint32_t unit = head_; count > 0 && unit != 0; unit = units_[unit - 1].next) {
    visit(unit);
    --count;
  }
}

}  // namespace onrush::sale
