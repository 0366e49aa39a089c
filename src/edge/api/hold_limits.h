// Rate limits on the hot path: asks them, and answers those who are over with prepared bytes.
#pragma once

#include <array>
#include <string>

#include "edge/api/rate_limits.h"
#include "edge/api/station.h"

namespace onrush::api {

// Of one worker; on its thread only.
class HoldLimits {
 public:
  // `common_headers`: the lines that every answer carries, CORS for the pages' own origin included.
  HoldLimits(Station& station, std::string common_headers)
      : station_(station), common_headers_(std::move(common_headers)) {}

  // True: over a limit, and answered with 429. `sale_key`: whose funnel it is counted in.
  bool refuses_address(std::string_view sale_key, const http::Request& request,
                       http::Responder& responder) {
    const auto over = station_.context.rate_limits.take_address(request);
    if (over) answer(*over, sale_key, request, responder);
    return over.has_value();
  }
  bool refuses_account(sale::BuyerId buyer, std::string_view sale_key, const http::Request& request,
                       http::Responder& responder) {
    const auto over = station_.context.rate_limits.take_account(buyer);
    if (over) answer(*over, sale_key, request, responder);
    return over.has_value();
  }

 private:
  struct Prepared {
    int retry_after_seconds = 0;  // what the text depends on
    std::string bytes;
  };

  void answer(const Excess& over, std::string_view sale_key, const http::Request& request,
              http::Responder& responder);

  Station& station_;
  std::string common_headers_;
  std::array<Prepared, kLimits> prepared_;
};

// For other calls, which are counted as `what`: true if the address is over its limit; the call is
// answered then.
[[nodiscard]] bool refuses_address(Station& station, const http::Request& request, Call& call,
                                   LimitedCall what = LimitedCall::sign_in);
// The same for the account that calls.
[[nodiscard]] bool refuses_account(Station& station, Call& call, LimitedCall what);

}  // namespace onrush::api
