// What follows by itself: the standby line is served, a sale that is paid for closes, a closed one
// settles.
#include <algorithm>

#include "sale/decision.h"

namespace onrush::sale {
namespace {

bool nothing_left_of_some(const SaleState& s, const Lines& lines) {
  return std::any_of(lines.begin(), lines.end(), [&s](const Line& line) {
    const UnitLedger& units = s.items[line.item.value()].units;
    return units.free() + units.held() == 0;
  });
}

event::StandbyEnd why_dismissed(const SaleState& s, const Lines& lines) {
  if (s.phase == Phase::closed && s.reason == PhaseReason::sold_out)
    return event::StandbyEnd::sold_out;
  if (nothing_left_of_some(s, lines)) return event::StandbyEnd::sold_out;
  return s.phase == Phase::closed ? event::StandbyEnd::closed : event::StandbyEnd::unsatisfiable;
}

// Late money waits in front. True: something happened.
bool serve_paid(Decision& d, SaleNo no, const SaleState& s, Index index) {
  const Order& order = d.book.orders[index];
  const Lines lines = d.book.lines_of(order);
  const bool first_everywhere = std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
    return s.items[line.item.value()].line.first_paid() == index;
  });
  if (!first_everywhere) return false;
  const Payment& payment = d.book.payments[d.book.paying_payment(order)];
  if (!can_return(s, lines)) {
    d.emit(event::RefundDue{no, PaymentId{payment.id}, OrderId{order.id}, BuyerId{order.buyer},
                            Money{payment.captured}, event::RefundReason::no_unit_left});
    return true;
  }
  if (!all_free(s, lines)) return false;
  d.emit(event::LateOrderFulfilled{no, PaymentId{payment.id}, OrderId{order.id},
                                   BuyerId{order.buyer}, pick_units(s, lines)});
  return true;
}

bool serve_entry(Decision& d, SaleNo no, const SaleState& s, Index index) {
  const StandbyEntry& entry = d.book.entries[index];
  const Lines lines = d.book.lines_of(entry);
  const bool first_everywhere = std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
    const StandbyLine& queue = s.items[line.item.value()].line;
    return queue.paid().empty() && queue.first_entry() == index;
  });
  if (!first_everywhere) return false;
  const BuyerId buyer{entry.buyer};
  if (!can_return(s, lines)) {
    d.emit(event::StandbyLeft{no, StandbyId{entry.id}, buyer, why_dismissed(s, lines)});
    return true;
  }
  if (!all_free(s, lines)) return false;
  d.emit(event::HoldGranted{no, OrderId{d.book.next_id(d.now)}, buyer, StandbyId{entry.id},
                            entry.key, d.now + s.rules->hold, price_of(s, lines),
                            pick_units(s, lines)});
  return true;
}

bool serve_head(Decision& d, SaleNo no, const SaleState& s, const StandbyLine& line) {
  if (line.first_paid() != kNone) return serve_paid(d, no, s, line.first_paid());
  return line.first_entry() != kNone && serve_entry(d, no, s, line.first_entry());
}

}  // namespace

void follow_up(Decision& d, SaleNo no, std::size_t events_max) {
  SaleState& s = *d.book.sale(no);
  while (true) {
    // Also in between: a late order that is served may take the last unit.
    if (s.sold_through()) {
      d.emit(event::PhaseChanged{no, s.phase, Phase::closed, PhaseReason::sold_out, {}, {}});
    }
    const int first = s.serves_standby() ? s.dirty.first() : -1;
    if (first < 0) break;
    if (d.emitted() >= events_max) return;
    // Serving a head that waits for several items marks the others again.
    const auto item = static_cast<std::size_t>(first);
    if (!serve_head(d, no, s, s.items[item].line)) s.dirty.unmark(item);
  }
  if (s.drained()) {
    d.emit(event::PhaseChanged{no, Phase::closed, Phase::settled, PhaseReason::drained, {}, {}});
  }
}

}  // namespace onrush::sale
