#include "edge/api/order_rows.h"

#include "edge/api/station.h"
#include "edge/live/documents.h"

namespace onrush::api {
namespace {

void write_title(live::JsonWriter& out, std::string_view name, const std::string& en,
                 const std::string& zh) {
  live::write_text(out, name, {en, zh});
}

void write_row(live::JsonWriter& out, const ports::OrderRow& row) {
  out.begin_object().key("order").id(row.order.value()).key("sale").text(row.sale_key);
  write_title(out, "sale_title", row.sale_title, row.sale_title_zh);
  out.key("buyer").id(row.buyer.value()).key("state").text(sale::to_string(row.state));
  out.key("granted_at").time(row.created_at).key("deadline").time(row.deadline);
  out.key("amount").number(row.amount.minor).key("currency").text(row.currency);
  out.key("units").begin_array();
  for (const auto& unit : row.units) {
    out.begin_object().key("item").text(unit.item_key);
    write_title(out, "title", unit.item_title, unit.item_title_zh);
    out.key("unit").number(unit.unit).end_object();
  }
  out.end_array().key("version").number(static_cast<std::int64_t>(row.version));
  out.key("created_at").time(row.created_at).key("updated_at").time(row.updated_at).end_object();
}

}  // namespace

std::optional<sale::OrderState> parse_order_state(std::string_view name) {
  using sale::OrderState;
  for (const OrderState state :
       {OrderState::awaiting_payment, OrderState::paid, OrderState::paid_standby,
        OrderState::refunded, OrderState::expired, OrderState::released, OrderState::declined}) {
    if (sale::to_string(state) == name) return state;
  }
  return std::nullopt;
}

Result<std::uint32_t> read_limit(std::string_view query) {
  const std::string text = query_value(query, "limit");
  if (text.empty()) return 50u;
  const auto limit = parse_id(text);
  if (!limit || *limit > kPageMax) return invalid("limit: must be a whole number from 1 to 200");
  return static_cast<std::uint32_t>(*limit);
}

namespace {

// Nothing: absent. Error: invalid.
Result<std::optional<TimePoint>> read_time(std::string_view query, std::string_view name) {
  const std::string text = query_value(query, name);
  if (text.empty()) return std::optional<TimePoint>{};
  const auto time = parse_rfc3339(text);
  if (!time) return invalid(std::string(name) + ": must be a time like 2026-11-22T08:30:00Z");
  return std::optional<TimePoint>{*time};
}

}  // namespace

Result<ports::OrderQuery> read_order_query(std::string_view query) {
  ports::OrderQuery wanted;
  wanted.sale_key = query_value(query, "sale");
  wanted.text = query_value(query, "q");
  if (wanted.sale_key.size() > 64) return invalid("sale: must have at most 64 characters");
  if (wanted.text.size() > 200) return invalid("q: must have at most 200 bytes");
  if (const std::string state = query_value(query, "state"); !state.empty()) {
    wanted.state = parse_order_state(state);
    if (!wanted.state) return invalid("state: there is no such state of an order");
  }
  wanted.item_key = query_value(query, "item");
  if (wanted.item_key.size() > 64) return invalid("item: must have at most 64 characters");
  const auto from = read_time(query, "from"), until = read_time(query, "until");
  if (!from) return from.error();
  if (!until) return until.error();
  wanted.created_from = *from;
  wanted.created_until = *until;
  if (const std::string cursor = query_value(query, "cursor"); !cursor.empty()) {
    const auto before = parse_id(cursor);
    if (!before) return invalid("cursor: use next_cursor of the page before");
    wanted.before = sale::OrderId{*before};
  }
  const auto limit = read_limit(query);
  if (!limit) return limit.error();
  wanted.limit = *limit;
  return wanted;
}

Result<std::optional<ports::OrderQuery>> with_buyer_of_address(ports::AccountStore& accounts,
                                                               ports::OrderQuery query) {
  if (query.text.find('@') != std::string::npos) {
    const auto account = accounts.find_by_email(query.text);
    if (!account) return account.error();
    if (!account->has_value()) return std::optional<ports::OrderQuery>{};
    query.buyer = (*account)->id;
    query.text.clear();
  }
  return std::optional{std::move(query)};
}

std::string orders_document(const std::vector<ports::OrderRow>& rows, std::uint32_t limit) {
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("orders").begin_array();
  for (const auto& row : rows) write_row(out, row);
  out.end_array().key("next_cursor");
  if (rows.size() < limit) {
    out.null();
  } else {
    out.id(rows.back().order.value());
  }
  out.end_object();
  return text;
}

}  // namespace onrush::api
