#include "edge/api/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/invariant.h"
#include "edge/live/documents.h"

namespace onrush::api {
namespace {

using sale::Verdict;

constexpr int kRetrySoon = 1;    // seconds: a queue empties faster than that
constexpr int kRetryPaused = 5;  // an operator is at work
constexpr int kRetryFull = 60;   // only another sale has more places

std::string order_member(const sale::Outcome& outcome, const AnswerFrame& frame) {
  if (outcome.order.order == sale::OrderId{} || frame.rules == nullptr) return {};
  return R"("order":)" +
         live::order_document(outcome.order, outcome.order.buyer, *frame.rules, false);
}

Problem wrong_state(const sale::Outcome& outcome, const AnswerFrame& frame) {
  Problem problem{problem::kWrongState, outcome.message, 0, {}};
  if (outcome.order.order != sale::OrderId{}) {
    problem.members = order_member(outcome, frame);
  } else {
    problem.members = fmt::format(R"("phase":"{}")", sale::to_string(outcome.phase));
  }
  return problem;
}

Problem not_open(const sale::Outcome& outcome, const AnswerFrame& frame) {
  if (frame.success == Success::place) {
    return {problem::kNotOpen, "Places can be taken from " + to_rfc3339(outcome.when) + " on.",
            seconds_until(outcome.when, frame.now),
            fmt::format(R"("lobby_at":"{}")", to_rfc3339(outcome.when))};
  }
  return {problem::kNotOpen, "The sale opens at " + to_rfc3339(outcome.when) + ".",
          seconds_until(outcome.when, frame.now),
          fmt::format(R"("opens_at":"{}")", to_rfc3339(outcome.when))};
}

Problem sold_out(const sale::Outcome& outcome) {
  std::string detail =
      outcome.may_return == 0
          ? std::string("Nothing is free.")
          : fmt::format("Nothing is free; {} held units may still return.", outcome.may_return);
  return {problem::kSoldOut, std::move(detail), 0,
          fmt::format(R"("may_return":{})", outcome.may_return)};
}

http::Response json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http::Response order_answer(int status, const sale::Outcome& outcome, const AnswerFrame& frame) {
  INVARIANT(frame.rules != nullptr, "an order is described by the rules of its sale");
  return json(status, live::order_document(outcome.order, outcome.order.buyer, *frame.rules,
                                           outcome.repeated));
}

}  // namespace

int seconds_until(TimePoint when, TimePoint now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(when - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 1, 1'000'000'000));
}

Problem problem_of(const sale::Outcome& outcome, const AnswerFrame& frame) {
  switch (outcome.verdict) {
    case Verdict::sold_out:
      return sold_out(outcome);
    case Verdict::limit_reached:
      return {problem::kLimitReached, "This buyer already has what one buyer may have.", 0,
              order_member(outcome, frame)};
    case Verdict::not_open:
      return not_open(outcome, frame);
    case Verdict::paused:
      return {problem::kPaused, "The sale goes on later.", kRetryPaused, {}};
    case Verdict::closed:
      // Something of the sale may be over before the sale is: then it says what.
      return {problem::kClosed,
              outcome.message.empty() ? std::string("The sale is over.") : outcome.message,
              0,
              {}};
    case Verdict::busy:
      return {problem::kBusy, "Too many requests are waiting.", kRetrySoon, {}};
    case Verdict::key_conflict:
      return {problem::kKeyConflict, "This Idempotency-Key was used for other lines.", 0, {}};
    case Verdict::pass_required:
      return {problem::kPassRequired, "This sale has a line: claim a pass first.", 0, {}};
    case Verdict::registration_required:
      return {problem::kRegistrationRequired, "This sale is for those who registered.", 0, {}};
    case Verdict::not_your_turn:
      return {problem::kNotYourTurn, "Your place has not been called yet.", kRetrySoon, {}};
    case Verdict::line_full:
      return {problem::kLineFull, "No more places are issued.", kRetryFull, {}};
    case Verdict::line_off:
      return {problem::kLineOff, "Ask for a hold right away.", 0, {}};
    case Verdict::no_place:
      return {problem::kNoPlace, "Take a place first.", 0, {}};
    case Verdict::not_found:
      return {problem::kNotFound, {}, 0, {}};
    case Verdict::wrong_state:
      return wrong_state(outcome, frame);
    case Verdict::payment_needed:
      return {problem::kPaymentNeeded, outcome.message, 0, order_member(outcome, frame)};
    case Verdict::invalid:
      return {problem::kInvalid, outcome.message, 0, {}};
    case Verdict::unavailable:
      return {problem::kUnavailable,
              "There is no answer yet; the same request again will tell.",
              kRetrySoon,
              {}};
    case Verdict::granted:
    case Verdict::standby:
    case Verdict::place:
    case Verdict::pass:
    case Verdict::done:
    case Verdict::found:
      break;
  }
  INVARIANT(false, "a success is no problem");
  return {problem::kInternal, {}, 0, {}};
}

http::Response answer(const sale::Outcome& outcome, const AnswerFrame& frame) {
  switch (outcome.verdict) {
    case Verdict::granted:
      return order_answer(201, outcome, frame);
    case Verdict::standby:
      INVARIANT(frame.rules != nullptr, "a standby entry is described by the rules of its sale");
      return json(202, live::standby_document(outcome.standby, *frame.rules));
    case Verdict::place:
    case Verdict::pass:
    case Verdict::done:
    case Verdict::found:
      if (frame.success == Success::order) return order_answer(200, outcome, frame);
      return json(204, {});
    case Verdict::sold_out:
    case Verdict::limit_reached:
    case Verdict::not_open:
    case Verdict::paused:
    case Verdict::closed:
    case Verdict::busy:
    case Verdict::key_conflict:
    case Verdict::pass_required:
    case Verdict::registration_required:
    case Verdict::not_your_turn:
    case Verdict::line_full:
    case Verdict::line_off:
    case Verdict::no_place:
    case Verdict::not_found:
    case Verdict::wrong_state:
    case Verdict::payment_needed:
    case Verdict::invalid:
    case Verdict::unavailable:
      return to_response(problem_of(outcome, frame), frame.trace_id);
  }
  INVARIANT(false, "every verdict has an answer");
  return {};
}

std::string_view code_of(sale::Verdict verdict) {
  switch (verdict) {
    case Verdict::granted:
    case Verdict::standby:
    case Verdict::place:
    case Verdict::pass:
    case Verdict::done:
    case Verdict::found:
      return {};
    default: {
      sale::Outcome outcome;
      outcome.verdict = verdict;
      return problem_of(outcome, {}).kind.code;
    }
  }
}

}  // namespace onrush::api
