#include "edge/api/hold_desk.h"

#include <algorithm>

#include "base/constant_time.h"
#include "edge/api/channel_gate.h"
#include "edge/api/pass_guard.h"
#include "edge/live/documents.h"

namespace onrush::api {
namespace {

std::string prepared_headers(const Station& station) {
  std::string lines = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  return lines + station.cors_headers(station.context.config.public_origin);
}

constexpr std::size_t kQuickBodyMax = 4096;

bool is_json(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("application/json");
}

}  // namespace

HoldDesk::HoldDesk(Station& station)
    : station_(station),
      refusals_(prepared_headers(station)),
      limits_(station, prepared_headers(station)),
      memos_(kMemos) {}

void HoldDesk::handle(std::string_view sale_key, const http::Request& request,
                      http::Responder responder) {
  const TimePoint now = station_.context.clock.now();
  Pending pending;
  pending.responder = std::move(responder);
  if (until_timed_ == 1) pending.started_at = std::chrono::steady_clock::now();

  if (limits_.refuses_address(sale_key, request, pending.responder))
    return count_refusal(pending, 429);
  const auto buyer = authenticate(request, now);
  if (buyer) pending.buyer = *buyer;
  if (buyer && limits_.refuses_account(*buyer, sale_key, request, pending.responder))
    return count_refusal(pending, 429);
  const live::SaleEntry* sale = buyer ? station_.public_sale(sale_key) : nullptr;
  if (sale != nullptr) station_.context.known_buyers.prefetch(sale->sale, *buyer);
  sale::Lines lines;
  bool join_standby = true;
  // The latch is asked before anything is made for the log or the trace: refusals are the flood.
  const bool admitted = sale == nullptr || admits_channel(sale->rules->admission, request);
  const bool read =
      sale != nullptr && admitted && read_quickly(request, *sale, lines, join_standby);
  if (read && refused({request, *sale, *buyer, lines, join_standby, now}, pending)) return;
  pending.started_at = std::chrono::steady_clock::now();
  pending.trace = station_.traces.begin(request.header(http::Header::traceparent));
  pending.cors = station_.cors_headers(request.header(http::Header::origin));
  if (!buyer) return refuse(pending, {problem::kUnauthorized, "Sign in to take part.", 0, {}});
  if (sale == nullptr)
    return refuse(pending, {problem::kNotFound, "There is no such sale.", 0, {}});
  if (!admitted) {
    station_.counts->count_guard(sale->sale, Layer::channel_required);
    return refuse(pending, channel_problem(sale->rules->admission));
  }
  if (!read && (!read_lines(request, *sale, lines, join_standby, pending) ||
                refused({request, *sale, *buyer, lines, join_standby, now}, pending))) {
    return;
  }
  submit(std::move(pending), request, *sale, lines, join_standby);
}

bool HoldDesk::read_quickly(const http::Request& request, const live::SaleEntry& sale,
                            sale::Lines& lines, bool& join_standby) {
  if (!is_json(request.header(http::Header::content_type))) return false;
  const std::string_view key = request.header(http::Header::idempotency_key);
  if (!key.empty() && !check_idempotency_key(key)) return false;
  if (body_memo_.sale == sale.sale && body_memo_.sales == station_.sales &&
      body_memo_.bytes == request.body) {
    lines = body_memo_.lines;
    join_standby = body_memo_.join_standby;
    return true;
  }
  if (request.body.size() > kQuickBodyMax) return false;
  HoldBody body;
  HoldBodyFault fault;
  if (!read_hold_body(request.body, body, fault)) return false;
  for (const HoldBody::Line& line : body.lines) {
    const auto item = sale.item(line.item);
    if (!item) return false;
    lines.push_back({*item, line.quantity});
  }
  join_standby = body.join_standby;
  body_memo_ = {std::string(request.body), station_.sales, sale.sale, lines, join_standby};
  return true;
}

std::optional<sale::BuyerId> HoldDesk::authenticate(const http::Request& request, TimePoint now) {
  const std::string_view given = request.header(http::Header::authorization);
  Memo& memo = memos_[request.connection % kMemos];
  if (memo.connection == request.connection && memo.authorization.size() == given.size() &&
      !given.empty() && equal_constant_time(memo.authorization, given)) {
    if (memo.claims.expires_at > now) return memo.claims.subject;
    return std::nullopt;
  }
  const auto claims = station_.tokens.verify(bearer_token(given), accounts::TokenKind::buyer, now);
  if (!claims) return std::nullopt;
  memo.connection = request.connection;
  memo.authorization.assign(given);
  memo.claims = *claims;
  return claims->subject;
}

bool HoldDesk::read_lines(const http::Request& request, const live::SaleEntry& sale,
                          sale::Lines& lines, bool& join_standby, Pending& pending) {
  if (!is_json(request.header(http::Header::content_type))) {
    refuse(pending, {problem::kUnsupportedMedia, "The body must be application/json.", 0, {}});
    return false;
  }
  if (const auto key = check_idempotency_key(request.header(http::Header::idempotency_key)); !key) {
    refuse(pending, {problem::kInvalid, key.error().message, 0, {}});
    return false;
  }
  HoldBody body;
  lines.clear();
  HoldBodyFault fault;
  if (!read_hold_body(request.body, body, fault)) {
    refuse(pending,
           {fault.malformed ? problem::kMalformed : problem::kInvalid, fault.detail, 0, {}});
    return false;
  }
  for (const HoldBody::Line& line : body.lines) {
    const auto item = sale.item(line.item);
    if (!item) {
      refuse(pending, {problem::kInvalid, "item: there is no such item in this sale", 0, {}});
      return false;
    }
    lines.push_back({*item, line.quantity});
  }
  join_standby = body.join_standby;
  return true;
}

// The guards in front of stock, cheapest first. This list is the order in which a request meets
// them; rate limits and the channel have been before.
std::optional<LatchRefusal> HoldDesk::first_refusal(const HoldAsk& ask) {
  if (auto refusal = refused_by_phase(ask)) return refusal;
  if (auto refusal = refused_by_line(ask)) return refusal;
  return refused_by_stock(ask);
}

// Whoever has something in the sale is owed his first answer again: the box office gives it, and is
// the last word on everything that is asked here.
bool HoldDesk::refused(const HoldAsk& ask, Pending& pending) {
  const auto refusal = first_refusal(ask);
  if (!refusal || station_.context.known_buyers.may_know(ask.sale.sale, ask.buyer)) return false;
  refuse_from_latch(pending, ask, *refusal);
  return true;
}

std::optional<LatchRefusal> HoldDesk::refused_by_phase(const HoldAsk& ask) const {
  const ports::ItemStatus status =
      station_.context.office.status(ask.sale.sale, ask.lines.front().item);
  LatchRefusal refusal;
  refusal.phase = status.phase;
  switch (status.phase) {
    case sale::Phase::draft:
    case sale::Phase::announced:
    case sale::Phase::lobby:
      // At the very opening the latch may lag behind the clock; then the box office knows better.
      if (ask.now >= ask.sale.rules->opens_at) return std::nullopt;
      refusal.verdict = sale::Verdict::not_open;
      refusal.when = ask.sale.rules->opens_at;
      return refusal;
    case sale::Phase::paused:
      refusal.verdict = sale::Verdict::paused;
      return refusal;
    case sale::Phase::closed:
    case sale::Phase::settled:
      refusal.verdict = sale::Verdict::closed;
      return refusal;
    case sale::Phase::open:
      break;
  }
  return std::nullopt;
}

std::optional<LatchRefusal> HoldDesk::refused_by_line(const HoldAsk& ask) {
  if (admits_pass(station_.tokens, ask.request.header(http::Header::onrush_pass),
                  ask.sale.rules->line, ask.sale.sale, ask.buyer, ask.now)) {
    return std::nullopt;
  }
  LatchRefusal refusal;
  refusal.verdict = sale::Verdict::pass_required;
  return refusal;
}

std::optional<LatchRefusal> HoldDesk::refused_by_stock(const HoldAsk& ask) const {
  const sale::Line& line = ask.lines.front();
  const ports::ItemStatus status = station_.context.office.status(ask.sale.sale, line.item);
  // Before the opening the latch's numbers say nothing yet.
  if (ask.lines.size() != 1 || status.free != 0 || status.phase != sale::Phase::open)
    return std::nullopt;
  // As the state machine has it: joining needs the wish, a place in the line, and units that can
  // return.
  const bool may_join = ask.join_standby && status.held >= line.quantity &&
                        status.standby < ask.sale.rules->items[line.item.value()].standby_capacity;
  if (may_join) return std::nullopt;
  LatchRefusal refusal;
  refusal.phase = status.phase;
  refusal.verdict = sale::Verdict::sold_out;
  refusal.may_return = status.held;
  return refusal;
}

void HoldDesk::refuse(Pending& pending, const Problem& problem) {
  http::Response response = to_response(problem, pending.trace.id());
  response.headers
      .append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\ntraceparent: ")
      .append(pending.trace.traceparent())
      .append("\r\n")
      .append(pending.cors);
  pending.responder.send(response);
  finish(pending, response.status, problem.kind.code);
}

void HoldDesk::refuse_from_latch(Pending& pending, const HoldAsk& ask,
                                 const LatchRefusal& refusal) {
  station_.counts->count_hold(ask.sale.sale, refusal.verdict, true);
  const std::string_view origin = ask.request.header(http::Header::origin);
  if (!origin.empty() && origin != station_.context.config.public_origin) {
    // Prepared bytes name the pages' own origin; another one gets its own document.
    pending.started_at = std::chrono::steady_clock::now();
    pending.trace = station_.traces.begin(ask.request.header(http::Header::traceparent));
    pending.cors = station_.cors_headers(origin);
    AnswerFrame frame;
    frame.now = ask.now;
    return refuse(pending, problem_of(refusal.outcome(), frame));
  }
  const std::string_view bytes =
      refusals_.get(ask.sale.sale, ask.lines.front().item, refusal, ask.now);
  pending.responder.send_prepared(bytes);
  // No log line: a million losers are counted, not written down.
  const int status = refusal.verdict == sale::Verdict::sold_out        ? 409
                     : refusal.verdict == sale::Verdict::closed        ? 410
                     : refusal.verdict == sale::Verdict::not_open      ? 425
                     : refusal.verdict == sale::Verdict::pass_required ? 403
                                                                       : 503;
  count_refusal(pending, status);
}

void HoldDesk::count_refusal(const Pending& pending, int status) {
  station_.counts->count_status(&holds_route(), status);
  if (--until_timed_ > 0) return;
  until_timed_ = kTimedRefusals;
  station_.counts->count_duration(
      &holds_route(), std::chrono::steady_clock::now() - pending.started_at, kTimedRefusals);
}

void HoldDesk::submit(Pending pending, const http::Request& request, const live::SaleEntry& sale,
                      const sale::Lines& lines, bool join_standby) {
  const std::string_view key = request.header(http::Header::idempotency_key);
  sale::command::RequestHold command;
  command.sale = sale.sale;
  command.buyer = pending.buyer;
  command.lines = lines;
  command.key = key.empty() ? 0 : hash_idempotency_key(pending.buyer, key);
  command.join_standby = join_standby;
  // Before the request can be granted: see known_buyers.h.
  station_.context.known_buyers.add(sale.sale, pending.buyer);

  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  pending.sale = sale.sale;
  pending_[slot] = std::move(pending);
  if (station_.office.ask(std::move(command), ports::Lane::rush,
                          [this, slot](const sale::Outcome& outcome) { answer(slot, outcome); })) {
    free_.pop_back();
    return;
  }
  Pending refused = std::move(pending_[slot]);
  station_.counts->count_hold(refused.sale, sale::Verdict::busy, true);
  sale::Outcome busy;
  busy.verdict = sale::Verdict::busy;
  refuse(refused, problem_of(busy, {}));
}

void HoldDesk::answer(std::uint32_t slot, const sale::Outcome& outcome) {
  Pending pending = std::move(pending_[slot]);
  free_.push_back(slot);
  station_.counts->count_hold(pending.sale, outcome.verdict, false);
  AnswerFrame frame;
  frame.rules = station_.rules_of(pending.sale);
  frame.now = station_.context.clock.now();
  frame.trace_id = pending.trace.id();
  http::Response response = api::answer(outcome, frame);
  response.headers
      .append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\ntraceparent: ")
      .append(pending.trace.traceparent())
      .append("\r\n")
      .append(pending.cors);
  pending.responder.send(response);
  finish(pending, response.status, code_of(outcome.verdict));
}

void HoldDesk::finish(const Pending& pending, int status, std::string_view code) {
  const auto took = std::chrono::steady_clock::now() - pending.started_at;
  station_.counts->count(&holds_route(), status, took);
  if (!station_.context.log) return;
  station_.context.log({station_.listener, "POST", holds_route().path, status,
                        std::chrono::duration_cast<std::chrono::microseconds>(took),
                        pending.trace.id(), pending.buyer.value(), code});
}

}  // namespace onrush::api
