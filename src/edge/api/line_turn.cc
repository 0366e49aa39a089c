#include "edge/api/line_turn.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge/live/line_documents.h"

namespace onrush::api {
namespace {

using live::Eta;

constexpr int kRetryNoStock = 30;  // seconds: until units return, or somebody stays away

bool cannot_win(const sale::PlaceView& place, const ports::LineStatus& line) {
  return place.number > std::max(line.serving, line.win_up_to);
}

int retry_seconds(const std::optional<Eta>& eta) {
  return static_cast<int>(std::max(1U, eta->low_seconds));
}

Problem problem_with(const live::SaleEntry& sale, const sale::PlaceView& place,
                     const std::optional<Eta>& eta, bool hopeless, std::string_view place_token,
                     TimePoint now) {
  sale::Outcome outcome;
  outcome.verdict = sale::Verdict::not_your_turn;
  Problem problem = problem_of(outcome, {});
  if (eta) problem.retry_after_seconds = retry_seconds(eta);
  if (hopeless) {
    problem.detail =
        "Your place cannot win with what is left, unless somebody before it stays away.";
    problem.retry_after_seconds = kRetryNoStock;
  }
  problem.members = R"("place":)" + live::place_document(place, eta, *sale.rules, place_token, now);
  return problem;
}

// What is written over in a prepared answer: numbers as wide as they can be, that stand nowhere
// else in it, and a token of the longest kind.
constexpr std::uint32_t kEntry = 4'000'000'001, kNumber = 4'000'000'002, kServing = 4'000'000'003,
                        kAhead = 4'000'000'004, kEtaLow = 1'000'000'005, kEtaHigh = 1'000'000'006;
constexpr std::size_t kTokenMax = 280;
constexpr std::size_t kTimeSize = 24;

Room room_of_number(std::string_view bytes, std::uint32_t number, std::string_view name = {}) {
  const std::string member = fmt::format("{}{}", name, number);
  const std::size_t at = bytes.find(member);
  if (at == std::string_view::npos) return {};
  return {at + name.size(), member.size() - name.size()};
}

}  // namespace

std::optional<WaitingPlace> waiting_place(Station& station, const http::Request& request,
                                          sale::SaleNo sale, const ports::LineStatus& line,
                                          TimePoint now) {
  const std::string_view shown = request.header(http::Header::onrush_place);
  if (shown.empty() || line.phase != sale::Phase::open) return std::nullopt;
  const auto named =
      station.tokens.subject_named_in(bearer_token(request.header(http::Header::authorization)));
  const auto claims = station.tokens.verify(shown, accounts::TokenKind::place, now);
  if (!claims || claims->subject != named || claims->sale != sale) return std::nullopt;
  if (claims->number > line.entries) return std::nullopt;
  WaitingPlace waiting{claims->subject, {}};
  sale::PlaceView& place = waiting.place;
  place.entry = static_cast<std::uint32_t>(claims->number);
  place.number = station.place_numbers.number_of(sale, line, place.entry);
  if (place.number <= line.serving) return std::nullopt;
  place.state = sale::PlaceState::waiting;
  place.serving = line.serving;
  place.ahead = place.number - line.serving - 1;
  return waiting;
}

Problem turn_problem(const live::SaleEntry& sale, const ports::LineStatus& line,
                     const sale::PlaceView& place, std::string_view place_token, TimePoint now) {
  return problem_with(sale, place, live::eta_of(place, line), cannot_win(place, line), place_token,
                      now);
}

void TurnAnswers::make(Prepared& answer, const live::SaleEntry& sale, Kind kind) {
  sale::PlaceView place;
  place.entry = kEntry;
  place.number = kNumber;
  place.serving = kServing;
  place.ahead = kAhead;
  place.state = sale::PlaceState::waiting;
  std::optional<Eta> eta;
  if (kind == Kind::timed) eta = Eta{kEtaLow, kEtaHigh};
  const std::string token(kTokenMax, '~');
  http::Response response =
      to_response(problem_with(sale, place, eta, kind == Kind::hopeless, token, {}), {});
  response.headers += common_headers_;
  answer.made_from = sale.rules;
  std::string& bytes = answer.bytes = http::prepare(response);
  answer.entry = room_of_number(bytes, kEntry);
  answer.number = room_of_number(bytes, kNumber);
  answer.serving = room_of_number(bytes, kServing);
  answer.ahead = room_of_number(bytes, kAhead);
  answer.retry = room_of_number(bytes, kEtaLow, "Retry-After: ");
  answer.low = room_of_number(bytes, kEtaLow, R"("low":)");
  answer.high = room_of_number(bytes, kEtaHigh);
  answer.token_at = bytes.find(token);
  constexpr std::string_view kTime = R"("server_time":")";
  answer.time_at = bytes.find(kTime) + kTime.size();
  INVARIANT(
      answer.entry.width * answer.number.width * answer.serving.width * answer.ahead.width > 0 &&
          answer.token_at < bytes.size() && answer.time_at + kTimeSize < bytes.size(),
      "an answer has room for all that differs");
}

std::string_view TurnAnswers::get(const live::SaleEntry& sale, const ports::LineStatus& line,
                                  const sale::PlaceView& place, std::string_view place_token,
                                  TimePoint now) {
  const auto eta = live::eta_of(place, line);
  const Kind kind = cannot_win(place, line) ? Kind::hopeless : eta ? Kind::timed : Kind::untimed;
  if (place_token.size() > kTokenMax) return {};
  if (by_sale_.size() <= sale.sale.value()) by_sale_.resize(sale.sale.value() + std::size_t{1});
  Prepared& answer = by_sale_[sale.sale.value()][static_cast<std::size_t>(kind)];
  if (answer.made_from != sale.rules) make(answer, sale, kind);
  std::string& bytes = answer.bytes;
  write_over(bytes, answer.entry, place.entry);
  write_over(bytes, answer.number, place.number);
  write_over(bytes, answer.serving, place.serving);
  write_over(bytes, answer.ahead, place.ahead);
  if (kind == Kind::timed) {
    write_over(bytes, answer.retry, retry_seconds(eta));
    write_over(bytes, answer.low, eta->low_seconds);
    write_over(bytes, answer.high, eta->high_seconds);
  }
  // The token, its quote, and blanks up to where the longest would end.
  char* text = std::copy(place_token.begin(), place_token.end(), bytes.data() + answer.token_at);
  *text++ = '"';
  std::fill(text, bytes.data() + answer.token_at + kTokenMax + 1, ' ');
  write_rfc3339(now, bytes.data() + answer.time_at);
  return bytes;
}

}  // namespace onrush::api
