#include "edge/api/guard_refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/invariant.h"

namespace onrush::api {
namespace {

// A wait is written over these digits, filled up with blanks in front: JSON and header fields allow
// them there. They are no other number in the answer.
constexpr Millis kWaitToWriteOver{987'654'321};
constexpr std::string_view kSecondsDigits = "987655", kMillisDigits = "987654321";

void write_over(std::string& bytes, std::size_t at, std::size_t width, std::int64_t number) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  INVARIANT(size <= width, "a wait fits into its room");
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), width - size, ' ');
  std::copy(digits, end, bytes.begin() + static_cast<std::ptrdiff_t>(at + width - size));
}

std::int64_t seconds_of(Millis wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait).count();
}

ProblemKind kind_of(Layer layer) {
  switch (layer) {
    case Layer::registration_required:
      return problem::kRegistrationRequired;
    case Layer::filtered:
      return problem::kFiltered;
    case Layer::path_required:
      return problem::kPathRequired;
    default:
      INVARIANT(layer == Layer::challenge_required, "the other layers have answers of their own");
      return problem::kChallengeRequired;
  }
}

}  // namespace

Problem GuardRefusal::problem() const {
  Problem problem{kind_of(layer), std::string(detail), static_cast<int>(seconds_of(wait)), {}};
  if (layer == Layer::filtered)
    problem.members = fmt::format("\"retry_after_ms\":{}", wait.count());
  return problem;
}

GuardRefusals::Prepared& GuardRefusals::prepared_for(const GuardRefusal& refusal) {
  for (Prepared& known : prepared_)
    if (known.layer == refusal.layer && known.detail == refusal.detail.data()) return known;
  GuardRefusal model = refusal;
  if (refusal.layer == Layer::filtered) model.wait = kWaitToWriteOver;
  http::Response response = to_response(model.problem(), {});
  response.headers += common_headers_;
  Prepared made{refusal.layer, refusal.detail.data(), http::prepare(response), 0, 0};
  if (refusal.layer == Layer::filtered) {
    made.seconds_at = made.bytes.find(kSecondsDigits);
    made.millis_at = made.bytes.rfind(kMillisDigits);
    INVARIANT(made.seconds_at < made.millis_at && made.millis_at < made.bytes.size(),
              "an answer with a wait has room for it");
  }
  return prepared_.emplace_back(std::move(made));
}

std::string_view GuardRefusals::get(const GuardRefusal& refusal) {
  Prepared& prepared = prepared_for(refusal);
  if (prepared.millis_at != 0) {
    write_over(prepared.bytes, prepared.seconds_at, kSecondsDigits.size(),
               seconds_of(refusal.wait));
    write_over(prepared.bytes, prepared.millis_at, kMillisDigits.size(), refusal.wait.count());
  }
  return prepared.bytes;
}

}  // namespace onrush::api
