#include "sale/sale_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "sale/rules_check.h"
#include "sale/strict_json.h"

namespace onrush::sale {
namespace {

namespace json = boost::json;

// One object of the file. Keys are read one by one; the first complaint is kept, named by its
// place, and a key that nobody has read is unknown.
class Fields {
 public:
  Fields(const json::value& value, std::string place, std::string& complaint)
      : place_(std::move(place)), complaint_(complaint) {
    object_ = value.if_object();
    if (object_ == nullptr) complain("", "must be an object");
  }

  // nullptr: absent.
  const json::value* find(std::string_view key) {
    known_.push_back(key);
    return object_ == nullptr ? nullptr : object_->if_contains(key);
  }
  const json::value* required(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr) complain(key, "is missing");
    return value;
  }
  void text(std::string_view key, std::string& out) { as_text(key, find(key), out); }
  void required_text(std::string_view key, std::string& out) { as_text(key, required(key), out); }
  void bilingual(std::string_view key, bool must, Text& out) {
    const json::value* value = must ? required(key) : find(key);
    if (value == nullptr) return;
    if (const json::string* plain = value->if_string()) {
      out.en = std::string_view(*plain);
      return;
    }
    if (!value->is_object())
      return complain(key, "must be a text, or an object with \"en\" and \"zh\"");
    Fields languages(*value, at(key), complaint_);
    languages.required_text("en", out.en);
    languages.text("zh", out.zh);
    languages.no_others();
  }
  void boolean(std::string_view key, bool& out) {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_bool()) return complain(key, "must be true or false");
    out = value->get_bool();
  }
  // Whole numbers only; `out` keeps its value when absent.
  template <class T>
  void number(std::string_view key, std::int64_t low, std::int64_t high, T& out) {
    if (const json::value* value = find(key))
      out = static_cast<T>(as_number(key, *value, low, high));
  }
  std::int64_t as_number(std::string_view key, const json::value& value, std::int64_t low,
                         std::int64_t high) {
    std::int64_t n = low - 1;
    if (value.is_int64()) n = value.get_int64();
    if (value.is_uint64() && value.get_uint64() <= static_cast<std::uint64_t>(high)) {
      n = static_cast<std::int64_t>(value.get_uint64());
    }
    if (!value.is_number()) {
      complain(key, "must be a whole number");
    } else if (n < low || n > high) {
      complain(key, fmt::format("must be {}..{}", low, high));
    }
    return std::clamp(n, low, high);
  }
  template <class Enum, std::size_t kSize>
  void choice(std::string_view key,
              const std::array<std::pair<std::string_view, Enum>, kSize>& names, Enum& out) {
    std::string name;
    const json::value* value = find(key);
    if (value == nullptr) return;
    as_text(key, value, name);
    for (const auto& [known, meaning] : names) {
      if (name == known) {
        out = meaning;
        return;
      }
    }
    std::string list;
    for (const auto& [known, meaning] : names)
      list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", known);
    complain(key, "must be one of " + list);
  }
  void no_others() {
    if (object_ == nullptr) return;
    for (const auto& member : *object_) {
      const std::string_view key = member.key();
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        complain(key, "is not a key of a sale file");
    }
  }
  void complain(std::string_view key, std::string_view what) {
    if (complaint_.empty())
      complaint_ = fmt::format("{}: {}", key.empty() && place_.empty() ? "file" : at(key), what);
  }
  [[nodiscard]] std::string at(std::string_view key) const {
    if (key.empty()) return place_;
    return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
  }

 private:
  void as_text(std::string_view key, const json::value* value, std::string& out) {
    if (value == nullptr) return;
    if (!value->is_string()) return complain(key, "must be a text");
    out = std::string_view(value->get_string());
  }

  const json::object* object_ = nullptr;
  std::string place_;
  std::string& complaint_;
  std::vector<std::string_view> known_;
};

constexpr std::array kLateMoneyNames{
    std::pair{std::string_view("refund"), LateMoney::refund},
    std::pair{std::string_view("regrant_or_refund"), LateMoney::regrant_or_refund},
    std::pair{std::string_view("regrant_or_standby"), LateMoney::regrant_or_standby}};
constexpr std::array kPaymentNames{
    std::pair{std::string_view("provider"), PaymentMode::provider},
    std::pair{std::string_view("confirmation"), PaymentMode::confirmation}};

