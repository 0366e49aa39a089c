// Hold requests, and the wishes of buyers about what they have: release, leave, confirm.
#include <algorithm>

#include "sale/decision.h"
#include "sale/line_decisions.h"

namespace onrush::sale {
namespace {

// In the words of the API, or nullptr.
const char* wrong_lines(const SaleState& s, const Lines& lines) {
  if (lines.empty()) return "A hold needs at least one line.";
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].item.value() >= s.items.size()) return "There is no such item in this sale.";
    if (lines[i].quantity == 0) return "The quantity must be at least 1.";
    for (std::size_t k = 0; k < i; ++k) {
      if (lines[k].item == lines[i].item) return "An item may be asked for in one line only.";
    }
    total += lines[i].quantity;
  }
  return total > kUnitsPerOrderMax ? "An order may have at most 100 units." : nullptr;
}

bool share_an_item(const Lines& a, const Lines& b) {
  return std::any_of(a.begin(), a.end(), [&b](const Line& x) {
    return std::any_of(b.begin(), b.end(), [&x](const Line& y) { return x.item == y.item; });
  });
}

Outcome entry_outcome(const Decision& d, const SaleState& s, Index entry) {
  Outcome outcome;
  outcome.repeated = true;
  outcome.phase = s.phase;
  outcome.standby = d.book.view_entry(entry);
  switch (d.book.entries[entry].state) {
    case EntryState::waiting:
    case EntryState::left:
    case EntryState::served:
      outcome.verdict = Verdict::standby;
      break;
    case EntryState::unsatisfiable:
    case EntryState::sold_out:
      outcome.verdict = Verdict::sold_out;
      break;
    case EntryState::closed:
      outcome.verdict = Verdict::closed;
      break;
  }
  return outcome;
}

// The answer given before to the same request: the same key, or something alive with one of these
// items. False: it is a new one.
bool repeat(const Decision& d, const SaleState& s, const command::RequestHold& c,
            const BuyerRefs& refs, Outcome& outcome) {
  const BookState& book = d.book;
  const auto answer_order = [&](Index i) {
    outcome = order_outcome(d, Verdict::granted, i, true);
    return true;
  };
  if (c.key != 0) {
    for (Index i = refs.order; i != kNone; i = book.orders[i].older_of_buyer) {
      if (book.orders[i].key != c.key) continue;
      if (same_lines(book.lines_of(book.orders[i]), c.lines)) return answer_order(i);
      outcome.verdict = Verdict::key_conflict;
      return true;
    }
    for (Index i = refs.entry; i != kNone; i = book.entries[i].older_of_buyer) {
      if (book.entries[i].key != c.key) continue;
      if (same_lines(book.lines_of(book.entries[i]), c.lines)) {
        outcome = entry_outcome(d, s, i);
      } else {
        outcome.verdict = Verdict::key_conflict;
      }
      return true;
    }
  }
  for (Index i = refs.order; i != kNone; i = book.orders[i].older_of_buyer) {
    const Order& order = book.orders[i];
    if (order.state == OrderState::awaiting_payment &&
        share_an_item(book.lines_of(order), c.lines)) {
      return answer_order(i);
    }
  }
  for (Index i = refs.entry; i != kNone; i = book.entries[i].older_of_buyer) {
    const StandbyEntry& entry = book.entries[i];
    if (entry.state == EntryState::waiting && share_an_item(book.lines_of(entry), c.lines)) {
      outcome = entry_outcome(d, s, i);
      return true;
    }
  }
  return false;
}

Outcome grant(Decision& d, const SaleState& s, const command::RequestHold& c) {
  const auto& granted = d.emit(event::HoldGranted{c.sale, OrderId{d.book.next_id(d.now)}, c.buyer,
                                                  StandbyId{}, c.key, d.now + s.rules->hold,
                                                  price_of(s, c.lines), pick_units(s, c.lines)});
  Outcome outcome;
  outcome.verdict = Verdict::granted;
  outcome.phase = s.phase;
  outcome.sale = c.sale;
  OrderView& view = outcome.order;
  view.order = granted.order;
  view.sale = c.sale;
  view.buyer = c.buyer;
  view.granted_at = d.now;
  view.deadline = granted.deadline;
  view.amount = granted.amount;
  view.units = granted.units;
  return outcome;
}

// Nothing is free, or others wait already: wait behind them, or be told.
Outcome wait_or_refuse(Decision& d, const SaleState& s, const command::RequestHold& c) {
  const bool room = std::all_of(c.lines.begin(), c.lines.end(), [&s](const Line& line) {
    return s.items[line.item.value()].line.size() <
           s.rules->items[line.item.value()].standby_capacity;
  });
  Outcome outcome;
  outcome.phase = s.phase;
  if (c.join_standby && room && can_return(s, c.lines)) {
    d.emit(event::StandbyJoined{c.sale, StandbyId{d.book.next_id(d.now)}, c.buyer, c.key, c.lines});
    outcome.verdict = Verdict::standby;
    outcome.standby = d.book.view_entry(d.book.entries.size() - 1);
    return outcome;
  }
  outcome.verdict = Verdict::sold_out;
  // Of the item that is in the way: too few free, else those free are for people who wait.
  for (const Line& line : c.lines) {
    const ItemState& item = s.items[line.item.value()];
    if (item.units.free() < line.quantity || !item.line.empty()) {
      outcome.may_return = item.units.held();
      break;
    }
  }
  return outcome;
}

