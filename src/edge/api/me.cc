// What a buyer has in a sale, and leaving its standby line.
#include "edge/api/handlers.h"
#include "edge/api/station.h"
#include "edge/live/documents.h"

namespace onrush::api::handle {

void get_me(Station& station, const http::Request&, const PathParams& params, CallPtr call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  const sale::BuyerId buyer = call->claims.subject;
  if (!station.context.known_buyers.may_know(sale->sale, buyer)) {
    // He never asked for anything here: no need to disturb the box office.
    return call->send_json(200,
                           live::me_document({}, buyer, *sale->rules, station.context.clock.now()));
  }
  station.ask(std::move(call), sale::command::LookUpBuyer{sale->sale, buyer},
              [&station, no = sale->sale](const CallPtr& asked, const sale::Outcome& outcome) {
                const sale::SaleRules* rules = station.rules_of(no);
                if (outcome.verdict != sale::Verdict::found || !outcome.buyer || rules == nullptr) {
                  return station.answer(*asked, outcome, Success::no_content);
                }
                asked->send_json(200, live::me_document(*outcome.buyer, asked->claims.subject,
                                                        *rules, station.context.clock.now()));
              });
}

void leave_standby(Station& station, const http::Request& request, const PathParams& params,
                   CallPtr call) {
  if (const auto key = check_idempotency_key(request.header(http::Header::idempotency_key)); !key) {
    return call->fail(problem::kInvalid, key.error().message);
  }
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  const sale::command::LeaveStandby command{sale->sale, call->claims.subject, sale::StandbyId{}};
  station.ask(std::move(call), command, Success::no_content);
}

}  // namespace onrush::api::handle
