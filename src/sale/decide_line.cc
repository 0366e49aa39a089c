// Places, passes and registrations, and what staff set about them.
#include <fmt/format.h>

#include "sale/line_decisions.h"
#include "sale/rules_check.h"

namespace onrush::sale {
namespace {

Outcome verdict_of(const SaleState& s, SaleNo no, Verdict verdict, bool repeated = false) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.repeated = repeated;
  outcome.sale = no;
  outcome.phase = s.phase;
  return outcome;
}

Outcome place_outcome(const SaleState& s, SaleNo no, Verdict verdict, std::uint32_t entry,
                      TimePoint now, bool repeated = false) {
  Outcome outcome = verdict_of(s, no, verdict, repeated);
  outcome.place = s.queue->view(entry, s.rules->line.mode, now);
  return outcome;
}

Outcome pass_outcome(const SaleState& s, SaleNo no, std::uint32_t entry, TimePoint now,
                     bool repeated) {
  Outcome outcome = place_outcome(s, no, Verdict::pass, entry, now, repeated);
  outcome.pass = {outcome.place.number, outcome.place.pass_expires_at};
  return outcome;
}

// What stands in the way of any word about the line: no sale, no line, nobody. Nothing: `s` is set.
std::optional<Outcome> no_line(const Decision& d, SaleNo no, BuyerId buyer, const SaleState*& s) {
  s = d.book.sale(no);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (s->queue == nullptr) return verdict_of(*s, no, Verdict::line_off);
  if (buyer.value() == 0) return refusal(Verdict::invalid, "A place needs a buyer.");
  return std::nullopt;
}

Outcome act_refused(const SaleState& s, SaleNo no, std::string message) {
  Outcome outcome = verdict_of(s, no, Verdict::wrong_state);
  outcome.message = std::move(message);
  return outcome;
}

Outcome act_invalid(std::string message) {
  Outcome outcome;
  outcome.verdict = Verdict::invalid;
  outcome.message = std::move(message);
  return outcome;
}

// Registering and taking it back have the same times. Nothing: it is time.
std::optional<Outcome> not_registering(const Decision& d, SaleNo no, BuyerId buyer,
                                       const SaleState*& s) {
  s = d.book.sale(no);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (buyer.value() == 0) return refusal(Verdict::invalid, "A registration needs a buyer.");
  if (s->rules->admission.registration == RegistrationMode::off)
    return act_refused(*s, no, "The sale takes no registrations.");
  if (s->phase == Phase::draft) {
    Outcome outcome = verdict_of(*s, no, Verdict::not_open);
    outcome.when = s->rules->opens_at;
    return outcome;
  }
  if (s->phase >= Phase::open) {
    Outcome outcome = verdict_of(*s, no, Verdict::closed);
    outcome.message = "Registration ended with the opening.";
    return outcome;
  }
  return std::nullopt;
}

}  // namespace

Outcome decide(Decision& d, const command::TakePlace& c) {
  const SaleState* s = nullptr;
  if (auto refused = no_line(d, c.sale, c.buyer, s)) return *refused;
  if (s->phase < Phase::lobby) {
    Outcome outcome = verdict_of(*s, c.sale, Verdict::not_open);
    outcome.when = s->rules->lobby_at;
    return outcome;
  }
  if (s->phase >= Phase::closed) return verdict_of(*s, c.sale, Verdict::closed);
  const Places& places = s->queue->places;
  const std::uint32_t entry = places.newest_of(c.buyer.value());
  if (entry != 0 && !places[entry].over())
    return place_outcome(*s, c.sale, Verdict::place, entry, d.now, true);
  if (!s->may_take_part(c.buyer)) return verdict_of(*s, c.sale, Verdict::registration_required);
  if (entry != 0 && !s->queue->opened) {  // he left the lobby and is back
    d.emit(event::PlaceTaken{c.sale, c.buyer, entry});
    return place_outcome(*s, c.sale, Verdict::place, entry, d.now);
  }
  if (entry != 0 && places[entry].nth >= places_of_a_buyer(*s->rules))
    return verdict_of(*s, c.sale, Verdict::limit_reached);
  if (places.size() >= s->rules->line.capacity) return verdict_of(*s, c.sale, Verdict::line_full);
  const auto& taken = d.emit(event::PlaceTaken{c.sale, c.buyer, places.size() + 1});
  return place_outcome(*s, c.sale, Verdict::place, taken.entry, d.now);
}

Outcome decide(Decision& d, const command::LeaveLine& c) {
  const SaleState* s = nullptr;
  if (auto refused = no_line(d, c.sale, c.buyer, s)) return *refused;
  const std::uint32_t entry = s->queue->places.newest_of(c.buyer.value());
  if (entry == 0) return verdict_of(*s, c.sale, Verdict::no_place);
  if (s->queue->places[entry].over())
    return place_outcome(*s, c.sale, Verdict::done, entry, d.now, true);
  if (s->phase >= Phase::closed) return verdict_of(*s, c.sale, Verdict::closed);
  d.emit(event::PlaceLeft{c.sale, c.buyer, entry});
  return place_outcome(*s, c.sale, Verdict::done, entry, d.now);
}

