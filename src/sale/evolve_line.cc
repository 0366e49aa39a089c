// How places, passes, calls, draws and registrations change the state.
#include "sale/book_state.h"
#include "sale/line_state.h"
#include "sale/rules_check.h"

namespace onrush::sale {

Problem BookState::expect_line(SaleNo no, SaleState*& s) {
  s = sale(no);
  if (s == nullptr || s->queue == nullptr) return "an event of a line where there is none";
  touch(no, *s);
  return nullptr;
}

Problem BookState::evolve(const event::PlaceTaken& e, TimePoint) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  if (s->phase < Phase::lobby || s->phase > Phase::paused) return "a place at the wrong time";
  LineState& line = *s->queue;
  if (e.buyer.value() == 0) return "a place of nobody";
  if (!s->may_take_part(e.buyer)) return "a place of a buyer who is not registered";
  const std::uint32_t before = line.places.newest_of(e.buyer.value());
  if (before != 0 && !line.places[before].over()) return "a second place of a buyer";
  if (before != 0 && !line.opened) {  // he left the lobby and is back
    if (e.entry != before) return "a second place of a buyer in the lobby";
    line.places[before].set(PlaceMark::waiting);
    --line.left;
    --line.left_waiting;
    return nullptr;
  }
  if (e.entry != line.places.size() + 1) return "a place out of order";
  if (e.entry > s->rules->line.capacity) return "a place beyond the line's capacity";
  Place place;
  place.buyer = e.buyer.value();
  if (before != 0) {
    if (line.places[before].nth >= places_of_a_buyer(*s->rules))
      return "more places than a buyer may have";
    place.nth = (line.places[before].nth + 1U) & 0xff;
  }
  line.places.add(place);
  if (!line.opened && s->rules->line.mode == LineMode::draw) {
    line.lobby_digest = lobby_digest(
        line.lobby_digest, lobby_leaf(s->rules->line.draw_secret, s->rules->key, e.buyer));
  }
  return nullptr;
}

Problem BookState::evolve(const event::PlaceLeft& e, TimePoint at) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  LineState& line = *s->queue;
  if (e.entry == 0 || line.places.newest_of(e.buyer.value()) != e.entry)
    return "a place that its buyer does not have";
  Place& place = line.places[e.entry];
  if (place.over()) return "a place that was given up before";
  const std::uint32_t number = line.number_of(e.entry, s->rules->line.mode);
  if (place.mark() == PlaceMark::claimed) {
    line.controller.pass_ended(from_millis(place.expires), at);
  } else if (line.opened && number <= line.serving) {
    line.controller.stayed_away(number, at);
  } else {
    ++line.left_waiting;
  }
  place.set(PlaceMark::left);
  ++line.left;
  return nullptr;
}

Problem BookState::evolve(const event::DrawRevealed& e, TimePoint) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  LineState& line = *s->queue;
  if (s->rules->line.mode != LineMode::draw || !line.opened || line.permutation != nullptr ||
      line.places.size() != line.lobby_entries) {
    return "a draw at the wrong time";
  }
  if (e.entries != line.lobby_entries || e.lobby_digest != line.lobby_digest ||
      e.beacon != s->beacon) {
    return "a draw among others than those in the lobby";
  }
  if (e.seed != draw_seed(s->rules->line.draw_secret, e.entries, e.lobby_digest, e.beacon))
    return "a draw that does not follow from its secret";
  line.seed = e.seed;
  line.permutation = std::make_unique<Permutation>(e.seed, e.entries);
  return nullptr;
}

Problem BookState::evolve(const event::LineCalled& e, TimePoint at) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  LineState& line = *s->queue;
  if (s->phase != Phase::open) return "a call in a sale that is not open";
  if (s->rules->line.mode == LineMode::draw && line.permutation == nullptr)
    return "a call before the draw";
  if (e.serving <= line.serving || e.serving > line.places.size())
    return "a call of numbers that nobody has";
  const std::uint32_t present = line.present_until(e.serving);
  line.left_waiting -= e.serving - line.serving - present;
  line.controller.called(e.serving, present, at);
  line.serving = e.serving;
  return nullptr;
}

