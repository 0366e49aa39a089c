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
constexpr std::array kLineModeNames{std::pair{std::string_view("off"), LineMode::off},
                                    std::pair{std::string_view("fifo"), LineMode::fifo},
                                    std::pair{std::string_view("draw"), LineMode::draw}};
constexpr std::array kRegistrationNames{
    std::pair{std::string_view("off"), RegistrationMode::off},
    std::pair{std::string_view("optional"), RegistrationMode::optional},
    std::pair{std::string_view("required"), RegistrationMode::required}};
constexpr std::uint32_t kProofOfWorkUsual = 100'000;

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
void read_seconds(Fields& fields, std::string_view key, std::int64_t low, std::int64_t high,
                  Millis& out) {
  const json::value* value = fields.find(key);
  if (value == nullptr) return;
  if (!value->is_number()) return fields.complain(key, "must be a number");
  const auto seconds = value->to_number<double>();
  if (!(seconds >= static_cast<double>(low) && seconds <= static_cast<double>(high)))
    return fields.complain(key, fmt::format("must be {}..{}", low, high));
  out = Millis{std::llround(seconds * 1000)};
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

void read_texts(Fields& fields, std::string_view key, std::size_t size_max,
                std::vector<std::string>& out) {
  const json::value* value = fields.find(key);
  if (value == nullptr) return;
  const json::array* texts = value->if_array();
  if (texts == nullptr) return fields.complain(key, "must be a list");
  if (texts->size() > size_max)
    return fields.complain(key, fmt::format("must be at most {} texts", size_max));
  for (const json::value& text : *texts) {
    if (!text.is_string()) return fields.complain(key, "must be a list of texts");
    out.emplace_back(std::string_view(text.get_string()));
  }
}

void read_line(Fields& outer, LineRules& line, std::string& complaint) {
  const json::value* value = outer.find("line");
  if (value == nullptr) return;
  Fields fields(*value, "line", complaint);
  fields.choice("mode", kLineModeNames, line.mode);
  fields.number("rate", 1, kLineRateMax, line.rate);
  fields.number("active_max", 1, kActiveMax, line.active_max);
  read_seconds(fields, "pass_seconds", 5, 3'600, line.pass);
  read_seconds(fields, "claim_seconds", 1, 3'600, line.claim);
  fields.number("capacity", 1, kPlacesMax, line.capacity);
  fields.no_others();
}

void read_filter(Fields& outer, FilterRules& filter, std::string& complaint) {
  const json::value* value = outer.find("filter");
  if (value == nullptr) return;
  Fields fields(*value, "admission.filter", complaint);
  if (const json::value* ratio = fields.required("ratio")) {
    const double wanted = ratio->is_number() ? ratio->to_number<double>() : 0;
    if (!(wanted >= 0.001 && wanted <= 1)) fields.complain("ratio", "must be 0.001..1");
    filter.ratio_ppm =
        static_cast<std::uint32_t>(std::llround(std::clamp(wanted, 0.001, 1.) * 1e6));
  }
  std::int64_t slot = filter.slot.count();
  fields.number("slot_ms", 100, 3'600'000, slot);
  filter.slot = Millis{slot};
  fields.no_others();
}

void read_questions(Fields& outer, AdmissionRules& admission, std::string& complaint) {
  outer.number("question_tries", 1, 20, admission.question_tries);
  read_seconds(outer, "question_retry_seconds", 1, 3'600, admission.question_retry);
  const json::value* value = outer.find("questions");
  if (value == nullptr) return;
  const json::array* pool = value->if_array();
  if (pool == nullptr) return outer.complain("questions", "must be a list");
  if (pool->empty() || pool->size() > kQuestionsMax)
    return outer.complain("questions", fmt::format("must be 1..{} questions", kQuestionsMax));
  for (std::size_t i = 0; i < pool->size(); ++i) {
    Fields fields((*pool)[i], fmt::format("admission.questions[{}]", i), complaint);
    QuestionRules& one = admission.questions.emplace_back();
    fields.bilingual("question", true, one.question);
    (void)fields.required("answers");
    read_texts(fields, "answers", kAnswersMax, one.answers);
    fields.no_others();
  }
}

void read_bucket(Fields& outer, BucketRules& bucket, std::string& complaint) {
  const json::value* value = outer.find("bucket");
  if (value == nullptr) return;
  Fields fields(*value, "admission.bucket", complaint);
  if (const json::value* rate = fields.required("rate"))
    bucket.rate = static_cast<std::uint32_t>(fields.as_number("rate", *rate, 1, kBucketRateMax));
  if (const json::value* capacity = fields.required("capacity")) {
    bucket.capacity =
        static_cast<std::uint32_t>(fields.as_number("capacity", *capacity, 1, kBucketCapacityMax));
  }
  fields.no_others();
}

void read_admission(Fields& outer, AdmissionRules& admission, std::string& complaint) {
  const json::value* value = outer.find("admission");
  if (value == nullptr) return;
  Fields fields(*value, "admission", complaint);
  fields.choice("registration", kRegistrationNames, admission.registration);
  read_texts(fields, "channels", kChannelsMax, admission.channels);
  if (const json::value* links = fields.find("channel_links")) {
    Fields urls(*links, "admission.channel_links", complaint);
    urls.text("download", admission.download_url);
    urls.text("register", admission.register_url);
    urls.no_others();
  }
  read_filter(fields, admission.filter, complaint);
  read_questions(fields, admission, complaint);
  if (const json::value* work = fields.find("proof_of_work")) {
    Fields one(*work, "admission.proof_of_work", complaint);
    admission.proof_of_work_max = kProofOfWorkUsual;
    one.number("max_number", kProofOfWorkMin, kProofOfWorkMax, admission.proof_of_work_max);
    one.no_others();
  }
  fields.boolean("purchase_path", admission.purchase_path);
  fields.boolean("script_score", admission.script_score);
  read_bucket(fields, admission.bucket, complaint);
  fields.no_others();
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

// Whole seconds as a whole number.
json::value seconds_of(Millis time) {
  const auto ms = static_cast<std::int64_t>(time.count());
  if (ms % 1000 == 0) return json::value(ms / 1000);
  return json::value(static_cast<double>(ms) / 1000);
}

json::object line_object(const LineRules& line) {
  return {{"mode", name_of(kLineModeNames, line.mode)},
          {"rate", line.rate},
          {"active_max", line.active_max},
          {"pass_seconds", seconds_of(line.pass)},
          {"claim_seconds", seconds_of(line.claim)},
          {"capacity", line.capacity}};
}

void put_challenges(const AdmissionRules& admission, json::object& out) {
  const AdmissionRules usual;
  if (!admission.questions.empty()) {
    json::array pool;
    for (const QuestionRules& one : admission.questions) {
      pool.emplace_back(json::object{{"question", text_of(one.question)},
                                     {"answers", json::value_from(one.answers)}});
    }
    out["questions"] = std::move(pool);
  }
  if (admission.question_tries != usual.question_tries)
    out["question_tries"] = admission.question_tries;
  if (admission.question_retry != usual.question_retry)
    out["question_retry_seconds"] = seconds_of(admission.question_retry);
  if (admission.proof_of_work_max != 0)
    out["proof_of_work"] = {{"max_number", admission.proof_of_work_max}};
}

json::object admission_object(const AdmissionRules& admission) {
  json::object links;
  if (!admission.download_url.empty()) links["download"] = admission.download_url;
  if (!admission.register_url.empty()) links["register"] = admission.register_url;
  json::object out;
  if (admission.registration != RegistrationMode::off)
    out["registration"] = name_of(kRegistrationNames, admission.registration);
  if (!admission.channels.empty()) out["channels"] = json::value_from(admission.channels);
  if (!links.empty()) out["channel_links"] = std::move(links);
  if (admission.filter.on()) {
    out["filter"] = {{"ratio", admission.filter.ratio_ppm / 1e6},
                     {"slot_ms", static_cast<std::int64_t>(admission.filter.slot.count())}};
  }
  put_challenges(admission, out);
  if (admission.purchase_path) out["purchase_path"] = true;
  if (admission.script_score) out["script_score"] = true;
  if (admission.bucket.on()) {
    out["bucket"] = {{"rate", admission.bucket.rate}, {"capacity", admission.bucket.capacity}};
  }
  return out;
}

bool says_something(LineRules line) {
  line.draw_secret = {};
  return line != LineRules{};
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
  read_seconds(fields, "hold_seconds", 1, 86'400, rules.hold);
  fields.number("per_buyer", 1, 65'535, rules.per_buyer);
  fields.number("orders_per_buyer", 1, 65'535, rules.orders_per_buyer);
  const auto standby = read_standby(fields);
  fields.choice("late_money", kLateMoneyNames, rules.late_money);
  fields.boolean("decline_ends_hold", rules.decline_ends_hold);
  fields.choice("payment", kPaymentNames, rules.payment);
  read_items(fields, standby, rules, complaint);
  read_line(fields, rules.line, complaint);
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
  out["hold_seconds"] = seconds_of(rules.hold);
  out["per_buyer"] = rules.per_buyer;
  out["orders_per_buyer"] = rules.orders_per_buyer;
  out["late_money"] = name_of(kLateMoneyNames, rules.late_money);
  out["decline_ends_hold"] = rules.decline_ends_hold;
  out["payment"] = name_of(kPaymentNames, rules.payment);
  if (says_something(rules.line)) out["line"] = line_object(rules.line);
  if (rules.admission != AdmissionRules{}) out["admission"] = admission_object(rules.admission);
  json::array items;
  for (const ItemRules& item : rules.items) items.emplace_back(item_object(item));
  out["items"] = std::move(items);
  return json::serialize(out);
}

}  // namespace onrush::sale
