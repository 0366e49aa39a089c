#include "edge/api/line_gate.h"

#include "edge/api/line_turn.h"

namespace onrush::api {
namespace {

constexpr std::string_view kSales = "/api/v1/sales/";

struct LinePath {
  std::string_view sale;
  LineCall call;
};

std::optional<LinePath> line_path(std::string_view path) {
  if (!path.starts_with(kSales)) return std::nullopt;
  path.remove_prefix(kSales.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view rest = path.substr(slash + 1);
  if (rest == "place") return LinePath{path.substr(0, slash), LineCall::place};
  if (rest == "pass") return LinePath{path.substr(0, slash), LineCall::pass};
  return std::nullopt;
}

sale::Outcome outcome_of(sale::Verdict verdict, sale::Phase phase, TimePoint when = {}) {
  sale::Outcome outcome;
  outcome.verdict = verdict;
  outcome.phase = phase;
  outcome.when = when;
  return outcome;
}

}  // namespace

std::optional<sale::Outcome> refused_to_all(LineCall call, const live::SaleEntry& sale,
                                            const ports::LineStatus& line, TimePoint now) {
  if (!sale.rules->line.on()) return outcome_of(sale::Verdict::line_off, sale.phase);
  const TimePoint begins = call == LineCall::place ? sale.rules->lobby_at : sale.rules->opens_at;
  switch (line.phase) {
    case sale::Phase::lobby:
      if (call == LineCall::place) return std::nullopt;
      [[fallthrough]];
    case sale::Phase::draft:
    case sale::Phase::announced:
      // At the very beginning the latch may lag behind the clock; then the box office knows better.
      if (now >= begins) return std::nullopt;
      return outcome_of(sale::Verdict::not_open, line.phase, begins);
    case sale::Phase::open:
      return std::nullopt;
    case sale::Phase::paused:
      // Places are taken during a pause too.
      if (call == LineCall::place) return std::nullopt;
      return outcome_of(sale::Verdict::paused, line.phase);
    case sale::Phase::closed:
    case sale::Phase::settled:
      return outcome_of(sale::Verdict::closed, line.phase);
  }
  return std::nullopt;
}

LineGate::LineGate(Station& station)
    : station_(station),
      common_headers_("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n" +
                      station.cors_headers(station.context.config.public_origin)) {}

bool LineGate::refuses(const http::Request& request, http::Responder& responder) {
  const auto path = line_path(request.path);
  if (!path) return false;
  const live::SaleEntry* sale = station_.public_sale(path->sale);
  if (sale == nullptr) return false;
  // Prepared bytes name the pages' own origin; another one is answered like any other call.
  const std::string_view origin = request.header(http::Header::origin);
  if (!origin.empty() && origin != station_.context.config.public_origin) return false;
  const TimePoint now = station_.context.clock.now();
  const ports::LineStatus line = station_.context.office.line(sale->sale);
  const auto outcome = refused_to_all(path->call, *sale, line, now);
  if (!outcome)
    return path->call == LineCall::pass && refuses_turn(request, *sale, line, now, responder);
  const Prepared& answer = prepare(path->call, sale->sale, *outcome, now);
  responder.send_prepared(answer.bytes);
  count(request, outcome->verdict, answer.status);
  return true;
}

bool LineGate::refuses_turn(const http::Request& request, const live::SaleEntry& sale,
                            const ports::LineStatus& line, TimePoint now,
                            http::Responder& responder) {
  const std::string_view token = request.header(http::Header::onrush_place);
  const auto waiting = waiting_place(station_, request, sale.sale, line, now);
  if (!waiting) return false;
  // Over a limit: line.cc says so. What is denied here is denied there.
  if (station_.context.rate_limits.take_address(request)) return false;
  if (station_.context.rate_limits.take_account(waiting->buyer)) return false;
  http::Response response = to_response(turn_problem(sale, line, waiting->place, token, now), {});
  response.headers += common_headers_;
  responder.send(response);
  station_.counts->count_guard(sale.sale, Layer::not_your_turn);
  count(request, sale::Verdict::not_your_turn, response.status);
  return true;
}

void LineGate::count(const http::Request& request, sale::Verdict verdict, int status) {
  station_.counts->count_line(verdict, true);
  station_.counts->count_status(match_route(request.method, request.path, station_.listener).route,
                                status);
}

const LineGate::Prepared& LineGate::prepare(LineCall call, sale::SaleNo sale,
                                            const sale::Outcome& outcome, TimePoint now) {
  if (prepared_.size() <= sale.value()) prepared_.resize(sale.value() + std::size_t{1});
  Prepared& known = prepared_[sale.value()][static_cast<std::size_t>(call)];
  const int wait =
      outcome.verdict == sale::Verdict::not_open ? seconds_until(outcome.when, now) : 0;
  if (known.verdict == outcome.verdict && known.when == outcome.when &&
      known.retry_after_seconds == wait) {
    return known;
  }
  AnswerFrame frame;
  frame.now = now;
  frame.success = call == LineCall::place ? Success::place : Success::no_content;
  http::Response response = to_response(problem_of(outcome, frame), {});
  response.headers += common_headers_;
  known = {outcome.verdict, outcome.when, wait, response.status, http::prepare(response)};
  return known;
}

}  // namespace onrush::api
