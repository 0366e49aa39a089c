#include "sale/tick.h"

#include <algorithm>

#include "sale/line_decisions.h"

namespace onrush::sale {
namespace {

// When the schedule next changes the phase.
std::optional<TimePoint> phase_due(const SaleState& s) {
  switch (s.phase) {
    case Phase::announced:
      return std::min(s.rules->lobby_at, s.rules->closes_at);
    case Phase::lobby:
      return s.rules->opens_at;
    case Phase::open:
    case Phase::paused:
      return s.rules->closes_at;
    case Phase::draft:
    case Phase::closed:
    case Phase::settled:
      return std::nullopt;
  }
  return std::nullopt;
}

void change_phases(Decision& d, SaleNo no, const SaleState& s) {
  for (auto at = phase_due(s); at && *at <= d.now; at = phase_due(s)) {
    Phase to = Phase::closed;
    if (d.now < s.rules->closes_at) to = s.phase == Phase::announced ? Phase::lobby : Phase::open;
    change_phase(d, {no, s.phase, to, PhaseReason::schedule, {}, {}});
  }
}

bool hold_due(const BookState& book, const SaleState& s, TimePoint now) {
  return s.first_awaiting != kNone && book.orders[s.first_awaiting].deadline <= to_millis(now);
}

}  // namespace

bool tick_sale(Decision& d, SaleNo no, std::size_t events_max) {
  const SaleState& s = *d.book.sale(no);
  change_phases(d, no, s);
  while (hold_due(d.book, s, d.now)) {
    if (d.emitted() >= events_max) return true;
    const Order& order = d.book.orders[s.first_awaiting];
    d.emit(event::HoldEnded{no, OrderId{order.id}, BuyerId{order.buyer}, event::HoldEnd::expired});
  }
  follow_up(d, no, events_max);
  if (s.follow_up_due()) return true;
  // Last, when it is known what is free.
  call_line(d, no);
  return false;
}

std::optional<TimePoint> due(const BookState& book, const SaleState& s) {
  if (s.follow_up_due()) return TimePoint{};
  std::optional<TimePoint> at = phase_due(s);
  if (s.first_awaiting != kNone) {
    const TimePoint deadline = from_millis(book.orders[s.first_awaiting].deadline);
    at = at ? std::min(*at, deadline) : deadline;
  }
  if (const auto line = line_due(s)) at = at ? std::min(*at, *line) : line;
  return at;
}

}  // namespace onrush::sale
