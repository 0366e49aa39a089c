// A buyer's registration for a sale: to be reminded of the opening, and in some sales to be let in
// at all.
#include "edge/api/handlers.h"
#include "edge/api/hold_limits.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

// The sale, for a buyer who is within his limits. Null: answered.
const live::SaleEntry* begin(Station& station, const http::Request& request,
                             const PathParams& params, Call& call) {
  if (refuses_address(station, request, call, LimitedCall::registration)) return nullptr;
  if (refuses_account(station, call, LimitedCall::registration)) return nullptr;
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) call.fail(problem::kNotFound, "There is no such sale.");
  return sale;
}

// The registration as a document, or the refusal.
void send_registration(const Station& station, Call& call, const sale::Outcome& outcome,
                       int status) {
  if (outcome.verdict != sale::Verdict::done && outcome.verdict != sale::Verdict::found)
    return station.answer(call, outcome, Success::no_content);
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("registered").boolean(true);
  out.key("registered_at").time(outcome.when).end_object();
  call.send_json(status, std::move(text));
}

}  // namespace

void register_buyer(Station& station, const http::Request& request, const PathParams& params,
                    CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const sale::BuyerId buyer = call->claims.subject;
  station.ask(
      std::move(call), sale::command::Register{sale->sale, buyer},
      [&station](const CallPtr& asked, const sale::Outcome& outcome) {
        send_registration(station, *asked, outcome, outcome.repeated ? 200 : 201);
      },
      ports::Lane::rush);
}

void get_registration(Station& station, const http::Request& request, const PathParams& params,
                      CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const sale::BuyerId buyer = call->claims.subject;
  // Those who surely are not need no trip.
  if (!station.context.known_buyers.may_be_registered(sale->sale, buyer))
    return call->fail(problem::kNotFound, "There is no such registration.");
  station.ask(
      std::move(call), sale::command::LookUpRegistration{sale->sale, buyer},
      [&station](const CallPtr& asked, const sale::Outcome& outcome) {
        send_registration(station, *asked, outcome, 200);
      },
      ports::Lane::rush);
}

void unregister_buyer(Station& station, const http::Request& request, const PathParams& params,
                      CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const sale::BuyerId buyer = call->claims.subject;
  station.ask(std::move(call), sale::command::Unregister{sale->sale, buyer}, Success::no_content,
              ports::Lane::rush);
}

}  // namespace onrush::api::handle
