#include "edge/api/line_turn.h"

#include <algorithm>

#include "edge/live/line_documents.h"

namespace onrush::api {
namespace {
constexpr int kRetryNoStock = 30;  // seconds: until units return, or somebody stays away
}

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
  sale::Outcome outcome;
  outcome.verdict = sale::Verdict::not_your_turn;
  Problem problem = problem_of(outcome, {});
  if (const auto eta = live::eta_of(place, line))
    problem.retry_after_seconds = static_cast<int>(std::max(1U, eta->low_seconds));
  if (place.number > std::max(line.serving, line.win_up_to)) {
    problem.detail =
        "Your place cannot win with what is left, unless somebody before it stays away.";
    problem.retry_after_seconds = kRetryNoStock;
  }
  problem.members =
      R"("place":)" + live::place_document(place, line, *sale.rules, place_token, now);
  return problem;
}

}  // namespace onrush::api
