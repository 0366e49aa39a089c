#include "sale/line_decisions.h"

#include <algorithm>
#include <utility>

namespace onrush::sale {
namespace {

// How often what the line shows of its claims is looked at while it falls by itself.
constexpr Millis kShownEvery{1'000};

// What is left for people who were not called, if all who were come.
std::int64_t room_left(const SaleState& s, const RateController::View& view) {
  return static_cast<std::int64_t>(room_of(s)) - view.active - view.pending;
}

std::int64_t active_left(const SaleState& s, const RateController::View& view) {
  return std::int64_t{s.rules->line.active_max} - view.active;
}

}  // namespace

std::uint64_t room_of(const SaleState& s) {
  std::uint64_t room = 0;
  for (std::size_t i = 0; i < s.items.size(); ++i) {
    const ItemState& item = s.items[i];
    const std::uint32_t capacity = s.rules->items[i].standby_capacity;
    if (item.line.empty()) room += item.units.free();
    if (item.units.free() + item.units.held() > 0 && capacity > item.line.size())
      room += capacity - item.line.size();
  }
  return room;
}

void call_line(Decision& d, SaleNo no) {
  SaleState& s = *d.book.sale(no);
  if (s.queue == nullptr || s.phase != Phase::open) return;
  LineState& line = *s.queue;
  line.looked = std::max(line.looked, d.now);
  d.book.touch(no, s);
  if (line.uncalled() == 0) return;
  const RateController::View view = line.controller.view(d.now);
  const std::int64_t places = std::min<std::int64_t>(room_left(s, view), line.uncalled());
  const std::uint32_t count = line.controller.to_call(d.now, active_left(s, view), places);
  if (count > 0) d.emit(event::LineCalled{no, line.reach(count)});
}

std::optional<TimePoint> line_due(const SaleState& s) {
  if (s.queue == nullptr || s.phase != Phase::open) return std::nullopt;
  const LineState& line = *s.queue;
  const RateController::View view = line.controller.view(line.looked);
  std::optional<TimePoint> at = view.next_lapse;
  const auto sooner = [&at](TimePoint when) { at = at ? std::min(*at, when) : when; };
  const bool may_call =
      line.uncalled() > 0 && room_left(s, view) > 0 &&
      active_left(s, view) * RateController::kWhole >= view.show * (1 + std::int64_t{view.pending});
  if (may_call) sooner(line.controller.call_due(view));
  if (line.controller.claim_rate_milli(line.looked) > 0) sooner(line.looked + kShownEvery);
  return at;
}

LineSummary line_summary(const SaleState& s, TimePoint now) {
  LineSummary out;
  out.mode = s.rules->line.mode;
  out.phase = s.phase;
  out.registrations = s.registrations == nullptr ? 0 : s.registrations->count();
  const std::uint64_t room = room_of(s);
  if (s.queue == nullptr) return out;
  const LineState& line = *s.queue;
  const RateController::View view = line.controller.view(now);
  out.drawn = line.opened && (out.mode == LineMode::fifo || line.permutation != nullptr);
  out.entries = line.places.size();
  out.lobby_entries = line.opened ? line.lobby_entries : line.places.size();
  out.serving = line.serving;
  out.claimed = line.claimed;
  out.active = view.active;
  out.left = line.left;
  out.capacity = s.rules->line.capacity;
  out.rate = line.controller.rate();
  out.claim_rate_milli = line.controller.claim_rate_milli(now);
  if (room > 0) {
    // Those who left need nothing; whether they stand before or behind is not counted up here.
    const std::int64_t more =
        std::max<std::int64_t>(0, room_left(s, view)) + std::int64_t{line.left_waiting};
    out.win_up_to = static_cast<std::uint32_t>(std::min<std::int64_t>(line.serving + more, kNone));
  }
  if (line.permutation != nullptr) {
    out.lobby_digest = line.lobby_digest;
    out.seed = line.seed;
  }
  return out;
}

std::optional<Outcome> kept_out(const SaleState& s, BuyerId buyer, TimePoint now) {
  const bool registered = s.may_take_part(buyer);
  if (registered && s.queue == nullptr) return std::nullopt;
  const std::uint32_t entry = s.queue == nullptr ? 0 : s.queue->places.newest_of(buyer.value());
  if (registered && entry != 0 && s.queue->places[entry].live_pass(to_millis(now)))
    return std::nullopt;
  std::optional<Outcome> outcome(std::in_place);
  outcome->phase = s.phase;
  outcome->verdict = registered ? Verdict::pass_required : Verdict::registration_required;
  if (entry != 0) outcome->place = s.queue->view(entry, s.rules->line.mode, now);
  return outcome;
}

void change_phase(Decision& d, event::PhaseChanged change) {
  const SaleNo no = change.sale;
  d.emit(std::move(change));
  const SaleState& s = *d.book.sale(no);
  if (s.phase != Phase::open || s.queue == nullptr || s.rules->line.mode != LineMode::draw ||
      s.queue->permutation != nullptr) {
    return;
  }
  const LineState& line = *s.queue;
  d.emit(event::DrawRevealed{
      no, line.lobby_entries, line.lobby_digest, s.beacon,
      draw_seed(s.rules->line.draw_secret, line.lobby_entries, line.lobby_digest, s.beacon)});
}

}  // namespace onrush::sale
