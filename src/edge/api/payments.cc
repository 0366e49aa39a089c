// Paying for an order, and what the provider tells us later.
#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

void answer_pay(Station& station, Call& call, const checkout::PayAnswer& paid) {
  if (!paid.url.empty()) {
    std::string text;
    live::JsonWriter(text)
        .begin_object()
        .key("payment")
        .id(paid.outcome.payment.value())
        .key("url")
        .text(paid.url)
        .end_object();
    return call.send_json(201, std::move(text));
  }
  if (!paid.error.empty()) {
    return call.fail(
        Problem{problem::kProviderUnreachable, "Nothing was charged; try again.", 2, {}});
  }
  station.answer(call, paid.outcome, Success::no_content);
}

// A provider sends again until it hears 2xx, so 2xx is only for what is durable (or was already).
void answer_callback(Station& station, Call& call, const sale::Outcome& outcome) {
  station.answer(call, outcome, Success::no_content);
}

}  // namespace

void pay_order(Station& station, const http::Request& request, const PathParams& params,
               CallPtr call) {
  if (const auto key = check_idempotency_key(request.header(http::Header::idempotency_key)); !key) {
    return call->fail(problem::kInvalid, key.error().message);
  }
  const auto order = parse_id(params[0]);
  if (!order) return call->fail(problem::kNotFound);
  const sale::BuyerId buyer = call->claims.subject;
  station.context.desk.pay(
      sale::OrderId{*order}, buyer, [&station, call](checkout::PayAnswer paid) {
        station.worker.post(
            [&station, call, paid = std::move(paid)] { answer_pay(station, *call, paid); });
      });
}

void take_provider_callback(Station& station, const http::Request& request,
                            const PathParams& params, CallPtr call) {
  const ports::PaymentProvider& provider = station.context.provider;
  if (params[0] != provider.name()) return call->fail(problem::kNotFound);
  const auto notice = provider.read_callback(
      request.body, request.header(http::Header::x_onrush_signature), station.context.clock.now());
  // Nothing in the body may be believed, so nothing of it is said either.
  if (!notice) return call->fail(problem::kBadSignature, "The callback was not accepted.");
  station.context.desk.settle(*notice, [&station, call](sale::Outcome outcome) {
    station.worker.post([&station, call, outcome = std::move(outcome)] {
      answer_callback(station, *call, outcome);
    });
  });
}

}  // namespace onrush::api::handle
