// The hold desk's dealings with the box office: straight, through the sale's leaky bucket, or first
// asking whether a buyer whom a guard refused is owed an earlier answer.
#include <algorithm>

#include "edge/api/hold_desk.h"

namespace onrush::api {
namespace {

// How exactly turns of a bucket are kept.
constexpr std::chrono::milliseconds kDrip{2};

bool same_item(const sale::Units& units, const sale::Lines& lines) {
  return std::any_of(units.begin(), units.end(), [&lines](const sale::UnitRef& unit) {
    return std::any_of(lines.begin(), lines.end(),
                       [&unit](const sale::Line& line) { return line.item == unit.item; });
  });
}

// He holds, has or waits for an item that he asks for: the request may be a repeat.
bool is_owed_an_answer(const sale::Outcome& found, const sale::Lines& lines) {
  if (found.verdict != sale::Verdict::found || found.buyer == nullptr) return false;
  for (const sale::OrderView& order : found.buyer->orders) {
    const bool lives = order.state == sale::OrderState::awaiting_payment ||
                       order.state == sale::OrderState::paid ||
                       order.state == sale::OrderState::paid_standby;
    if (lives && same_item(order.units, lines)) return true;
  }
  for (const sale::StandbyView& entry : found.buyer->standby) {
    for (const sale::Line& waits : entry.lines) {
      if (std::any_of(lines.begin(), lines.end(),
                      [&waits](const sale::Line& line) { return line.item == waits.item; }))
        return true;
    }
  }
  return false;
}

int seconds_up(std::chrono::nanoseconds wait) {
  return std::max(1, static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

}  // namespace

sale::command::RequestHold HoldDesk::command_of(const HoldAsk& ask) {
  const std::string_view key = ask.request.header(http::Header::idempotency_key);
  sale::command::RequestHold command;
  command.sale = ask.sale.sale;
  command.buyer = ask.buyer;
  command.lines = ask.lines;
  command.key = key.empty() ? 0 : hash_idempotency_key(ask.buyer, key);
  command.join_standby = ask.join_standby;
  return command;
}

void HoldDesk::submit(Pending pending, const HoldAsk& ask) {
  pending.sale = ask.sale.sale;
  if (ask.sale.rules->admission.bucket.on()) {
    wait_in_bucket(std::move(pending), command_of(ask), ask.sale);
  } else {
    send(std::move(pending), command_of(ask));
  }
}

std::uint32_t HoldDesk::keep(Pending pending) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  pending_[slot] = std::move(pending);
  return slot;
}

HoldDesk::Pending HoldDesk::take(std::uint32_t slot) {
  free_.push_back(slot);
  return std::move(pending_[slot]);
}

void HoldDesk::send(Pending pending, sale::command::RequestHold command) {
  // Before the request can be granted: see known_buyers.h.
  station_.context.known_buyers.add(command.sale, command.buyer);
  const std::uint32_t slot = keep(std::move(pending));
  if (station_.office.ask(std::move(command), ports::Lane::rush,
                          [this, slot](const sale::Outcome& outcome) { answer(slot, outcome); })) {
    return;
  }
  refuse_busy(take(slot), 0);
}

void HoldDesk::refuse_busy(Pending pending, int retry_after_seconds) {
  station_.counts->count_hold(pending.sale, sale::Verdict::busy, true);
  sale::Outcome busy;
  busy.verdict = sale::Verdict::busy;
  Problem problem = problem_of(busy, {});
  problem.retry_after_seconds = std::max(problem.retry_after_seconds, retry_after_seconds);
  refuse(pending, problem);
}

void HoldDesk::wait_in_bucket(Pending pending, sale::command::RequestHold command,
                              const live::SaleEntry& sale) {
  if (draining_) return refuse_busy(std::move(pending), 1);
  const auto now = std::chrono::steady_clock::now();
  Bucket& own = buckets_[sale.sale];
  if (own.made_from != sale.rules) {
    own.bucket = station_.context.front_door.bucket(sale.sale, sale.rules->admission.bucket, now);
    own.made_from = sale.rules;
  }
  const auto place = own.bucket->join(now, station_.context.config.bucket_wait_max);
  if (!place.turn) return refuse_busy(std::move(pending), seconds_up(place.retry_after));
  if (*place.turn <= now && own.queue.size() == 0)
    return send(std::move(pending), std::move(command));
  own.queue.push(*place.turn, {std::move(pending), std::move(command)});
  if (std::exchange(drips_, true)) return;
  station_.worker.every(kDrip, [this] { drip(); });
}

void HoldDesk::drip() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& [sale, bucket] : buckets_) {
    bucket.queue.drip(
        now, [](const Waiting& waiting) { return waiting.pending.responder.has_gone(); },
        [this](Waiting waiting) { serve(std::move(waiting)); });
  }
}

