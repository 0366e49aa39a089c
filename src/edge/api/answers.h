// Outcomes of the box office as HTTP answers: the one place where a verdict gets its status.
#pragma once

#include <string_view>

#include "edge/api/problems.h"
#include "edge/http/message.h"
#include "sale/outcome.h"
#include "sale/rules.h"

namespace onrush::api {

// What a success looks like for the route that asked.
enum class Success : std::uint8_t {
  order,       // 200 with the Order document
  no_content,  // 204
  place,       // a Place document, which line.cc writes: it holds a token
};

struct AnswerFrame {
  const sale::SaleRules* rules = nullptr;  // of the sale in question; needed for orders and standby
  TimePoint now{};
  std::string_view trace_id{};  // "" in prepared answers
  Success success = Success::no_content;
};

[[nodiscard]] http::Response answer(const sale::Outcome& outcome, const AnswerFrame& frame);
// Granted and standby have no problem; asking for one is a broken invariant.
[[nodiscard]] Problem problem_of(const sale::Outcome& outcome, const AnswerFrame& frame);
// Whole seconds, at least one.
[[nodiscard]] int seconds_until(TimePoint when, TimePoint now);
// The stable code of a refusal, "" for a success: for logs.
[[nodiscard]] std::string_view code_of(sale::Verdict verdict);

}  // namespace onrush::api
