#include "edge/live/documents.h"

#include <algorithm>

#include "edge/live/line_documents.h"

namespace onrush::live {
namespace {

constexpr std::string_view kServerTime = R"(,"server_time":)";

std::string_view item_key(const sale::SaleRules& rules, sale::ItemNo item) {
  return item.value() < rules.items.size() ? std::string_view{rules.items[item.value()].key}
                                           : std::string_view{};
}

void write_item(JsonWriter& out, const sale::ItemRules& item, std::uint32_t stock) {
  out.begin_object().key("item").text(item.key);
  write_text(out, "title", item.title);
  write_text(out, "description", item.description);
  out.key("image_url").text(item.image_url);
  out.key("stock").number(stock).key("price").number(item.price.minor);
  out.key("per_buyer").number(item.per_buyer).key("standby").number(item.standby_capacity);
  out.end_object();
}

}  // namespace

std::string_view to_string(sale::LateMoney policy) {
  switch (policy) {
    case sale::LateMoney::refund:
      return "refund";
    case sale::LateMoney::regrant_or_refund:
      return "regrant_or_refund";
    case sale::LateMoney::regrant_or_standby:
      return "regrant_or_standby";
  }
  return "";
}

std::string_view to_string(sale::PaymentMode mode) {
  switch (mode) {
    case sale::PaymentMode::provider:
      return "provider";
    case sale::PaymentMode::confirmation:
      return "confirmation";
  }
  return "";
}

void write_text(JsonWriter& out, std::string_view name, const sale::Text& text) {
  out.key(name).begin_object().key("en").text(text.en);
  out.key("zh").text(text.zh.empty() ? text.en : text.zh).end_object();
}

void write_order_members(JsonWriter& out, const sale::OrderView& order, sale::BuyerId buyer,
                         const sale::SaleRules& rules, bool repeated) {
  out.key("order").id(order.order.value()).key("sale").text(rules.key);
  out.key("buyer").id(buyer.value()).key("state").text(sale::to_string(order.state));
  out.key("granted_at").time(order.granted_at).key("deadline").time(order.deadline);
  out.key("amount").number(order.amount.minor).key("currency").text(rules.currency);
  out.key("units").begin_array();
  for (const sale::UnitRef& unit : order.units) {
    out.begin_object().key("item").text(item_key(rules, unit.item));
    out.key("unit").number(unit.unit.value()).end_object();
  }
  out.end_array().key("payment");
  if (order.payment == sale::PaymentId{}) {
    out.null();
  } else {
    out.begin_object().key("payment").id(order.payment.value());
    out.key("state").text(sale::to_string(order.payment_state)).end_object();
  }
  out.key("repeated").boolean(repeated);
}

std::string order_document(const sale::OrderView& order, sale::BuyerId buyer,
                           const sale::SaleRules& rules, bool repeated) {
  std::string text;
  text.reserve(384);
  JsonWriter out(text);
  out.begin_object();
  write_order_members(out, order, buyer, rules, repeated);
  out.end_object();
  return text;
}

void write_standby_members(JsonWriter& out, const sale::StandbyView& standby,
                           const sale::SaleRules& rules) {
  out.key("standby").id(standby.standby.value()).key("position").number(standby.position);
  out.key("lines").begin_array();
  for (const sale::Line& line : standby.lines) {
    out.begin_object().key("item").text(item_key(rules, line.item));
    out.key("quantity").number(line.quantity).end_object();
  }
  out.end_array();
}

std::string standby_document(const sale::StandbyView& standby, const sale::SaleRules& rules) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("state").text("standby");
  write_standby_members(out, standby, rules);
  out.key("status_url").text("/api/v1/sales/" + rules.key + "/me").end_object();
  return text;
}

