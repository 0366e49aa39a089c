#include "adapters/sql/order_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "adapters/sql/order_search.h"
#include "sale/event.h"

namespace onrush::sql {

namespace {

using ports::OrderRow;
using ports::PaymentRow;

constexpr std::string_view kOrderSelect =
    "SELECT o.id, o.sale, s.sale_key, o.buyer, o.state, o.created_at, o.updated_at, o.deadline, "
    "o.amount, s.currency, o.version, s.title_en, s.title_zh "
    "FROM orders o JOIN sales s ON s.id = o.sale WHERE 1 = 1";
constexpr std::string_view kOrderShape = "iitiiiiiititt";

constexpr std::string_view kPaymentSelect =
    "SELECT p.id, p.order_id, p.sale, p.buyer, p.state, p.amount, p.captured, s.currency, "
    "p.refund_reason, p.started_at, p.updated_at FROM payments p JOIN sales s ON s.id = p.sale ";
constexpr std::string_view kPaymentShape = "iiiiiiitiii";

OrderRow to_order(const Row& row) {
  OrderRow order;
  order.order = sale::OrderId{row.id(0)};
  order.sale = sale::SaleNo{static_cast<std::uint32_t>(row.integer(1))};
  order.sale_key = row.text(2);
  order.buyer = sale::BuyerId{row.id(3)};
  order.state = static_cast<sale::OrderState>(row.integer(4));
  order.created_at = from_millis(row.integer(5));
  order.updated_at = from_millis(row.integer(6));
  order.deadline = from_millis(row.integer(7));
  order.amount = sale::Money{row.integer(8)};
  order.currency = row.text(9);
  order.version = row.id(10);
  order.sale_title = row.text(11);
  order.sale_title_zh = row.text(12);
  return order;
}

PaymentRow to_payment(const Row& row) {
  PaymentRow payment;
  payment.payment = sale::PaymentId{row.id(0)};
  payment.order = sale::OrderId{row.id(1)};
  payment.sale = sale::SaleNo{static_cast<std::uint32_t>(row.integer(2))};
  payment.buyer = sale::BuyerId{row.id(3)};
  payment.state = static_cast<sale::PaymentState>(row.integer(4));
  payment.amount = sale::Money{row.integer(5)};
  payment.captured = sale::Money{row.integer(6)};
  payment.currency = row.text(7);
  payment.refund_reason = refund_reason_name(row.integer(8));
  payment.started_at = from_millis(row.integer(9));
  payment.updated_at = from_millis(row.integer(10));
  return payment;
}

void add_units(Connection& connection, std::vector<OrderRow>& orders) {
  if (orders.empty()) return;
  std::unordered_map<std::uint64_t, OrderRow*> by_id;
  std::vector<std::uint64_t> ids;
  for (auto& order : orders) {
    by_id.emplace(order.order.value(), &order);
    ids.push_back(order.order.value());
  }
  connection.query(
      fmt::format("SELECT u.order_id, i.item_key, i.title_en, u.unit, i.title_zh "
                  "FROM order_units u JOIN orders o ON o.id = u.order_id "
                  "JOIN items i ON i.sale = o.sale AND i.item = u.item "
                  "WHERE u.order_id IN ({}) ORDER BY u.order_id, u.item, u.unit",
                  fmt::join(ids, ",")),
      "ittit", {}, [&](const Row& row) {
        by_id.at(row.id(0))->units.push_back(
            {row.text(1), row.text(2), static_cast<std::uint32_t>(row.integer(3)), row.text(4)});
      });
}

std::vector<PaymentRow> select_payments(Connection& connection, const std::string& condition) {
  std::vector<PaymentRow> rows;
  connection.query(std::string(kPaymentSelect) + condition, kPaymentShape, {},
                   [&](const Row& row) { rows.push_back(to_payment(row)); });
  return rows;
}

std::uint32_t capped(std::uint32_t limit) {
  return std::clamp(limit, 1u, kRowsPerQueryMax);
}

// Every id of the domain fits a signed 64-bit integer; a larger one cannot be stored, so nothing
// matches.
bool storable(std::uint64_t id) {
  return id <= static_cast<std::uint64_t>(INT64_MAX);
}

}  // namespace

std::string_view refund_reason_name(std::int64_t stored) {
  using sale::event::RefundReason;
  switch (static_cast<RefundReason>(stored)) {
    case RefundReason::late:
      return "late";
    case RefundReason::duplicate:
      return "duplicate";
    case RefundReason::amount_mismatch:
      return "amount_mismatch";
    case RefundReason::staff:
      return "staff";
    case RefundReason::cancelled:
      return "cancelled";
    case RefundReason::no_unit_left:
      return "no_unit_left";
  }
  return "";
}

std::vector<OrderRow> find_orders(Connection& connection, const ports::OrderQuery& query) {
  const auto words = search_condition(connection, query.text);
  if (!words) return {};
  if (query.buyer && !storable(query.buyer->value())) return {};
  std::string sql(kOrderSelect);
  std::vector<Param> params;
  if (query.buyer) sql += fmt::format(" AND o.buyer = {}", query.buyer->value());
  if (!query.sale_key.empty()) {
    // Resolved first: the number lets the planner use the index by sale.
    sql += fmt::format(" AND o.sale = {}",
                       connection.query_integer("SELECT id FROM sales WHERE sale_key = :a",
                                                std::vector<Param>{query.sale_key}));
  }
  if (query.state) sql += fmt::format(" AND o.state = {}", static_cast<int>(*query.state));
  if (!query.item_key.empty()) {
    params.emplace_back(query.item_key);
    sql +=
        " AND EXISTS (SELECT 1 FROM order_units f JOIN items g ON g.sale = o.sale AND "
        "g.item = f.item WHERE f.order_id = o.id AND g.item_key = :a)";
  }
  if (query.created_from)
    sql += fmt::format(" AND o.created_at >= {}", to_millis(*query.created_from));
  if (query.created_until)
    sql += fmt::format(" AND o.created_at < {}", to_millis(*query.created_until));
  if (query.before.value() != 0 && storable(query.before.value())) {
    sql += fmt::format(" AND o.id < {}", query.before.value());
  }
  sql += *words;
  sql += fmt::format(" ORDER BY o.id DESC LIMIT {}", capped(query.limit));
  std::vector<OrderRow> orders;
  connection.query(sql, kOrderShape, params,
                   [&](const Row& row) { orders.push_back(to_order(row)); });
  add_units(connection, orders);
  return orders;
}

std::vector<OrderRow> orders_by_id(Connection& connection, std::span<const sale::OrderId> ids) {
  std::vector<std::uint64_t> list;
  for (const auto id : ids) {
    if (storable(id.value()) && list.size() < kRowsPerQueryMax) list.push_back(id.value());
  }
  std::vector<OrderRow> orders;
  if (list.empty()) return orders;
  connection.query(fmt::format("{} AND o.id IN ({})", kOrderSelect, fmt::join(list, ",")),
                   kOrderShape, {}, [&](const Row& row) { orders.push_back(to_order(row)); });
  add_units(connection, orders);
  return orders;
}

std::vector<PaymentRow> payments_of(Connection& connection, sale::OrderId id) {
  if (!storable(id.value())) return {};
  return select_payments(connection,
                         fmt::format("WHERE p.order_id = {} ORDER BY p.id", id.value()));
}

std::vector<PaymentRow> open_payments(Connection& connection, TimePoint started_before,
                                      std::uint32_t limit) {
  return select_payments(
      connection,
      fmt::format("WHERE p.state IN ({}, {}) AND p.started_at < {} ORDER BY p.started_at, p.id "
                  "LIMIT {}",
                  static_cast<int>(sale::PaymentState::started),
                  static_cast<int>(sale::PaymentState::unknown), to_millis(started_before),
                  capped(limit)));
}

std::vector<PaymentRow> refunds_due(Connection& connection, std::uint32_t limit) {
  return select_payments(
      connection, fmt::format("WHERE p.state = {} ORDER BY p.started_at, p.id LIMIT {}",
                              static_cast<int>(sale::PaymentState::refund_due), capped(limit)));
}

std::vector<ports::StaffActRow> staff_acts(Connection& connection,
                                           const ports::StaffActQuery& query) {
  std::string sql =
      "SELECT a.seq, a.at, a.actor, a.act, s.sale_key, a.detail FROM staff_acts a "
      "JOIN sales s ON s.id = a.sale WHERE 1 = 1";
  std::vector<Param> params;
  for (const auto& [column, wanted] : {std::pair{"s.sale_key", &query.sale_key},
                                       {"a.act", &query.act},
                                       {"a.actor", &query.actor}}) {
    if (wanted->empty()) continue;
    sql += fmt::format(" AND {} = :{}", column, static_cast<char>('a' + params.size()));
    params.emplace_back(*wanted);
  }
  if (query.before_seq != 0 && storable(query.before_seq))
    sql += fmt::format(" AND a.seq < {}", query.before_seq);
  sql += fmt::format(" ORDER BY a.seq DESC LIMIT {}", capped(query.limit));
  std::vector<ports::StaffActRow> rows;
  connection.query(sql, "iitttt", params, [&](const Row& row) {
    rows.push_back({row.id(0), from_millis(row.integer(1)), row.text(2), row.text(3), row.text(4),
                    row.text(5)});
  });
  return rows;
}

}  // namespace onrush::sql
