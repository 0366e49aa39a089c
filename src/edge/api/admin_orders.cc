// Everybody's orders, refunds, confirmations by staff, and the log of acts.
#include "edge/api/handlers.h"
#include "edge/api/order_rows.h"
#include "edge/api/station.h"
#include "edge/api/strict_json.h"
#include "edge/live/documents.h"

namespace onrush::api::handle {
namespace {

using Payments = Result<std::vector<ports::PaymentRow>>;

sale::OrderId order_of(const PathParams& params) {
  return sale::OrderId{parse_id(params[0]).value_or(0)};
}

void write_payment(live::JsonWriter& out, const ports::PaymentRow& row) {
  out.begin_object()
      .key("payment")
      .id(row.payment.value())
      .key("state")
      .text(sale::to_string(row.state));
  out.key("amount").number(row.amount.minor).key("captured").number(row.captured.minor);
  out.key("currency").text(row.currency).key("refund_reason").text(row.refund_reason);
  out.key("started_at").time(row.started_at).key("updated_at").time(row.updated_at).end_object();
}

std::string order_with_payments(const sale::OrderView& order, const sale::SaleRules& rules,
                                const std::vector<ports::PaymentRow>& payments) {
  std::string text;
  live::JsonWriter out(text);
  out.begin_object();
  live::write_order_members(out, order, order.buyer, rules, false);
  out.key("payments").begin_array();
  for (const auto& row : payments) write_payment(out, row);
  out.end_array().end_object();
  return text;
}

void add_payments(Station& station, const CallPtr& call, const sale::OrderView& order) {
  station.block<Payments>(
      call, [&store = station.context.orders, id = order.order] { return store.payments_of(id); },
      [&station, order](const CallPtr& asked, const Payments& payments) {
        const sale::SaleRules* rules = station.rules_of(order.sale);
        if (!payments || rules == nullptr) {
          return asked->fail(
              Problem{problem::kUnavailable, "The payments cannot be read now.", 2, {}});
        }
        asked->send_json(200, order_with_payments(order, *rules, *payments));
      });
}

// Blocks.
Result<std::vector<ports::OrderRow>> find_orders(ApiContext& context,
                                                 const ports::OrderQuery& query) {
  const auto wanted = with_buyer_of_address(context.accounts.store(), query);
  if (!wanted) return wanted.error();
  if (!wanted->has_value()) return std::vector<ports::OrderRow>{};
  return context.orders.orders(**wanted);
}

std::string acts_document(const std::vector<ports::StaffActRow>& rows, std::uint32_t limit) {
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("acts").begin_array();
  for (const auto& row : rows) {
    out.begin_object().key("seq").id(row.seq).key("at").time(row.at).key("actor").text(row.actor);
    out.key("act")
        .text(row.act)
        .key("sale")
        .text(row.sale_key)
        .key("detail")
        .text(row.detail)
        .end_object();
  }
  out.end_array().key("next_before");
  if (rows.size() < limit) {
    out.null();
  } else {
    out.id(rows.back().seq);
  }
  out.end_object();
  return text;
}

}  // namespace

void admin_list_orders(Station& station, const http::Request& request, const PathParams&,
                       CallPtr call) {
  const auto query = read_order_query(request.query);
  if (!query) return call->fail(problem::kInvalid, query.error().message);
  using Rows = Result<std::vector<ports::OrderRow>>;
  station.block<Rows>(
      std::move(call),
      [&context = station.context, wanted = *query] { return find_orders(context, wanted); },
      [limit = query->limit](const CallPtr& asked, const Rows& rows) {
        if (!rows)
          return asked->fail(
              Problem{problem::kUnavailable, "The order list cannot be read now.", 2, {}});
        asked->send_json(200, orders_document(*rows, limit));
      });
}

void admin_get_order(Station& station, const http::Request&, const PathParams& params,
                     CallPtr call) {
  const sale::command::LookUpOrder command{order_of(params), sale::BuyerId{}};
  station.ask(std::move(call), command,
              [&station](const CallPtr& asked, const sale::Outcome& outcome) {
                if (outcome.verdict != sale::Verdict::found)
                  return station.answer(*asked, outcome, Success::order);
                add_payments(station, asked, outcome.order);
              });
}

void admin_refund(Station& station, const http::Request& request, const PathParams& params,
                  CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const std::string reason = fields.text("reason", 1, 500);
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  sale::command::RefundOrder command{order_of(params), actor_of(*call), reason};
  station.ask(std::move(call), std::move(command), Success::order);
}

void admin_confirm(Station& station, const http::Request& request, const PathParams& params,
                   CallPtr call) {
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const std::string status = fields.text("status", 1, 32);
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  if (status != "booked") return call->fail(problem::kInvalid, "status: must be \"booked\"");
  sale::command::ConfirmOrder command{order_of(params), sale::BuyerId{}, actor_of(*call)};
  station.ask(std::move(call), std::move(command), Success::order);
}

void admin_list_acts(Station& station, const http::Request& request, const PathParams&,
                     CallPtr call) {
  const auto limit = read_limit(request.query);
  if (!limit) return call->fail(problem::kInvalid, limit.error().message);
  ports::StaffActQuery query;
  query.sale_key = query_value(request.query, "sale");
  query.act = query_value(request.query, "act");
  query.actor = query_value(request.query, "actor");
  for (const std::string& text : {query.sale_key, query.act, query.actor}) {
    if (text.size() > 64)
      return call->fail(problem::kInvalid, "sale, act, actor: must have at most 64 characters");
  }
  const std::string before_text = query_value(request.query, "before");
  const auto before = parse_id(before_text);
  if (!before_text.empty() && !before)
    return call->fail(problem::kInvalid, "before: use next_before of the page before");
  query.before_seq = before.value_or(0);
  query.limit = *limit;
  using Rows = Result<std::vector<ports::StaffActRow>>;
  station.block<Rows>(
      std::move(call), [&store = station.context.orders, query] { return store.staff_acts(query); },
      [count = *limit](const CallPtr& asked, const Rows& rows) {
        if (!rows)
          return asked->fail(Problem{problem::kUnavailable, "The log cannot be read now.", 2, {}});
        asked->send_json(200, acts_document(*rows, count));
      });
}

}  // namespace onrush::api::handle
