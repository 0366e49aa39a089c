// The waiting line: places, calls, passes, the draw, registrations.
#include <fmt/format.h>

#include <algorithm>

#include "auditor/ledger.h"

namespace onrush::auditor {

using sale::LineMode;
using sale::Phase;

// Passes of one place, docs/line.md.
constexpr std::uint32_t kPassesPerPlace = 20;

Ledger::Sale* Ledger::line_of(sale::SaleNo no) {
  Sale* s = sale_of(no);
  if (s == nullptr) return nullptr;
  if (s->rules->line.on()) return s;
  broken("line_order",
         fmt::format("sale {} has no line, and something happened in it", s->rules->key));
  return nullptr;
}

// 0: not drawn yet.
std::uint64_t Ledger::number_of(const Sale& s, std::uint64_t entry) const {
  if (s.rules->line.mode != LineMode::draw || entry > s.line.drawn_entries)
    return s.rules->line.mode == LineMode::draw && !s.line.revealed ? 0 : entry;
  return s.line.drawn == nullptr ? 0 : s.line.drawn->of(entry);
}

void Ledger::lapse_passes(Line& line) {
  while (!line.passes.empty() && line.passes.front().first <= at_) {
    const auto& [expires, buyer] = line.passes.front();
    const Spot& spot = line.spots.at(buyer);
    if (!spot.over && spot.expires == expires) --line.live;
    line.passes.pop_front();
  }
}

void Ledger::check_registered(const Sale& s, std::uint64_t buyer) {
  if (s.rules->admission.registration != sale::RegistrationMode::required ||
      s.line.registered.contains(buyer)) {
    return;
  }
  broken("not_registered", fmt::format("buyer {} took part in sale {} without being registered",
                                       buyer, s.rules->key));
}

// By a hold or a standby entry that its buyer asked for.
void Ledger::use_pass(Sale& s, std::uint64_t buyer) {
  check_registered(s, buyer);
  if (!s.rules->line.on()) return;
  lapse_passes(s.line);
  const auto found = s.line.spots.find(buyer);
  if (found == s.line.spots.end() || found->second.over || found->second.expires <= at_) {
    return broken("hold_without_pass",
                  fmt::format("buyer {} was served without a pass of the line", buyer));
  }
  found->second.over = true;
  --s.line.live;
}

std::uint64_t Ledger::room_of(const Sale& s) {
  std::uint64_t room = 0;
  for (std::size_t i = 0; i < s.items.size(); ++i) {
    const Item& item = s.items[i];
    const std::uint64_t waiting = item.waiting + item.paid_line.size();
    const std::uint64_t capacity = s.rules->items[i].standby_capacity;
    if (waiting == 0) room += item.free;
    if (item.free + item.held > 0 && capacity > waiting) room += capacity - waiting;
  }
  return room;
}

void Ledger::on(const sale::event::PlaceTaken& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  Line& line = s->line;
  check_registered(*s, e.buyer.value());
  if (s->phase != Phase::lobby && s->phase != Phase::open && s->phase != Phase::paused)
    broken("line_order", fmt::format("place {} was taken at the wrong time", e.entry));
  Spot& spot = line.spots[e.buyer.value()];
  // Who left the lobby and comes back has his place again.
  if (!line.opened && spot.over && spot.entry == e.entry) {
    spot.over = false;
    --line.totals.left;
    return;
  }
  if (e.entry != line.totals.places + 1)
    broken("line_order", fmt::format("place {} follows on {}", e.entry, line.totals.places));
  if (e.entry > s->rules->line.capacity)
    broken("line_order", fmt::format("place {} of {}", e.entry, s->rules->line.capacity));
  lapse_passes(line);
  if (spot.entry != 0 && (!spot.over || !line.opened)) {
    broken("place_twice", fmt::format("buyer {} got place {} and has place {}", e.buyer.value(),
                                      e.entry, spot.entry));
  }
  if (spot.nth >= s->rules->orders_per_buyer) {
    broken("too_many_turns",
           fmt::format("buyer {} got place {}, his {}.", e.buyer.value(), e.entry, spot.nth + 1));
  }
  spot = {e.entry, false, spot.nth + 1, 0, TimePoint{}};
  line.totals.places = e.entry;
  if (!line.opened && s->rules->line.mode == LineMode::draw)
    line.lobby->add(draw_leaf(s->rules->line.draw_secret, s->rules->key, e.buyer.value()));
}

void Ledger::on(const sale::event::PlaceLeft& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  lapse_passes(s->line);
  const auto found = s->line.spots.find(e.buyer.value());
  if (found == s->line.spots.end() || found->second.entry != e.entry || found->second.over) {
    return broken("line_order", fmt::format("buyer {} left place {}, which he did not have",
                                            e.buyer.value(), e.entry));
  }
  if (found->second.expires > at_) --s->line.live;
  found->second.over = true;
  ++s->line.totals.left;
}

void Ledger::on(const sale::event::DrawRevealed& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  Line& line = s->line;
  if (s->rules->line.mode != LineMode::draw || line.revealed || s->phase != Phase::open)
    broken("draw", fmt::format("sale {} drew at the wrong time", s->rules->key));
  if (e.entries != line.lobby->entries() || e.lobby_digest != line.lobby->digest()) {
    broken("draw", fmt::format("sale {} drew among {} entries, {} were in its lobby", s->rules->key,
                               e.entries, line.lobby->entries()));
  }
  if (e.beacon != line.beacon ||
      e.seed != draw_seed_of(s->rules->line.draw_secret, e.entries, e.lobby_digest, e.beacon)) {
    broken("draw", fmt::format("the draw of sale {} does not follow from its secret, lobby and "
                               "beacon",
                               s->rules->key));
  }
  line.revealed = true;
  line.drawn_entries = e.entries;
  if (e.entries > 0) line.drawn = std::make_unique<DrawnPlaces>(e.seed, e.entries);
}

void Ledger::on(const sale::event::LineCalled& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  LineTotals& totals = s->line.totals;
  if (s->phase != Phase::open)
    broken("line_order", fmt::format("{} was called while the sale was not open", e.serving));
  if (s->rules->line.mode == LineMode::draw && !s->line.revealed)
    broken("draw", fmt::format("{} was called before the draw", e.serving));
  if (e.serving <= totals.serving) {
    broken("line_order", fmt::format("{} was called after {}", e.serving, totals.serving));
  }
  if (e.serving > totals.places)
    broken("line_order", fmt::format("{} was called of {} places", e.serving, totals.places));
  if (room_of(*s) == 0) {
    broken("called_for_nothing",
           fmt::format("{} was called with nothing free and no room in standby", e.serving));
  }
  totals.serving = std::max<std::uint64_t>(totals.serving, e.serving);
}

void Ledger::on(const sale::event::PassClaimed& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  Line& line = s->line;
  check_registered(*s, e.buyer.value());
  lapse_passes(line);
  ++line.totals.claimed;
  const auto found = line.spots.find(e.buyer.value());
  if (found == line.spots.end() || found->second.over) {
    return broken("line_order",
                  fmt::format("buyer {} got a pass and has no place", e.buyer.value()));
  }
  Spot& spot = found->second;
  if (number_of(*s, spot.entry) != e.number) {
    broken("line_order", fmt::format("buyer {} got the pass of number {}, which is not his",
                                     e.buyer.value(), e.number));
  }
  if (s->phase != Phase::open || e.number > line.totals.serving) {
    broken("claim_before_call", fmt::format("number {} got its pass, {} is the highest called",
                                            e.number, line.totals.serving));
  }
  if (spot.expires > at_) {
    broken("place_twice", fmt::format("number {} got a second pass", e.number));
    --line.live;
  }
  if (e.expires_at != at_ + s->rules->line.pass)
    broken("deadline", fmt::format("the pass of number {} has a wrong life", e.number));
  if (++spot.passes > kPassesPerPlace) {
    broken("too_many_turns",
           fmt::format("number {} got {} passes, all of which lapsed", e.number, spot.passes));
  }
  spot.expires = e.expires_at;
  line.passes.emplace_back(e.expires_at, e.buyer.value());
  if (++line.live > s->rules->line.active_max) {
    broken("too_many_passes", fmt::format("{} passes are out, at most {} may be", line.live,
                                          s->rules->line.active_max));
  }
}

void Ledger::on(const sale::event::Registered& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  if (s->rules->admission.registration == sale::RegistrationMode::off || s->line.opened ||
      !s->line.registered.insert(e.buyer.value()).second) {
    broken("registration",
           fmt::format("buyer {} registered out of time or twice", e.buyer.value()));
  }
}

void Ledger::on(const sale::event::Unregistered& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  if (s->line.opened || s->line.registered.erase(e.buyer.value()) == 0)
    broken("registration", fmt::format("buyer {} unregistered out of time", e.buyer.value()));
}

void Ledger::on(const sale::event::LineRateSet& e) {
  (void)line_of(e.sale);
}

void Ledger::on(const sale::event::BeaconSet& e) {
  Sale* s = line_of(e.sale);
  if (s == nullptr) return;
  if (s->line.opened) broken("draw", "the beacon was changed after the opening");
  s->line.beacon = e.value;
}

void Ledger::on(const sale::event::NoticeSet& e) {
  (void)sale_of(e.sale);
}

// Somebody waits, something is free, all passes that were out have lapsed, and nobody was called.
void Ledger::check_line_end(const Sale& s) {
  const sale::LineRules& rules = s.rules->line;
  if (!rules.on() || s.phase != Phase::open || s.line.totals.serving >= s.line.totals.places)
    return;
  if (at_ - s.changed_at <= rules.pass + rules.pass / 32 + rules.claim + kTolerance) return;
  if (room_of(s) > 0) {
    broken("line_stuck", fmt::format("sale {}: number {} waits, and nobody was called any more",
                                     s.rules->key, s.line.totals.serving + 1));
  }
}

}  // namespace onrush::auditor
