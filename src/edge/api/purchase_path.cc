// The personal purchase path of a buyer: where he is to send his hold request.
#include <fmt/format.h>

#include "edge/api/door_guards.h"
#include "edge/api/handlers.h"
#include "edge/api/pass_guard.h"

namespace onrush::api::handle {
namespace {

// As far as the latch knows; nothing: the sale is open.
std::optional<sale::Outcome> not_now(const Station& station, const live::SaleEntry& sale,
                                     TimePoint now) {
  const ports::ItemStatus status = station.context.office.status(sale.sale, sale::ItemNo{0});
  sale::Outcome outcome;
  outcome.phase = status.phase;
  outcome.when = sale.rules->opens_at;
  if (status.phase < sale::Phase::open && now < sale.rules->opens_at) {
    outcome.verdict = sale::Verdict::not_open;
  } else if (status.phase == sale::Phase::paused) {
    outcome.verdict = sale::Verdict::paused;
  } else if (status.phase >= sale::Phase::closed) {
    outcome.verdict = sale::Verdict::closed;
  } else {
    return std::nullopt;
  }
  return outcome;
}

}  // namespace

void get_path(Station& station, const http::Request& request, const PathParams& params,
              CallPtr call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  if (!sale->rules->admission.purchase_path)
    return call->fail(problem::kNotFound, "This sale has no personal paths: POST …/holds.");
  const TimePoint now = station.context.clock.now();
  const sale::BuyerId buyer = call->claims.subject;
  if (const auto outcome = not_now(station, *sale, now)) {
    AnswerFrame frame;
    frame.now = now;
    return call->fail(problem_of(*outcome, frame));
  }
  if (const auto refusal = DoorGuards(station).registration(*sale, buyer))
    return call->fail(refusal->problem());
  if (!admits_pass(station.tokens, request.header(http::Header::onrush_pass), sale->rules->line,
                   sale->sale, buyer, now))
    return call->fail(problem::kPassRequired, "The sale has a line: claim a pass first.");
  const auto path = station.context.front_door.paths().make(sale->sale.value(), buyer.value(), now);
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("path").text(
      fmt::format("/api/v1/sales/{}/holds/{}", sale->rules->key, path.code));
  out.key("expires_at").time(path.expires_at).end_object();
  call->send_json(200, std::move(text));
}

}  // namespace onrush::api::handle
