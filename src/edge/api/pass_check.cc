// Whether a pass is live, for a site that sells by itself behind a sale's line: in the form of
// nginx's auth_request.
#include "edge/api/handlers.h"
#include "edge/api/hold_limits.h"
#include "edge/api/pass_guard.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

// A pass's token ends with the second in which the pass ends. Before a hold that does not matter,
// because the box office has the last word; here nobody has, so that second is not honoured.
constexpr Millis kRounding{999};

}  // namespace

void check_pass(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  std::string_view token = request.header(http::Header::onrush_pass);
  if (token.empty()) token = cookie_value(request.header(http::Header::cookie), "onrush_pass");
  const live::SaleEntry* sale = station.public_sale(query_value(request.query, "sale"));
  const TimePoint now = station.context.clock.now();
  const auto pass = sale == nullptr ? std::nullopt
                                    : read_pass(station.tokens, token, sale->sale, now + kRounding);
  if (!pass) {
    // Only a no is limited: who has a pass must not be held up by his neighbours' tries.
    if (refuses_address(station, request, *call, LimitedCall::pass_check)) return;
    return call->fail(problem::kUnauthorized, "There is no valid pass of this sale.");
  }
  http::Response response;
  response.status = 204;
  response.headers = "Onrush-Buyer: " + std::to_string(pass->subject.value()) + "\r\n";
  call->send(std::move(response));
}

}  // namespace onrush::api::handle