// The stock may have gone while he waited: then the latch says so, as it would have at the start.
void HoldDesk::serve(Waiting waiting) {
  const live::SaleEntry* sale = station_.sales->find(waiting.command.sale);
  if (sale != nullptr &&
      !station_.context.known_buyers.may_know(sale->sale, waiting.command.buyer)) {
    const TimePoint now = station_.context.clock.now();
    const http::Request nothing{};
    const HoldAsk ask{
        nothing, *sale, waiting.command.buyer, waiting.command.lines, waiting.command.join_standby,
        now,     {}};
    auto refusal = refused_by_phase(*sale, ask.lines.front().item, now);
    if (!refusal) refusal = refused_by_stock(ask);
    if (refusal) {
      station_.counts->count_hold(sale->sale, refusal->verdict, true);
      AnswerFrame frame;
      frame.now = now;
      return refuse(waiting.pending, problem_of(refusal->outcome(), frame));
    }
  }
  send(std::move(waiting.pending), std::move(waiting.command));
}

void HoldDesk::drain() {
  draining_ = true;
  for (auto& [sale, bucket] : buckets_) {
    bucket.queue.empty_into(
        [this](Waiting waiting) { refuse_busy(std::move(waiting.pending), 1); });
  }
}

// A guard has refused somebody who may have something in the sale. If he has, his request goes on:
// it may be a repeat, and the box office knows. If not, the refusal stands.
void HoldDesk::recall(Pending pending, const HoldAsk& ask, const GuardRefusal& refusal) {
  pending.sale = ask.sale.sale;
  auto recalled =
      std::make_shared<Recalled>(Recalled{{std::move(pending), command_of(ask)}, refusal});
  const bool taken =
      station_.office.ask(sale::command::LookUpBuyer{ask.sale.sale, ask.buyer}, ports::Lane::rush,
                          [this, recalled](const sale::Outcome& found) {
                            Waiting& waiting = recalled->waiting;
                            if (is_owed_an_answer(found, waiting.command.lines))
                              return send(std::move(waiting.pending), std::move(waiting.command));
                            refuse_by_guard(waiting.pending, recalled->refusal);
                          });
  if (!taken) refuse_by_guard(recalled->waiting.pending, recalled->refusal);
}

void HoldDesk::refuse_by_guard(Pending& pending, const GuardRefusal& refusal) {
  count_guard(*station_.counts, pending.sale, refusal);
  refuse(pending, refusal.problem());
}

void HoldDesk::answer(std::uint32_t slot, const sale::Outcome& outcome) {
  Pending pending = take(slot);
  station_.counts->count_hold(pending.sale, outcome.verdict, false);
  AnswerFrame frame;
  frame.rules = station_.rules_of(pending.sale);
  frame.now = station_.context.clock.now();
  frame.trace_id = pending.trace.id();
  http::Response response = api::answer(outcome, frame);
  send_own(pending, response);
  const auto now = LatencyWindow::Clock::now();
  station_.counts->decisions.record(now - pending.started_at, now);
  finish(pending, response.status, code_of(outcome.verdict));
}

}  // namespace onrush::api
