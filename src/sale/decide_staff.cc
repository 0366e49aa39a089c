// Acts of staff on a whole sale: define, change its phase, restock, reschedule.
#include <fmt/format.h>

#include <utility>

#include "sale/decision.h"
#include "sale/line_decisions.h"
#include "sale/rules_check.h"

namespace onrush::sale {
namespace {

Outcome sale_outcome(const Decision& d, SaleNo no, bool repeated = false) {
  Outcome outcome;
  outcome.sale = no;
  outcome.phase = d.book.sale(no)->phase;
  outcome.repeated = repeated;
  return outcome;
}

Outcome sale_refused(const Decision& d, SaleNo no, std::string message) {
  Outcome outcome = sale_outcome(d, no);
  outcome.verdict = Verdict::wrong_state;
  outcome.message = std::move(message);
  return outcome;
}

// The phases from which an act leads on, and where to.
struct Step {
  Phase to;
  bool allowed = false;
  bool repeated = false;  // it is there already
};

Step step_of(command::PhaseAct act, const SaleState& s) {
  const Phase now = s.phase;
  switch (act) {
    case command::PhaseAct::announce:
      return {Phase::announced, now == Phase::draft, now == Phase::announced};
    case command::PhaseAct::open:
      return {Phase::open, now == Phase::announced || now == Phase::lobby, now == Phase::open};
    case command::PhaseAct::pause:
      return {Phase::paused, now == Phase::open, now == Phase::paused};
    case command::PhaseAct::resume:
      return {Phase::open, now == Phase::paused, now == Phase::open};
    case command::PhaseAct::close:
      return {Phase::closed, now >= Phase::announced && now <= Phase::paused, now >= Phase::closed};
    case command::PhaseAct::cancel:
      return {Phase::closed, now != Phase::settled && !s.cancelled(), s.cancelled()};
  }
  return {now, false, false};
}

const char* name_of(command::PhaseAct act) {
  switch (act) {
    case command::PhaseAct::announce:
      return "announced";
    case command::PhaseAct::open:
      return "opened";
    case command::PhaseAct::pause:
      return "paused";
    case command::PhaseAct::resume:
      return "resumed";
    case command::PhaseAct::close:
      return "closed";
    case command::PhaseAct::cancel:
      return "cancelled";
  }
  return "changed";
}

// What was committed to when the sale was announced is not changed by applying a file again.
RulesPtr keep_secret(const SaleRules& before, const RulesPtr& rules) {
  if (before.line.mode != LineMode::draw || rules->line.mode != LineMode::draw) return rules;
  auto kept = std::make_shared<SaleRules>(*rules);
  kept->line.draw_secret = before.line.draw_secret;
  return kept;
}

// Everything ends: standby is told, holds end, paid orders are refunded.
void cancel_everything(Decision& d, SaleNo no, const std::string& actor,
                       const std::string& reason) {
  const SaleState& s = *d.book.sale(no);
  for (Index i = s.first_order; i != kNone; i = d.book.orders[i].next_in_sale) {
    const Order& order = d.book.orders[i];
    if (order.state == OrderState::awaiting_payment) {
      d.emit(
          event::HoldEnded{no, OrderId{order.id}, BuyerId{order.buyer}, event::HoldEnd::cancelled});
    } else if (order.state == OrderState::paid || order.state == OrderState::paid_standby) {
      refund_order(d, i, actor, reason, event::RefundReason::cancelled);
    }
  }
  for (Index i = 0; i < d.book.entries.size() && s.waiting > 0; ++i) {
    const StandbyEntry& entry = d.book.entries[i];
    if (entry.sale != no.value() || entry.state != EntryState::waiting) continue;
    d.emit(event::StandbyLeft{no, StandbyId{entry.id}, BuyerId{entry.buyer},
                              event::StandbyEnd::closed});
  }
}

}  // namespace

Outcome decide(Decision& d, const command::DefineSale& c) {
  if (c.rules == nullptr) return refusal(Verdict::invalid, "A sale needs rules.");
  if (const Status valid = check_rules(*c.rules); !valid) {
    Outcome outcome;
    outcome.verdict = Verdict::invalid;
    outcome.message = valid.error().message;
    return outcome;
  }
  SaleNo no{static_cast<std::uint32_t>(d.book.sales.size() + 1)};
  RulesPtr rules = c.rules;
  if (const auto known = d.book.by_key.find(c.rules->key); known != d.book.by_key.end()) {
    no = known->second;
    const SaleState& s = *d.book.sale(no);
    rules = keep_secret(*s.rules, rules);
    if (*s.rules == *rules) return sale_outcome(d, no, true);
    if (s.phase != Phase::draft && s.phase != Phase::announced) {
      return sale_refused(d, no,
                          fmt::format("The sale is {}: it can be redefined only before its lobby.",
                                      to_string(s.phase)));
    }
  }
  if (rules->line.mode == LineMode::draw && rules->line.draw_secret == DrawSecret{})
    return refusal(Verdict::invalid, "line.draw_secret: a draw needs a secret");
  d.emit(event::SaleDefined{no, rules, c.actor});
  return sale_outcome(d, no);
}

Outcome decide(Decision& d, const command::ChangePhase& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  const Step step = step_of(c.act, *s);
  if (step.repeated) return sale_outcome(d, c.sale, true);
  if (!step.allowed) {
    return sale_refused(
        d, c.sale,
        fmt::format("The sale is {}: it cannot be {}.", to_string(s->phase), name_of(c.act)));
  }
  const bool ends = step.to == Phase::closed;
  if (!ends && d.now >= s->rules->closes_at) {
    return sale_refused(
        d, c.sale,
        fmt::format("The sale's time is over: it cannot be {}. Reschedule it first.",
                    name_of(c.act)));
  }
  const bool cancels = c.act == command::PhaseAct::cancel;
  change_phase(d, {c.sale, s->phase, step.to, cancels ? PhaseReason::cancelled : PhaseReason::staff,
                   c.actor, c.reason});
  if (cancels) cancel_everything(d, c.sale, c.actor, c.reason);
  follow_up(d, c.sale, d.emitted() + kFollowUpsPerCommand);
  return sale_outcome(d, c.sale);
}

Outcome decide(Decision& d, const command::Restock& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  if (c.item.value() >= s->items.size())
    return refusal(Verdict::invalid, "There is no such item in this sale.");
  const std::uint32_t stock = s->items[c.item.value()].units.stock();
  if (c.count == 0 || c.count > kStockMax - stock) {
    Outcome outcome = refusal(Verdict::invalid, "");
    outcome.message =
        fmt::format("count: must be 1..{}, as the item has {} units", kStockMax - stock, stock);
    return outcome;
  }
  const bool reopens = s->phase == Phase::closed && s->reason == PhaseReason::sold_out &&
                       d.now < s->rules->closes_at;
  if (s->cancelled() || (s->phase >= Phase::closed && !reopens)) {
    return sale_refused(d, c.sale, "The sale is over: it cannot be restocked.");
  }
  d.emit(event::Restocked{c.sale, c.item, c.count, c.actor});
  if (reopens) {
    d.emit(event::PhaseChanged{c.sale, Phase::closed, Phase::open, PhaseReason::staff, c.actor,
                               "restocked"});
  }
  follow_up(d, c.sale, kFollowUpsPerCommand);
  return sale_outcome(d, c.sale);
}

Outcome decide(Decision& d, const command::Reschedule& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  const SaleRules& rules = *s->rules;
  if (s->phase >= Phase::closed)
    return sale_refused(d, c.sale, "The sale is over: it cannot be rescheduled.");
  if (rules.lobby_at == c.lobby_at && rules.opens_at == c.opens_at &&
      rules.closes_at == c.closes_at) {
    return sale_outcome(d, c.sale, true);
  }
  if (s->phase >= Phase::open && (c.lobby_at != rules.lobby_at || c.opens_at != rules.opens_at)) {
    return sale_refused(d, c.sale, "The sale has opened: only closes_at can be moved.");
  }
  SaleRules moved = rules;
  moved.lobby_at = c.lobby_at;
  moved.opens_at = c.opens_at;
  moved.closes_at = c.closes_at;
  if (const Status valid = check_rules(moved); !valid) {
    Outcome outcome = refusal(Verdict::invalid, "");
    outcome.message = valid.error().message;
    return outcome;
  }
  d.emit(event::Rescheduled{c.sale, c.lobby_at, c.opens_at, c.closes_at, c.actor});
  return sale_outcome(d, c.sale);
}

}  // namespace onrush::sale
