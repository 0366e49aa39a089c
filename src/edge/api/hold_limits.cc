#include "edge/api/hold_limits.h"

namespace onrush::api {

// No log line and no trace: who clicks too fast is counted, not written down.
void HoldLimits::answer(const Excess& over, std::string_view sale_key, const http::Request& request,
                        http::Responder& responder) {
  const std::string_view origin = request.header(http::Header::origin);
  if (!origin.empty() && origin != station_.context.config.public_origin) {
    // Prepared bytes name the pages' own origin; another one gets its own document.
    http::Response response = to_response(station_.context.rate_limits.problem_of(over), {});
    response.headers.append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
        .append(station_.cors_headers(origin));
    responder.send(response);
  } else {
    Prepared& prepared = prepared_[static_cast<std::size_t>(over.limit)];
    if (prepared.retry_after_seconds != over.retry_after_seconds) {
      http::Response response = to_response(station_.context.rate_limits.problem_of(over), {});
      response.headers += common_headers_;
      prepared = {over.retry_after_seconds, http::prepare(response)};
    }
    responder.send_prepared(prepared.bytes);
  }
  station_.counts->count_limited(over.limit, LimitedCall::hold);
  const live::SaleEntry* sale = station_.public_sale(sale_key);
  station_.counts->count_guard(sale == nullptr ? sale::SaleNo{} : sale->sale, Layer::rate_limited);
}

namespace {
bool refuse(Station& station, const std::optional<Excess>& over, Call& call, LimitedCall what) {
  if (!over) return false;
  station.counts->count_limited(over->limit, what);
  call.fail(station.context.rate_limits.problem_of(*over));
  return true;
}
}  // namespace

bool refuses_address(Station& station, const http::Request& request, Call& call, LimitedCall what) {
  return refuse(station, station.context.rate_limits.take_address(request), call, what);
}

bool refuses_account(Station& station, Call& call, LimitedCall what) {
  return refuse(station, station.context.rate_limits.take_account(call.claims.subject), call, what);
}

}  // namespace onrush::api
