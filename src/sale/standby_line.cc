#include "sale/standby_line.h"

#include <algorithm>

namespace onrush::sale {
namespace {

constexpr std::uint32_t low_bit(std::uint32_t i) {
  return i & (~i + 1);
}

}  // namespace

std::uint32_t StandbyLine::join(Index entry) {
  const std::uint32_t slot = slots_.size();
  slots_.push_back(entry);
  // A new last node covers low_bit(node) slots: its own and those of its children.
  const std::uint32_t node = slot + 1;
  std::uint32_t sum = 1;
  for (std::uint32_t child = node - 1; child > node - low_bit(node); child -= low_bit(child)) {
    sum += tree_[child - 1];
  }
  tree_.push_back(sum);
  if (live_++ == 0) head_ = slot;
  return slot;
}

void StandbyLine::leave(std::uint32_t slot) {
  slots_[slot] = kNone;
  if (--live_ == 0) {  // a line that empties forgets its slots, so that it does not grow for ever
    slots_.clear();
    tree_.clear();
    head_ = 0;
    return;
  }
  for (std::uint32_t node = slot + 1; node <= tree_.size(); node += low_bit(node))
    --tree_[node - 1];
  while (slots_[head_] == kNone) ++head_;
}

Index StandbyLine::at(std::uint32_t slot) const {
  return slot < slots_.size() ? slots_[slot] : kNone;
}

std::uint32_t StandbyLine::position(std::uint32_t slot) const {
  std::uint32_t rank = 0;
  for (std::uint32_t node = slot + 1; node > 0; node -= low_bit(node)) rank += tree_[node - 1];
  return static_cast<std::uint32_t>(paid_.size()) + rank;
}

bool StandbyLine::leave_paid(Index order) {
  const auto found = std::find(paid_.begin(), paid_.end(), order);
  if (found == paid_.end()) return false;
  paid_.erase(found);
  return true;
}

}  // namespace onrush::sale