Outcome decide(Decision& d, const command::ClaimPass& c) {
  const SaleState* s = nullptr;
  if (auto refused = no_line(d, c.sale, c.buyer, s)) return *refused;
  if (s->phase >= Phase::closed) return verdict_of(*s, c.sale, Verdict::closed);
  const LineState& line = *s->queue;
  const std::uint32_t entry = line.places.newest_of(c.buyer.value());
  if (entry == 0 || line.places[entry].over()) return verdict_of(*s, c.sale, Verdict::no_place);
  if (line.places[entry].live_pass(to_millis(d.now)))
    return pass_outcome(*s, c.sale, entry, d.now, true);
  if (!s->may_take_part(c.buyer)) return verdict_of(*s, c.sale, Verdict::registration_required);
  if (s->phase == Phase::paused) return place_outcome(*s, c.sale, Verdict::paused, entry, d.now);
  const std::uint32_t number = line.number_of(entry, s->rules->line.mode);
  const bool called = s->phase == Phase::open && number != 0 && number <= line.serving;
  if (called && line.places[entry].passes >= kPassesPerPlace)
    return place_outcome(*s, c.sale, Verdict::limit_reached, entry, d.now);
  if (!called || line.controller.view(d.now).active >= s->rules->line.active_max)
    return place_outcome(*s, c.sale, Verdict::not_your_turn, entry, d.now);
  d.emit(event::PassClaimed{c.sale, c.buyer, number, d.now + s->rules->line.pass});
  return pass_outcome(*s, c.sale, entry, d.now, false);
}

Outcome decide(Decision& d, const command::LookUpPlace& c) {
  const SaleState* s = nullptr;
  if (auto refused = no_line(d, c.sale, c.buyer, s)) return *refused;
  const std::uint32_t entry = s->queue->places.newest_of(c.buyer.value());
  if (entry == 0) return verdict_of(*s, c.sale, Verdict::no_place);
  return place_outcome(*s, c.sale, Verdict::place, entry, d.now);
}

Outcome decide(Decision& d, const command::LobbyLeaves& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (s->queue == nullptr || s->rules->line.mode != LineMode::draw)
    return verdict_of(*s, c.sale, Verdict::line_off);
  const LineState& line = *s->queue;
  if (line.permutation == nullptr) {
    Outcome outcome = verdict_of(*s, c.sale, Verdict::not_open);
    outcome.when = s->rules->opens_at;
    return outcome;
  }
  if (c.from == 0) return refusal(Verdict::invalid, "Entries are counted from 1.");
  Outcome outcome = verdict_of(*s, c.sale, Verdict::found);
  outcome.leaves = std::make_shared<LeavesView>();
  outcome.leaves->from = c.from;
  const std::uint32_t limit = std::min(c.limit, command::kLeavesMax);
  for (std::uint64_t entry = c.from; entry <= line.lobby_entries && entry - c.from < limit;
       ++entry) {
    const BuyerId buyer{line.places[static_cast<std::uint32_t>(entry)].buyer};
    outcome.leaves->leaves.push_back(lobby_leaf(s->rules->line.draw_secret, s->rules->key, buyer));
  }
  return outcome;
}

Outcome decide(Decision& d, const command::Register& c) {
  const SaleState* s = nullptr;
  if (auto refused = not_registering(d, c.sale, c.buyer, s)) return *refused;
  const bool repeated = s->registered(c.buyer);
  if (!repeated) d.emit(event::Registered{c.sale, c.buyer});
  Outcome outcome = verdict_of(*s, c.sale, Verdict::done, repeated);
  outcome.when = from_millis(s->registrations->since(c.buyer.value()));
  return outcome;
}

Outcome decide(Decision& d, const command::Unregister& c) {
  const SaleState* s = nullptr;
  if (auto refused = not_registering(d, c.sale, c.buyer, s)) return *refused;
  const bool repeated = !s->registered(c.buyer);
  if (!repeated) d.emit(event::Unregistered{c.sale, c.buyer});
  return verdict_of(*s, c.sale, Verdict::done, repeated);
}

Outcome decide(Decision& d, const command::LookUpRegistration& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr || !s->registered(c.buyer))
    return refusal(Verdict::not_found, "There is no such registration.");
  Outcome outcome = verdict_of(*s, c.sale, Verdict::found);
  outcome.when = from_millis(s->registrations->since(c.buyer.value()));
  return outcome;
}

Outcome decide(Decision& d, const command::SetLineRate& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (s->queue == nullptr) return act_refused(*s, c.sale, "The sale has no line.");
  if (c.rate < 1 || c.rate > kLineRateMax)
    return act_invalid(fmt::format("rate: must be 1..{}", kLineRateMax));
  if (s->phase >= Phase::closed) return act_refused(*s, c.sale, "The sale is over.");
  const bool repeated = s->queue->controller.rate() == c.rate;
  if (!repeated) d.emit(event::LineRateSet{c.sale, c.rate, c.actor});
  return verdict_of(*s, c.sale, Verdict::done, repeated);
}

Outcome decide(Decision& d, const command::SetBeacon& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (s->queue == nullptr || s->rules->line.mode != LineMode::draw)
    return act_refused(*s, c.sale, "The sale has no draw.");
  if (c.value.size() > kBeaconMax)
    return act_invalid(fmt::format("value: must be at most {} bytes", kBeaconMax));
  const bool repeated = s->beacon == c.value;
  if (!repeated && (s->phase >= Phase::open || s->queue->opened))
    return act_refused(*s, c.sale, "The sale has opened: the draw is over.");
  if (!repeated) d.emit(event::BeaconSet{c.sale, c.value, c.actor});
  return verdict_of(*s, c.sale, Verdict::done, repeated);
}

Outcome decide(Decision& d, const command::SetNotice& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (c.notice.en.size() > kNoticeMax || c.notice.zh.size() > kNoticeMax)
    return act_invalid(fmt::format("notice: must be at most {} bytes", kNoticeMax));
  if (c.notice.en.empty() && !c.notice.zh.empty())
    return act_invalid("notice.en: must not be empty");
  const bool repeated = s->notice == c.notice;
  if (!repeated) d.emit(event::NoticeSet{c.sale, c.notice, c.actor});
  return verdict_of(*s, c.sale, Verdict::done, repeated);
}

}  // namespace onrush::sale
