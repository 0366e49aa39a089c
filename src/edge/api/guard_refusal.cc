#include "edge/api/guard_refusal.h"

#include <fmt/format.h>

namespace onrush::api {
namespace {

// A wait is written over these digits; they are no other number in the answer.
constexpr Millis kWaitToWriteOver{987'654'321};
constexpr std::string_view kSecondsDigits = "987655", kMillisDigits = "987654321";

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
  Prepared made{refusal.layer, refusal.detail.data(), http::prepare(response), {}, {}};
  made.seconds = room_of(made.bytes, kSecondsDigits);
  made.millis = room_of(made.bytes, kMillisDigits);
  INVARIANT((made.millis.width != 0) == (refusal.layer == Layer::filtered),
            "an answer with a wait has room for it");
  return prepared_.emplace_back(std::move(made));
}

std::string_view GuardRefusals::get(const GuardRefusal& refusal) {
  Prepared& prepared = prepared_for(refusal);
  write_over(prepared.bytes, prepared.seconds, seconds_of(refusal.wait));
  write_over(prepared.bytes, prepared.millis, refusal.wait.count());
  return prepared.bytes;
}

}  // namespace onrush::api
