// The state of one sale: its phase, stock, standby lines, buyers and money.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sale/book.h"
#include "sale/buyer_table.h"
#include "sale/line_state.h"
#include "sale/records.h"
#include "sale/registrations.h"
#include "sale/rules.h"
#include "sale/standby_line.h"
#include "sale/unit_ledger.h"

namespace onrush::sale {

struct ItemState {
  UnitLedger units;
  StandbyLine line;
};

// The items whose standby line may have something to do. Handled lowest item first, so that a
// recovered book, which marks every item, decides in the same order as the book that crashed.
class DirtyItems {
 public:
  void resize(std::size_t items) { words_.assign((items + 63) / 64, 0); }
  void mark(std::size_t item) { words_[item / 64] |= std::uint64_t{1} << (item % 64); }
  void unmark(std::size_t item) { words_[item / 64] &= ~(std::uint64_t{1} << (item % 64)); }
  // The lowest one, or -1.
  [[nodiscard]] int first() const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      if (words_[w] != 0) return static_cast<int>(w * 64) + __builtin_ctzll(words_[w]);
    }
    return -1;
  }

 private:
  std::vector<std::uint64_t> words_;
};

struct SaleState {
  RulesPtr rules;
  Phase phase = Phase::draft;
  PhaseReason reason = PhaseReason::staff;
  std::vector<ItemState> items;
  BuyerTable buyers;
  MoneyTotals money;
  DirtyItems dirty;
  std::unique_ptr<LineState> queue;              // nullptr: the sale has no line
  std::unique_ptr<Registrations> registrations;  // nullptr: nobody has registered yet
  std::string beacon;                            // "" = none
  Text notice;                                   // an empty `en`: none
  Index first_order = kNone;  // all orders of the sale, in the order of their grants …
  Index last_order = kNone;
  Index first_awaiting = kNone;  // … and the first that still holds units: the next to expire
  std::uint64_t held = 0;        // units, over all items
  std::uint64_t unpaid = 0;      // units free or held, over all items
  std::uint32_t waiting = 0;     // standby entries, and orders in paid standby
  std::uint32_t refunds_due = 0;
  bool touched = false;

  [[nodiscard]] bool cancelled() const { return reason == PhaseReason::cancelled; }
  [[nodiscard]] bool registered(BuyerId buyer) const {
    return registrations != nullptr && registrations->has(buyer.value());
  }
  [[nodiscard]] bool may_take_part(BuyerId buyer) const {
    return rules->admission.registration != RegistrationMode::required || registered(buyer);
  }
  // Units may be given to those who wait: promised places are kept after closing, but not while
  // paused.
  [[nodiscard]] bool serves_standby() const {
    return phase == Phase::open || (phase == Phase::closed && !cancelled());
  }
  [[nodiscard]] bool sold_through() const {
    return unpaid == 0 && (phase == Phase::open || phase == Phase::paused);
  }
  [[nodiscard]] bool drained() const {
    return phase == Phase::closed && held == 0 && waiting == 0 && refunds_due == 0;
  }
  // Something follows from the state by itself, without time passing.
  [[nodiscard]] bool follow_up_due() const {
    return sold_through() || drained() || (serves_standby() && dirty.first() >= 0);
  }
  void mark(std::uint16_t item) {
    if (!items[item].line.empty()) dirty.mark(item);
  }
  void mark_all() {
    for (std::size_t i = 0; i < items.size(); ++i) mark(static_cast<std::uint16_t>(i));
  }
};

}  // namespace onrush::sale