std::string me_document(const sale::BuyerView& view, sale::BuyerId buyer,
                        const sale::SaleRules& rules, TimePoint now) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("sale").text(rules.key).key("server_time").time(now);
  out.key("orders").begin_array();
  for (const sale::OrderView& order : view.orders) {
    out.begin_object();
    write_order_members(out, order, buyer, rules, false);
    out.end_object();
  }
  out.end_array().key("standby").begin_array();
  for (const sale::StandbyView& standby : view.standby) {
    out.begin_object();
    write_standby_members(out, standby, rules);
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

std::string live_document(const SaleEntry& sale, std::span<const ports::ItemStatus> items,
                          const ports::LineStatus& line, TimePoint now) {
  std::string text;
  text.reserve(256 + items.size() * 96);
  JsonWriter out(text);
  out.begin_object().key("type").text("live").key("sale").text(sale.rules->key);
  out.key("phase")
      .text(sale::to_string(sale.phase))
      .key("reason")
      .text(sale::to_string(sale.reason));
  out.key("opens_at").time(sale.rules->opens_at).key("closes_at").time(sale.rules->closes_at);
  out.key("items").begin_array();
  std::uint64_t free = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ports::ItemStatus& item = items[i];
    free += item.free;
    out.begin_object().key("item").text(sale.rules->items[i].key);
    out.key("stock").number(item.stock).key("free").number(item.free);
    out.key("held").number(item.held).key("paid").number(item.paid);
    out.key("standby").number(item.standby).end_object();
  }
  out.end_array().key("sold_out").boolean(free == 0 && sale.phase >= sale::Phase::open);
  write_live_line(out, line);
  write_notice(out, sale.notice);
  out.key("server_time").time(now).end_object();
  return text;
}

std::string_view live_document_state(std::string_view document) {
  return document.substr(0, document.rfind(kServerTime));
}

void write_channels(JsonWriter& out, const sale::AdmissionRules& rules, std::string_view links) {
  out.key("channels").begin_array();
  for (const std::string& channel : rules.channels) out.text(channel);
  out.end_array().key(links).begin_object();
  if (!rules.download_url.empty()) out.key("download").text(rules.download_url);
  if (!rules.register_url.empty()) out.key("register").text(rules.register_url);
  out.end_object();
}

std::string sale_document(const SaleEntry& sale) {
  const sale::SaleRules& rules = *sale.rules;
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("sale").text(rules.key);
  write_text(out, "title", rules.title);
  write_text(out, "description", rules.description);
  out.key("phase")
      .text(sale::to_string(sale.phase))
      .key("reason")
      .text(sale::to_string(sale.reason));
  out.key("currency").text(rules.currency).key("lobby_at").time(rules.lobby_at);
  out.key("opens_at").time(rules.opens_at).key("closes_at").time(rules.closes_at);
  out.key("hold_seconds").number(rules.hold.count() / 1000);
  out.key("per_buyer")
      .number(rules.per_buyer)
      .key("orders_per_buyer")
      .number(rules.orders_per_buyer);
  out.key("payment").text(to_string(rules.payment));
  out.key("late_money").text(to_string(rules.late_money));
  out.key("decline_ends_hold").boolean(rules.decline_ends_hold);
  out.key("admission").begin_object();
  write_channels(out, rules.admission, "channel_links");
  out.end_object();
  write_sale_line(out, rules);
  out.key("items").begin_array();
  for (std::size_t i = 0; i < rules.items.size(); ++i)
    write_item(out, rules.items[i], sale.stock[i]);
  out.end_array().end_object();
  return text;
}

void write_sale_card(JsonWriter& out, const SaleEntry& sale) {
  const sale::SaleRules& rules = *sale.rules;
  out.begin_object().key("sale").text(rules.key);
  write_text(out, "title", rules.title);
  out.key("phase").text(sale::to_string(sale.phase)).key("currency").text(rules.currency);
  out.key("opens_at").time(rules.opens_at).key("closes_at").time(rules.closes_at);
  out.key("items").number(static_cast<std::int64_t>(rules.items.size())).end_object();
}

}  // namespace onrush::live