// "+10s", "+5m", "+1h": from the moment of reading.
std::optional<TimePoint> parse_relative(std::string_view text, TimePoint now) {
  if (text.size() < 3 || text.front() != '+') return std::nullopt;
  std::int64_t n = 0;
  const char* last = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data() + 1, last, n);
  if (error != std::errc{} || end != last || n < 0 || n > 1'000'000'000 || text[1] == '-')
    return std::nullopt;
  switch (*last) {
    case 's':
      return now + std::chrono::seconds{n};
    case 'm':
      return now + std::chrono::minutes{n};
    case 'h':
      return now + std::chrono::hours{n};
    default:
      return std::nullopt;
  }
}

// False: absent.
bool read_time(Fields& fields, std::string_view key, TimePoint now, TimePoint& out) {
  const json::value* value = fields.find(key);
  if (value == nullptr) return false;
  const json::string* text = value->if_string();
  if (text != nullptr) {
    if (const auto relative = parse_relative(*text, now)) {
      out = *relative;
      return true;
    }
    if (const auto absolute = parse_rfc3339(*text)) {
      out = *absolute;
      return true;
    }
  }
  fields.complain(
      key, "must be a time like \"2026-11-22T08:30:00Z\", or \"+10s\", \"+5m\", \"+1h\" from now");
  return true;
}

void read_times(Fields& fields, TimePoint now, SaleRules& rules) {
  if (!read_time(fields, "opens_at", now, rules.opens_at))
    fields.complain("opens_at", "is missing");
  if (!read_time(fields, "closes_at", now, rules.closes_at))
    fields.complain("closes_at", "is missing");
  if (!read_time(fields, "lobby_at", now, rules.lobby_at)) rules.lobby_at = rules.opens_at;
}

