// A buyer's orders. The list comes from the read model; one order, and whatever changes it, from
// the box office, so that it is never stale.
#include "edge/api/handlers.h"
#include "edge/api/order_rows.h"
#include "edge/api/station.h"
#include "edge/api/strict_json.h"

namespace onrush::api::handle {
namespace {

// The order of the path; 0 (which no order has) for text that is no id: then it is simply not
// found.
sale::OrderId order_of(const PathParams& params) {
  return sale::OrderId{parse_id(params[0]).value_or(0)};
}

bool key_is_fine(const http::Request& request, Call& call) {
  const auto key = check_idempotency_key(request.header(http::Header::idempotency_key));
  if (!key) call.fail(problem::kInvalid, key.error().message);
  return key.has_value();
}

}  // namespace

void list_orders(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  auto query = read_order_query(request.query);
  if (!query) return call->fail(problem::kInvalid, query.error().message);
  query->buyer = call->claims.subject;
  using Rows = Result<std::vector<ports::OrderRow>>;
  station.block<Rows>(
      std::move(call),
      [&store = station.context.orders, wanted = *query] { return store.orders(wanted); },
      [limit = query->limit](const CallPtr& asked, const Rows& rows) {
        if (!rows)
          return asked->fail(
              Problem{problem::kUnavailable, "The order list cannot be read now.", 2, {}});
        asked->send_json(200, orders_document(*rows, limit));
      });
}

void get_order(Station& station, const http::Request&, const PathParams& params, CallPtr call) {
  const sale::command::LookUpOrder command{order_of(params), call->claims.subject};
  station.ask(std::move(call), command, Success::order);
}

void confirm_order(Station& station, const http::Request& request, const PathParams& params,
                   CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const std::string status = fields.text("status", 1, 32);
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  if (status != "booked") return call->fail(problem::kInvalid, "status: must be \"booked\"");
  const sale::command::ConfirmOrder command{order_of(params), call->claims.subject, {}};
  station.ask(std::move(call), command, Success::order);
}

void release_order(Station& station, const http::Request& request, const PathParams& params,
                   CallPtr call) {
  if (!key_is_fine(request, *call)) return;
  const sale::command::ReleaseHold command{order_of(params), call->claims.subject};
  station.ask(std::move(call), command, Success::no_content);
}

void make_order_token(Station& station, const http::Request&, const PathParams& params,
                      CallPtr call) {
  const sale::command::LookUpOrder command{order_of(params), call->claims.subject};
  station.ask(std::move(call), command,
              [&station](const CallPtr& asked, const sale::Outcome& outcome) {
                if (outcome.verdict != sale::Verdict::found)
                  return station.answer(*asked, outcome, Success::order);
                accounts::Claims claims;
                claims.kind = accounts::TokenKind::order;
                claims.subject = asked->claims.subject;
                claims.order = outcome.order.order;
                claims.issued_at = station.context.clock.now();
                claims.expires_at = claims.issued_at + station.context.config.order_token_valid;
                std::string text;
                live::JsonWriter(text)
                    .begin_object()
                    .key("token")
                    .text(station.tokens.sign(claims))
                    .key("expires_at")
                    .time(claims.expires_at)
                    .end_object();
                asked->send_json(201, std::move(text));
              });
}

}  // namespace onrush::api::handle
