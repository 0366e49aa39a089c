// How definitions, phases, restocks and new times change the state.
#include <algorithm>

#include "sale/book_state.h"
#include "sale/rules_check.h"

namespace onrush::sale {
namespace {

// The arrows of phase.h, and what a restock or a cancellation may do beyond them.
bool may_change(Phase from, Phase to, PhaseReason reason) {
  if (reason == PhaseReason::cancelled) return to == Phase::closed && from != Phase::settled;
  switch (to) {
    case Phase::draft:
      return false;
    case Phase::announced:
      return from == Phase::draft;
    case Phase::lobby:
      return from == Phase::announced;
    case Phase::open:
      return from == Phase::announced || from == Phase::lobby || from == Phase::paused ||
             from == Phase::closed;
    case Phase::paused:
      return from == Phase::open;
    case Phase::closed:
      return from == Phase::announced || from == Phase::lobby || from == Phase::open ||
             from == Phase::paused;
    case Phase::settled:
      return from == Phase::closed;
  }
  return false;
}

}  // namespace

Problem BookState::evolve(const event::SaleDefined& e, TimePoint) {
  if (e.rules == nullptr || !check_rules(*e.rules)) return "a sale whose rules are not valid";
  SaleState* s = sale(e.sale);
  const auto known = by_key.find(e.rules->key);
  if (s == nullptr) {
    if (e.sale.value() != sales.size() + 1) return "a sale out of order";
    if (known != by_key.end()) return "two sales of one key";
    s = sales.emplace_back(std::make_unique<SaleState>()).get();
    by_key.emplace(e.rules->key, e.sale);
    unsettled.push_back(e.sale);
  } else if (known == by_key.end() || known->second != e.sale) {
    return "a redefinition under another key";
  } else if (s->phase != Phase::draft && s->phase != Phase::announced) {
    return "a redefinition of a sale that has begun";
  }
  s->rules = e.rules;
  s->items.clear();
  s->unpaid = 0;
  for (const ItemRules& item : e.rules->items) {
    s->items.push_back({UnitLedger{item.stock}, StandbyLine{}});
    s->unpaid += item.stock;
  }
  s->dirty.resize(s->items.size());
  // Before the lobby nobody has a place yet; who has registered stays so.
  s->queue = e.rules->line.on() ? std::make_unique<LineState>(*e.rules) : nullptr;
  if (e.rules->line.mode != LineMode::draw) s->beacon.clear();
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::PhaseChanged& e, TimePoint at) {
  SaleState* s = sale(e.sale);
  if (s == nullptr) return "a phase of an unknown sale";
  if (e.from != s->phase || !may_change(e.from, e.to, e.reason))
    return "a phase that cannot follow";
  if (e.from == Phase::closed && s->cancelled() && e.to != Phase::settled) {
    return "a cancelled sale that goes on";
  }
  if (e.to == Phase::settled && !s->drained())
    return "a settled sale with holds, standby or refunds";
  change_line(*s, e.to, at);
  s->phase = e.to;
  // That a sale was cancelled says more, also when it has settled, than that it has drained.
  if (e.to != Phase::settled || !s->cancelled()) s->reason = e.reason;
  if (e.to == Phase::settled) std::erase(unsettled, e.sale);
  s->mark_all();
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::Restocked& e, TimePoint) {
  SaleState* s = sale(e.sale);
  if (s == nullptr || e.item.value() >= s->items.size()) return "a restock of an unknown item";
  UnitLedger& units = s->items[e.item.value()].units;
  if (e.count == 0 || e.count > kStockMax - units.stock()) return "a restock beyond the limits";
  if (s->phase == Phase::settled || s->cancelled()) return "a restock of a sale that is over";
  units.restock(e.count);
  s->unpaid += e.count;
  s->mark(e.item.value());
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::Rescheduled& e, TimePoint) {
  SaleState* s = sale(e.sale);
  if (s == nullptr) return "new times of an unknown sale";
  auto rules = std::make_shared<SaleRules>(*s->rules);
  rules->lobby_at = e.lobby_at;
  rules->opens_at = e.opens_at;
  rules->closes_at = e.closes_at;
  if (!check_rules(*rules)) return "new times that are not valid";
  s->rules = std::move(rules);
  touch(e.sale, *s);
  return nullptr;
}

}  // namespace onrush::sale
