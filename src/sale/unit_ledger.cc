#include "sale/unit_ledger.h"

namespace onrush::sale {

bool UnitLedger::take(std::uint32_t unit, Index owner) {
  if (unit == 0 || unit > stock_) return false;
  while (units_.size() < unit) units_.push_back(Unit{});
  Unit& record = units_[unit - 1];
  if (record.owner != kNone) return false;
  if (record.next != kFresh) unlink(unit);
  record.owner = owner;
  record.next = 0;
  ++held_;
  // Kept exact, so that equal books have equal ledgers whatever the order in which seats were
  // taken.
  while (fresh_ <= stock_ && !is_fresh(fresh_)) ++fresh_;
  return true;
}

bool UnitLedger::give_back(std::uint32_t unit, Index owner, bool was_paid) {
  if (unit == 0 || unit > units_.size() || units_[unit - 1].owner != owner || owner == kNone)
    return false;
  std::uint32_t& count = was_paid ? paid_ : held_;
  if (count == 0) return false;
  --count;
  units_[unit - 1].owner = kNone;
  append(unit);
  return true;
}

bool UnitLedger::pay(std::uint32_t count) {
  if (held_ < count) return false;
  held_ -= count;
  paid_ += count;
  return true;
}

Index UnitLedger::owner(std::uint32_t unit) const {
  return unit == 0 || unit > units_.size() ? kNone : units_[unit - 1].owner;
}

bool UnitLedger::restore_returned(std::uint32_t unit) {
  if (unit == 0 || unit > stock_) return false;
  while (units_.size() < unit) units_.push_back(Unit{});
  if (!is_fresh(unit)) return false;
  append(unit);
  while (fresh_ <= stock_ && !is_fresh(fresh_)) ++fresh_;
  return true;
}

void UnitLedger::append(std::uint32_t unit) {
  Unit& record = units_[unit - 1];
  record.next = 0;
  record.prev = tail_;
  if (tail_ != 0) {
    units_[tail_ - 1].next = unit;
  } else {
    head_ = unit;
  }
  tail_ = unit;
}

void UnitLedger::unlink(std::uint32_t unit) {
  const Unit record = units_[unit - 1];
  if (record.prev != 0) {
    units_[record.prev - 1].next = record.next;
  } else {
    head_ = record.next;
  }
  if (record.next != 0) {
    units_[record.next - 1].prev = record.prev;
  } else {
    tail_ = record.prev;
  }
}

}  // namespace onrush::sale
