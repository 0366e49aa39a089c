#include "edge/api/hold_desk.h"

#include <algorithm>
#include <cstring>

#include "base/constant_time.h"
#include "edge/api/challenge_guard.h"
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
constexpr std::size_t kMemos = 1u << 14;
constexpr int kGuardStatus = 403;  // of every guard's refusal

// Where a token is remembered: by the end of its signature, which nobody can choose.
std::size_t memo_of(std::string_view authorization) {
  std::uint64_t end = 0;
  if (authorization.size() < sizeof end) return 0;
  std::memcpy(&end, authorization.data() + authorization.size() - sizeof end, sizeof end);
  return mix_bits(end) % kMemos;
}

bool is_json(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("application/json");
}

}  // namespace

HoldDesk::HoldDesk(Station& station)
    : station_(station),
      refusals_(prepared_headers(station)),
      guard_refusals_(prepared_headers(station)),
      limits_(station, prepared_headers(station)),
      door_(station),
      memos_(kMemos) {}

void HoldDesk::handle(const HoldsPath& path, const http::Request& request,
                      http::Responder responder) {
  const std::string_view sale_key = path.sale;
  const TimePoint now = station_.context.clock.now();
  Pending pending;
  pending.responder = std::move(responder);
  if (until_timed_ == 1) pending.started_at = std::chrono::steady_clock::now();
  __builtin_prefetch(&memos_[memo_of(request.header(http::Header::authorization))]);

  if (limits_.refuses_address(sale_key, request, pending.responder))
    return count_refusal(pending, 429);
  const live::SaleEntry* sale = station_.public_sale(sale_key);
  if (sale != nullptr && refused_to_all(path, *sale, request, now, pending)) return;
  const auto buyer = authenticate(request, now);
  if (buyer) {
    pending.buyer = *buyer;
    // The tables are in no cache; they are looked at after the body is read.
    station_.context.rate_limits.prefetch_account(*buyer);
    if (sale != nullptr) station_.context.known_buyers.prefetch(sale->sale, *buyer);
  } else {
    sale = nullptr;
  }
  sale::Lines lines;
  bool join_standby = true;
  // The latch is asked before anything is made for the log or the trace: refusals are the flood.
  const bool admitted = sale == nullptr || admits_channel(sale->rules->admission, request);
  const bool there = sale != nullptr && (path.code.empty() || sale->rules->admission.purchase_path);
  const bool read = there && admitted && read_quickly(request, *sale, lines, join_standby);
  if (buyer && limits_.refuses_account(*buyer, sale_key, request, pending.responder))
    return count_refusal(pending, 429);
  if (read && refused({request, *sale, *buyer, lines, join_standby, now, path.code}, pending))
    return;
  trace(pending, request);
  if (!buyer) return refuse(pending, {problem::kUnauthorized, "Sign in to take part.", 0, {}});
  if (sale == nullptr)
    return refuse(pending, {problem::kNotFound, "There is no such sale.", 0, {}});
  if (!path.code.empty() && !sale->rules->admission.purchase_path)
    return refuse(pending, {problem::kNotFound, "This sale has no personal paths.", 0, {}});
  if (!admitted) {
    station_.counts->count_guard(sale->sale, Layer::channel_required);
    return refuse(pending, channel_problem(sale->rules->admission));
  }
  if (!read && (!read_lines(request, *sale, lines, join_standby, pending) ||
                refused({request, *sale, *buyer, lines, join_standby, now, path.code}, pending))) {
    return;
  }
  submit(std::move(pending), {request, *sale, *buyer, lines, join_standby, now, path.code});
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
  Memo& memo = memos_[memo_of(given)];
  if (memo.size == given.size() && !given.empty() &&
      equal_constant_time({memo.authorization.data(), memo.size}, given)) {
    if (memo.expires_at > now) return memo.subject;
    return std::nullopt;
  }
  const auto claims = station_.tokens.verify(bearer_token(given), accounts::TokenKind::buyer, now);
  if (!claims) return std::nullopt;
  if (given.size() <= memo.authorization.size()) {
    std::copy(given.begin(), given.end(), memo.authorization.begin());
    memo.size = static_cast<std::uint16_t>(given.size());
    memo.subject = claims->subject;
    memo.expires_at = claims->expires_at;
  }
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

// Before the opening nobody has anything in the sale, and when it is over most have not: the answer
// is the same whoever asks, so no token is checked. Who may have something is found by what his
// token says of itself; if that is a lie, it gains him the check of it.
bool HoldDesk::refused_to_all(const HoldsPath& path, const live::SaleEntry& sale,
                              const http::Request& request, TimePoint now, Pending& pending) {
  const sale::AdmissionRules& rules = sale.rules->admission;
  // A script score watches clicks before the opening too, by whose they are.
  if (rules.script_score || (!path.code.empty() && !rules.purchase_path)) return false;
  if (!admits_channel(rules, request) || !is_for_prepared(request.header(http::Header::origin)))
    return false;
  const sale::ItemNo any{0};
  const auto refusal = refused_by_phase(sale, any, now);
  if (!refusal || refusal->verdict == sale::Verdict::paused) return false;
  if (refusal->verdict == sale::Verdict::closed) {
    const auto named =
        station_.tokens.subject_named_in(bearer_token(request.header(http::Header::authorization)));
    if (!named || station_.context.known_buyers.may_know(sale.sale, *named)) return false;
  }
  send_latch_refusal(pending, sale, any, *refusal, now);
  return true;
}

// The guards in front of stock, cheapest first. This list is the order in which a request meets
// them; rate limits and the channel have been before, and the leaky bucket is behind.
std::optional<HoldDesk::Refusal> HoldDesk::first_refusal(const HoldAsk& ask) {
  if (auto refusal = refused_by_phase(ask.sale, ask.lines.front().item, ask.now)) return refusal;
  if (auto refusal = door_.registration(ask.sale, ask.buyer)) return refusal;
  if (auto refusal = door_.filter(ask.sale, ask.buyer, ask.now)) return refusal;
  if (auto refusal = refused_by_line(ask)) return refusal;
  if (auto refusal = door_.path(ask.sale, ask.buyer, ask.path_code, ask.now)) return refusal;
  if (auto refusal = challenge_refusal(station_, ask.sale, ask.buyer, ask.request, ask.now))
    return refusal;
  if (auto refusal = refused_by_stock(ask)) return refusal;
  return std::nullopt;
}

// Whoever has something in the sale is owed his first answer again. The latches' refusals are the
// box office's own: it is asked again, and is the last word. A guard's are not: nobody gets around
// one because he has something else in the sale (recall).
bool HoldDesk::refused(const HoldAsk& ask, Pending& pending) {
  note_click(station_, ask.sale, ask.buyer, ask.request, ask.now);
  auto refusal = first_refusal(ask);
  if (!refusal) return false;
  const bool known = station_.context.known_buyers.may_know(ask.sale.sale, ask.buyer);
  if (const auto* latch = std::get_if<LatchRefusal>(&*refusal)) {
    if (!known) refuse_from_latch(pending, ask, *latch);
    return !known;
  }
  const auto& guard = std::get<GuardRefusal>(*refusal);
  if (known) {
    trace(pending, ask.request);
    recall(std::move(pending), ask, guard);
  } else {
    refuse_quietly(pending, ask, guard);
  }
  return true;
}

// Without a trace and a log line, as from a latch.
void HoldDesk::refuse_quietly(Pending& pending, const HoldAsk& ask, const GuardRefusal& refusal) {
  count_guard(*station_.counts, ask.sale.sale, refusal);
  const std::string_view origin = ask.request.header(http::Header::origin);
  if (is_for_prepared(origin)) {
    pending.responder.send_prepared(guard_refusals_.get(refusal));
    return count_refusal(pending, kGuardStatus);
  }
  http::Response response = to_response(refusal.problem(), {});
  response.headers.append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
      .append(station_.cors_headers(origin));
  pending.responder.send(response);
  count_refusal(pending, response.status);
}

void HoldDesk::trace(Pending& pending, const http::Request& request) {
  pending.started_at = std::chrono::steady_clock::now();
  pending.trace = station_.traces.begin(request.header(http::Header::traceparent));
  pending.cors = station_.cors_headers(request.header(http::Header::origin));
}

std::optional<LatchRefusal> HoldDesk::refused_by_phase(const live::SaleEntry& sale,
                                                       sale::ItemNo item, TimePoint now) const {
  const ports::ItemStatus status = station_.context.office.status(sale.sale, item);
  LatchRefusal refusal;
  refusal.phase = status.phase;
  switch (status.phase) {
    case sale::Phase::draft:
    case sale::Phase::announced:
    case sale::Phase::lobby:
      // At the very opening the latch may lag behind the clock; then the box office knows better.
      if (now >= sale.rules->opens_at) return std::nullopt;
      refusal.verdict = sale::Verdict::not_open;
      refusal.when = sale.rules->opens_at;
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

void HoldDesk::send_own(Pending& pending, http::Response& response) {
  response.headers
      .append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\ntraceparent: ")
      .append(pending.trace.traceparent())
      .append("\r\n")
      .append(pending.cors);
  pending.responder.send(response);
}

void HoldDesk::refuse(Pending& pending, const Problem& problem) {
  http::Response response = to_response(problem, pending.trace.id());
  send_own(pending, response);
  finish(pending, response.status, problem.kind.code);
}

void HoldDesk::refuse_from_latch(Pending& pending, const HoldAsk& ask,
                                 const LatchRefusal& refusal) {
  const std::string_view origin = ask.request.header(http::Header::origin);
  if (!is_for_prepared(origin)) {
    station_.counts->count_hold(ask.sale.sale, refusal.verdict, true);
    pending.started_at = std::chrono::steady_clock::now();
    pending.trace = station_.traces.begin(ask.request.header(http::Header::traceparent));
    pending.cors = station_.cors_headers(origin);
    AnswerFrame frame;
    frame.now = ask.now;
    return refuse(pending, problem_of(refusal.outcome(), frame));
  }
  send_latch_refusal(pending, ask.sale, ask.lines.front().item, refusal, ask.now);
}

// Prepared bytes name the pages' own origin; another one gets its own document.
bool HoldDesk::is_for_prepared(std::string_view origin) const {
  return origin.empty() || origin == station_.context.config.public_origin;
}

void HoldDesk::send_latch_refusal(Pending& pending, const live::SaleEntry& sale, sale::ItemNo item,
                                  const LatchRefusal& refusal, TimePoint now) {
  station_.counts->count_hold(sale.sale, refusal.verdict, true);
  pending.responder.send_prepared(refusals_.get(sale.sale, item, refusal, now));
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

void HoldDesk::finish(const Pending& pending, int status, std::string_view code) {
  const auto took = std::chrono::steady_clock::now() - pending.started_at;
  station_.counts->count(&holds_route(), status, took);
  if (!station_.context.log) return;
  station_.context.log({station_.listener, "POST", holds_route().path, status,
                        std::chrono::duration_cast<std::chrono::microseconds>(took),
                        pending.trace.id(), pending.buyer.value(), code});
}

}  // namespace onrush::api
