#include "crowd/documents.h"

#include "crowd/json_text.h"

namespace onrush::crowd {
namespace {

namespace json = boost::json;

std::optional<OrderSeen> order_of(const json::object& object) {
  OrderSeen order;
  order.order = id_of(object, "order");
  order.buyer = id_of(object, "buyer");
  order.state = text_of(object, "state");
  if (order.order == 0 || order.state.empty()) return std::nullopt;
  order.deadline_ms = time_of(object, "deadline");
  order.repeated = flag_of(object, "repeated");
  if (const json::array* units = array_of(object, "units"); units != nullptr) {
    for (const json::value& entry : *units) {
      const json::object* unit = entry.if_object();
      if (unit == nullptr) return std::nullopt;
      order.units.push_back({std::string(text_of(*unit, "item")),
                             static_cast<std::uint32_t>(number_of(*unit, "unit"))});
    }
  }
  if (const json::object* payment = object_of(object, "payment"); payment != nullptr) {
    order.payment_state = text_of(*payment, "state");
  }
  return order;
}

}  // namespace

std::optional<OrderSeen> read_order(std::string_view text) {
  const Parsed parsed{text};
  return parsed.object() != nullptr ? order_of(*parsed.object()) : std::nullopt;
}

std::optional<MeSeen> read_me(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const json::array* orders = array_of(*parsed.object(), "orders");
  const json::array* standby = array_of(*parsed.object(), "standby");
  if (orders == nullptr || standby == nullptr) return std::nullopt;
  MeSeen me;
  me.standby = standby->size();
  for (const json::value& entry : *orders) {
    if (!entry.is_object()) return std::nullopt;
    auto order = order_of(entry.get_object());
    if (!order) return std::nullopt;
    me.orders.push_back(std::move(*order));
  }
  return me;
}

std::optional<LiveSeen> read_live(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const json::object& object = *parsed.object();
  LiveSeen live;
  live.phase = text_of(object, "phase");
  live.reason = text_of(object, "reason");
  live.server_time_ms = time_of(object, "server_time");
  live.opens_at_ms = time_of(object, "opens_at");
  const json::array* items = array_of(object, "items");
  if (live.phase.empty() || items == nullptr) return std::nullopt;
  for (const json::value& entry : *items) {
    const json::object* item = entry.if_object();
    if (item == nullptr) return std::nullopt;
    live.items.push_back({std::string(text_of(*item, "item")), number_of(*item, "stock"),
                          number_of(*item, "free"), number_of(*item, "held"),
                          number_of(*item, "paid"), number_of(*item, "standby")});
  }
  return live;
}

std::optional<std::string> read_channel(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const json::object* rules = object_of(*parsed.object(), "admission");
  const json::array* channels = rules != nullptr ? array_of(*rules, "channels") : nullptr;
  if (channels == nullptr || channels->empty()) return std::string{};
  const json::string* first = channels->front().if_string();
  if (first == nullptr) return std::nullopt;
  return std::string(*first);
}

std::optional<TokensSeen> read_tokens(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  TokensSeen seen;
  seen.first_buyer = id_of(*parsed.object(), "first_buyer");
  const json::array* tokens = array_of(*parsed.object(), "tokens");
  if (tokens == nullptr || seen.first_buyer == 0) return std::nullopt;
  for (const json::value& token : *tokens) {
    if (!token.is_string()) return std::nullopt;
    seen.tokens.emplace_back(std::string_view{token.get_string()});
  }
  return seen;
}

std::optional<std::string> read_payment_url(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const std::string_view url = text_of(*parsed.object(), "url");
  return url.empty() ? std::nullopt : std::optional<std::string>(url);
}

std::optional<MessageSeen> read_message(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  MessageSeen message;
  message.type = text_of(*parsed.object(), "type");
  message.cause = text_of(*parsed.object(), "cause");
  if (message.type == "order") message.order = order_of(*parsed.object());
  return message.type.empty() ? std::nullopt : std::optional(std::move(message));
}

std::string_view problem_code(std::string_view text) {
  constexpr std::string_view kKey = "\"code\":\"";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kKey.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace onrush::crowd
