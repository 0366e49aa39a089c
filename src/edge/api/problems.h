// RFC 9457 problem documents. Each kind has one stable code, one status and one title; they are all
// here.
#pragma once

#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace onrush::api {

struct ProblemKind {
  int status;
  std::string_view code;
  std::string_view title;
};

namespace problem {
// Requests that cannot be read or are not allowed.
inline constexpr ProblemKind kMalformed{400, "malformed", "The request cannot be read"};
inline constexpr ProblemKind kInvalid{422, "invalid", "The request is not valid"};
inline constexpr ProblemKind kUnauthorized{401, "unauthorized", "A valid token is needed"};
inline constexpr ProblemKind kForbidden{403, "forbidden", "Not allowed"};
inline constexpr ProblemKind kChannelRequired{403, "channel_required",
                                              "Not open to this client program"};
inline constexpr ProblemKind kNotFound{404, "not_found", "Not found"};
inline constexpr ProblemKind kMethodNotAllowed{405, "method_not_allowed", "Method not allowed"};
inline constexpr ProblemKind kUnsupportedMedia{415, "unsupported_media_type",
                                               "Send application/json"};
inline constexpr ProblemKind kKeyConflict{422, "idempotency_key_conflict",
                                          "The idempotency key was used with another request"};
// Holds and orders.
inline constexpr ProblemKind kSoldOut{409, "sold_out", "Sold out"};
inline constexpr ProblemKind kLimitReached{409, "limit_reached", "Limit reached"};
inline constexpr ProblemKind kWrongState{409, "wrong_state", "The state does not allow this"};
inline constexpr ProblemKind kClosed{410, "closed", "The sale is over"};
inline constexpr ProblemKind kNotOpen{425, "not_open", "The sale is not open yet"};
inline constexpr ProblemKind kPassRequired{403, "pass_required", "A pass of the line is needed"};
inline constexpr ProblemKind kRegistrationRequired{403, "registration_required",
                                                   "Only registered buyers may take part"};
inline constexpr ProblemKind kNotYourTurn{425, "not_your_turn", "It is not your turn yet"};
inline constexpr ProblemKind kLineFull{503, "line_full", "The line is full"};
inline constexpr ProblemKind kLineOff{409, "line_off", "The sale has no line"};
inline constexpr ProblemKind kNoPlace{404, "no_place", "There is no place in the line"};
inline constexpr ProblemKind kPaymentNeeded{402, "payment_needed", "The order must be paid"};
inline constexpr ProblemKind kRateLimited{429, "rate_limited", "Too many requests"};
inline constexpr ProblemKind kPaused{503, "paused", "The sale is paused"};
// Ourselves.
inline constexpr ProblemKind kBusy{503, "busy", "Busy, try again"};
inline constexpr ProblemKind kUnavailable{503, "unavailable", "Not available now"};
inline constexpr ProblemKind kProviderUnreachable{503, "provider_unreachable",
                                                  "The payment provider cannot be reached"};
inline constexpr ProblemKind kInternal{500, "internal", "Something went wrong on our side"};
// Accounts.
inline constexpr ProblemKind kWrongCredentials{401, "wrong_credentials",
                                               "E-mail or password is wrong"};
inline constexpr ProblemKind kEmailTaken{409, "email_taken", "The e-mail address has an account"};
inline constexpr ProblemKind kBadSignature{401, "bad_signature", "The signature is not valid"};
}  // namespace problem

struct Problem {
  ProblemKind kind;
  std::string detail{};         // one sentence for people
  int retry_after_seconds = 0;  // 0: no Retry-After
  std::string members{};        // further JSON members: `"may_return":12`
  std::string headers{};        // further "Name: value\r\n" lines
};

// `trace_id` may be empty (documents that are prepared once for many).
[[nodiscard]] http::Response to_response(const Problem& problem, std::string_view trace_id);

}  // namespace onrush::api