Outcome not_now(const SaleState& s) {
  Outcome outcome;
  outcome.phase = s.phase;
  if (s.phase == Phase::paused) {
    outcome.verdict = Verdict::paused;
  } else if (s.phase == Phase::closed || s.phase == Phase::settled) {
    outcome.verdict = Verdict::closed;
  } else {
    outcome.verdict = Verdict::not_open;
    outcome.when = s.rules->opens_at;
  }
  return outcome;
}

}  // namespace

Outcome decide(Decision& d, const command::RequestHold& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (s->phase < Phase::open) return not_now(*s);
  if (c.buyer.value() == 0) return refusal(Verdict::invalid, "A hold needs a buyer.");
  if (const char* wrong = wrong_lines(*s, c.lines)) return refusal(Verdict::invalid, wrong);

  const BuyerRefs* refs = s->buyers.find(c.buyer.value());
  Outcome before;
  before.phase = s->phase;
  if (refs != nullptr && repeat(d, *s, c, *refs, before)) return before;
  if (s->phase != Phase::open) return not_now(*s);
  if (auto kept = kept_out(*s, c.buyer, d.now)) return *kept;

  if (!within_limits(d.book, *s, refs, c.lines) ||
      (refs != nullptr && share_of(d.book, *s, c.buyer).attempts >= s->rules->orders_per_buyer)) {
    if (refs != nullptr && refs->order != kNone) {
      return order_outcome(d, Verdict::limit_reached, refs->order);
    }
    before.verdict = Verdict::limit_reached;
    return before;
  }
  if (all_free(*s, c.lines) && !anyone_waits(*s, c.lines)) return grant(d, *s, c);
  return wait_or_refuse(d, *s, c);
}

Outcome decide(Decision& d, const command::LeaveStandby& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  const BuyerRefs* refs = s->buyers.find(c.buyer.value());
  Outcome outcome;
  outcome.phase = s->phase;
  outcome.sale = c.sale;
  outcome.repeated = true;
  bool known = false;
  for (Index i = refs != nullptr ? refs->entry : kNone; i != kNone;
       i = d.book.entries[i].older_of_buyer) {
    const StandbyEntry& entry = d.book.entries[i];
    if (c.standby.value() != 0 && entry.id != c.standby.value()) continue;
    known = true;
    if (entry.state != EntryState::waiting) continue;
    d.emit(event::StandbyLeft{c.sale, StandbyId{entry.id}, c.buyer, event::StandbyEnd::left});
    outcome.repeated = false;
  }
  if (!known) return refusal(Verdict::not_found, "There is no such place in the standby line.");
  follow_up(d, c.sale, kFollowUpsPerCommand);
  return outcome;
}

Outcome decide(Decision& d, const command::ReleaseHold& c) {
  const Index index = d.book.find_order(c.order);
  if (index == kNone || d.book.orders[index].buyer != c.buyer.value()) {
    return refusal(Verdict::not_found, "There is no such order.");
  }
  const Order& order = d.book.orders[index];
  if (order.state == OrderState::released) return order_outcome(d, Verdict::done, index, true);
  if (order.state != OrderState::awaiting_payment) {
    Outcome outcome = order_outcome(d, Verdict::wrong_state, index);
    outcome.message = "The order no longer waits for payment.";
    return outcome;
  }
  d.emit(event::HoldEnded{SaleNo{order.sale}, c.order, c.buyer, event::HoldEnd::released});
  const Outcome outcome = order_outcome(d, Verdict::done, index);
  follow_up(d, SaleNo{order.sale}, kFollowUpsPerCommand);
  return outcome;
}

Outcome decide(Decision& d, const command::ConfirmOrder& c) {
  const Index index = d.book.find_order(c.order);
  const bool by_staff = c.buyer.value() == 0;
  if (index == kNone || (!by_staff && d.book.orders[index].buyer != c.buyer.value())) {
    return refusal(Verdict::not_found, "There is no such order.");
  }
  const Order& order = d.book.orders[index];
  const SaleNo no{order.sale};
  if (order.state == OrderState::paid) return order_outcome(d, Verdict::done, index, true);
  if (order.state != OrderState::awaiting_payment) {
    Outcome outcome = order_outcome(d, Verdict::wrong_state, index);
    outcome.message = "The order no longer waits for payment.";
    return outcome;
  }
  const bool free_of_charge =
      order.amount == 0 || d.book.sale(no)->rules->payment == PaymentMode::confirmation;
  if (!by_staff && !free_of_charge) {
    Outcome outcome = order_outcome(d, Verdict::payment_needed, index);
    outcome.message = "This order has to be paid for.";
    return outcome;
  }
  d.emit(event::OrderConfirmed{no, c.order, BuyerId{order.buyer}, c.actor});
  const Outcome outcome = order_outcome(d, Verdict::done, index);
  follow_up(d, no, kFollowUpsPerCommand);
  return outcome;
}

}  // namespace onrush::sale