Problem BookState::evolve(const event::PassClaimed& e, TimePoint at) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  LineState& line = *s->queue;
  const std::uint32_t entry = line.places.newest_of(e.buyer.value());
  if (entry == 0 || line.places[entry].over()) return "a pass of a buyer without a place";
  if (!s->may_take_part(e.buyer)) return "a pass of a buyer who is not registered";
  if (s->phase != Phase::open) return "a pass in a sale that is not open";
  if (e.number == 0 || e.number != line.number_of(entry, s->rules->line.mode))
    return "a pass of another's number";
  if (e.number > line.serving) return "a pass before its number was called";
  if (e.expires_at != at + s->rules->line.pass) return "a pass with a wrong life";
  Place& place = line.places[entry];
  if (place.live_pass(to_millis(at))) return "a second live pass of a place";
  if (place.passes >= kPassesPerPlace) return "more passes than a place may have";
  const bool first = place.mark() == PlaceMark::waiting;
  if (!first) line.controller.pass_ended(from_millis(place.expires), at);
  if (line.controller.view(at).active >= s->rules->line.active_max)
    return "a pass beyond those allowed at a time";
  line.controller.claimed(e.number, first, at, e.expires_at);
  place.set(PlaceMark::claimed);
  place.expires = to_millis(e.expires_at);
  place.passes = (place.passes + 1U) & 0x1f;
  ++line.claimed;
  return nullptr;
}

// A buyer's hold or standby entry, asked for directly, uses up the pass that let him ask.
Problem BookState::use_pass(SaleState& s, BuyerId buyer, TimePoint at) {
  if (!s.may_take_part(buyer)) return "a hold of a buyer who is not registered";
  if (s.queue == nullptr) return nullptr;
  Places& places = s.queue->places;
  const std::uint32_t entry = places.newest_of(buyer.value());
  if (entry == 0 || !places[entry].live_pass(to_millis(at))) return "a hold without a pass";
  s.queue->controller.pass_ended(from_millis(places[entry].expires), at);
  places[entry].set(PlaceMark::used);
  return nullptr;
}

// Before the phase of the sale changes.
void BookState::change_line(SaleState& s, Phase to, TimePoint at) {
  if (s.queue == nullptr) return;
  LineState& line = *s.queue;
  if (to == Phase::open) {
    if (!line.opened) line.lobby_entries = line.places.size();
    line.opened = true;
    line.controller.run(at);
  } else if (s.phase == Phase::open) {
    line.controller.pause(at);
  }
}

Problem BookState::evolve(const event::Registered& e, TimePoint at) {
  SaleState* s = sale(e.sale);
  if (s == nullptr || e.buyer.value() == 0) return "a registration of nobody";
  if (s->registered(e.buyer)) return "a registration of a registered buyer";
  if (s->registrations == nullptr) s->registrations = std::make_unique<Registrations>();
  s->registrations->set(e.buyer.value(), to_millis(at));
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::Unregistered& e, TimePoint) {
  SaleState* s = sale(e.sale);
  if (s == nullptr || !s->registered(e.buyer)) return "the end of no registration";
  s->registrations->set(e.buyer.value(), Registrations::kNo);
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::LineRateSet& e, TimePoint at) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  if (e.rate < 1 || e.rate > kLineRateMax) return "a rate out of range";
  s->queue->controller.set_rate(e.rate, at);
  return nullptr;
}

Problem BookState::evolve(const event::BeaconSet& e, TimePoint) {
  SaleState* s = nullptr;
  if (const Problem p = expect_line(e.sale, s)) return p;
  if (s->queue->opened) return "a beacon after the opening";
  if (e.value.size() > kBeaconMax) return "a beacon that is too long";
  s->beacon = e.value;
  return nullptr;
}

Problem BookState::evolve(const event::NoticeSet& e, TimePoint) {
  SaleState* s = sale(e.sale);
  if (s == nullptr) return "a notice of an unknown sale";
  s->notice = e.notice;
  touch(e.sale, *s);
  return nullptr;
}

}  // namespace onrush::sale