// Seconds, to the millisecond.
void read_hold(Fields& fields, Millis& hold) {
  const json::value* value = fields.find("hold_seconds");
  if (value == nullptr) return;
  if (!value->is_number()) return fields.complain("hold_seconds", "must be a number");
  const double seconds = value->to_number<double>();
  if (!(seconds >= 1 && seconds <= 86'400))
    return fields.complain("hold_seconds", "must be 1..86400");
  hold = Millis{std::llround(seconds * 1000)};
}

// A number, or false for none. Empty: absent.
std::optional<std::uint32_t> read_standby(Fields& fields) {
  const json::value* value = fields.find("standby");
  if (value == nullptr) return std::nullopt;
  if (value->is_bool() && !value->get_bool()) return 0U;
  if (!value->is_number()) {
    fields.complain("standby", "must be a whole number, or false");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(fields.as_number("standby", *value, 0, kStandbyMax));
}

ItemRules read_item(const json::value& value, std::string place, const SaleRules& rules,
                    std::optional<std::uint32_t> standby, std::string& complaint) {
  Fields fields(value, std::move(place), complaint);
  ItemRules item;
  fields.required_text("item", item.key);
  fields.bilingual("title", true, item.title);
  fields.bilingual("description", false, item.description);
  fields.text("image_url", item.image_url);
  if (const json::value* stock = fields.required("stock")) {
    item.stock = static_cast<std::uint32_t>(fields.as_number("stock", *stock, 1, kStockMax));
  }
  if (const json::value* price = fields.required("price")) {
    item.price.minor = fields.as_number("price", *price, 0, kPriceMax);
  }
  item.per_buyer = std::min<std::uint16_t>(rules.per_buyer, kUnitsPerOrderMax);
  fields.number("per_buyer", 1, kUnitsPerOrderMax, item.per_buyer);
  const auto own = read_standby(fields);
  item.standby_capacity = own ? *own : standby.value_or(item.stock * 2);
  fields.no_others();
  return item;
}

void read_items(Fields& fields, std::optional<std::uint32_t> standby, SaleRules& rules,
                std::string& complaint) {
  const json::value* value = fields.required("items");
  if (value == nullptr) return;
  const json::array* items = value->if_array();
  if (items == nullptr) return fields.complain("items", "must be a list");
  if (items->empty() || items->size() > kItemsMax) {
    return fields.complain("items", fmt::format("must be 1..{} items", kItemsMax));
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    rules.items.push_back(
        read_item((*items)[i], fmt::format("items[{}]", i), rules, standby, complaint));
  }
}

void read_channels(Fields& fields, std::vector<std::string>& channels) {
  const json::value* value = fields.find("channels");
  if (value == nullptr) return;
  const json::array* names = value->if_array();
  if (names == nullptr) return fields.complain("channels", "must be a list");
  if (names->size() > kChannelsMax)
    return fields.complain("channels", fmt::format("must be 0..{} names", kChannelsMax));
  for (const json::value& name : *names) {
    if (!name.is_string()) return fields.complain("channels", "must be a list of texts");
    channels.emplace_back(std::string_view(name.get_string()));
  }
}

void read_admission(Fields& outer, AdmissionRules& admission, std::string& complaint) {
  const json::value* value = outer.find("admission");
  if (value == nullptr) return;
  Fields fields(*value, "admission", complaint);
  read_channels(fields, admission.channels);
  if (const json::value* links = fields.find("channel_links")) {
    Fields urls(*links, "admission.channel_links", complaint);
    urls.text("download", admission.download_url);
    urls.text("register", admission.register_url);
    urls.no_others();
  }
  fields.no_others();
}

json::object admission_object(const AdmissionRules& admission) {
  json::object links;
  if (!admission.download_url.empty()) links["download"] = admission.download_url;
  if (!admission.register_url.empty()) links["register"] = admission.register_url;
  json::object out{{"channels", json::value_from(admission.channels)}};
  if (!links.empty()) out["channel_links"] = std::move(links);
  return out;
}

json::value text_of(const Text& text) {
  if (text.zh.empty()) return json::value(text.en);
  return {{"en", text.en}, {"zh", text.zh}};
}

template <class Enum, std::size_t kSize>
std::string_view name_of(const std::array<std::pair<std::string_view, Enum>, kSize>& names,
                         Enum value) {
  for (const auto& [name, meaning] : names) {
    if (meaning == value) return name;
  }
  return names[0].first;
}

json::object item_object(const ItemRules& item) {
  json::object out{{"item", item.key}, {"title", text_of(item.title)}};
  if (item.description != Text{}) out["description"] = text_of(item.description);
  if (!item.image_url.empty()) out["image_url"] = item.image_url;
  out["stock"] = item.stock;
  out["price"] = item.price.minor;
  out["per_buyer"] = item.per_buyer;
  out["standby"] = item.standby_capacity;
  return out;
}

}  // namespace

Result<SaleRules> parse_sale_file(std::string_view text, TimePoint now) {
  const auto value = parse_strict_json(text);
  if (!value) return value.error();
  std::string complaint;
  Fields fields(*value, "", complaint);
  Result<SaleRules> result{SaleRules{}};
  SaleRules& rules = *result;
  fields.required_text("sale", rules.key);
  fields.bilingual("title", true, rules.title);
  fields.bilingual("description", false, rules.description);
  fields.text("currency", rules.currency);
  read_times(fields, now, rules);
  read_hold(fields, rules.hold);
  fields.number("per_buyer", 1, 65'535, rules.per_buyer);
  fields.number("orders_per_buyer", 1, 65'535, rules.orders_per_buyer);
  const auto standby = read_standby(fields);
  fields.choice("late_money", kLateMoneyNames, rules.late_money);
  fields.boolean("decline_ends_hold", rules.decline_ends_hold);
  fields.choice("payment", kPaymentNames, rules.payment);
  read_items(fields, standby, rules, complaint);
  read_admission(fields, rules.admission, complaint);
  fields.no_others();
  if (!complaint.empty()) return invalid(std::move(complaint));
  if (const Status valid = check_rules(rules); !valid) return valid.error();
  return result;
}

std::string to_sale_file(const SaleRules& rules) {
  json::object out{{"sale", rules.key}, {"title", text_of(rules.title)}};
  if (rules.description != Text{}) out["description"] = text_of(rules.description);
  out["currency"] = rules.currency;
  out["lobby_at"] = to_rfc3339(rules.lobby_at);
  out["opens_at"] = to_rfc3339(rules.opens_at);
  out["closes_at"] = to_rfc3339(rules.closes_at);
  const auto hold = rules.hold.count();
  if (hold % 1000 == 0) {
    out["hold_seconds"] = static_cast<std::int64_t>(hold / 1000);
  } else {
    out["hold_seconds"] = static_cast<double>(hold) / 1000;
  }
  out["per_buyer"] = rules.per_buyer;
  out["orders_per_buyer"] = rules.orders_per_buyer;
  out["late_money"] = name_of(kLateMoneyNames, rules.late_money);
  out["decline_ends_hold"] = rules.decline_ends_hold;
  out["payment"] = name_of(kPaymentNames, rules.payment);
  if (rules.admission != AdmissionRules{}) out["admission"] = admission_object(rules.admission);
  json::array items;
  for (const ItemRules& item : rules.items) items.emplace_back(item_object(item));
  out["items"] = std::move(items);
  return json::serialize(out);
}

}  // namespace onrush::sale
