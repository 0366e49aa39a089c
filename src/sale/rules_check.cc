#include "sale/rules_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace onrush::sale {
namespace {

// Collects the first complaint, so that the checks read as a list.
class Check {
 public:
  void that(bool holds, std::string_view place, std::string_view must) {
    if (!holds && message_.empty()) message_ = fmt::format("{}: {}", place, must);
  }
  void range(std::int64_t value, std::int64_t low, std::int64_t high, std::string_view place) {
    if (value < low || value > high) that(false, place, fmt::format("must be {}..{}", low, high));
  }
  void text(const Text& value, std::size_t size_max, std::string_view place) {
    if (value.en.size() > size_max || value.zh.size() > size_max) {
      that(false, place, fmt::format("must be at most {} bytes", size_max));
    }
  }
  [[nodiscard]] bool failed() const { return !message_.empty(); }
  [[nodiscard]] Status status() && {
    if (message_.empty()) return {};
    return invalid(std::move(message_));
  }

 private:
  std::string message_;
};

bool is_url(std::string_view url) {
  if (url.empty()) return true;
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable || url.size() > kUrlMax) return false;
  if (url.starts_with("https://")) return url.size() > 8;
  // Relative: no scheme, and no "//host", which is another site.
  const auto colon = url.find(':');
  const auto slash = url.find('/');
  return !url.starts_with("//") && !url.starts_with("/\\") &&
         (colon == std::string_view::npos || slash < colon);
}

bool is_currency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

void check_times(const SaleRules& rules, Check& check) {
  // What RFC 3339 can write.
  const auto writable = [](TimePoint t) {
    return to_millis(t) >= 0 && to_millis(t) < 253'402'300'800'000;
  };
  check.that(writable(rules.lobby_at), "lobby_at", "must be in the years 1970..9999");
  check.that(writable(rules.opens_at), "opens_at", "must be in the years 1970..9999");
  check.that(writable(rules.closes_at), "closes_at", "must be in the years 1970..9999");
  check.that(rules.lobby_at <= rules.opens_at, "lobby_at", "must not be after opens_at");
  check.that(rules.closes_at > rules.opens_at, "closes_at", "must be after opens_at");
}

void check_item(const ItemRules& item, const std::string& place, Check& check) {
  check.that(is_key(item.key), place + ".item", "must be 1 to 64 of a-z, 0-9 and -");
  check.that(!item.title.en.empty(), place + ".title", "must not be empty");
  check.text(item.title, kTitleMax, place + ".title");
  check.text(item.description, kDescriptionMax, place + ".description");
  check.that(is_url(item.image_url), place + ".image_url",
             "must be empty, an https or a relative URL");
  check.range(item.stock, 1, kStockMax, place + ".stock");
  check.range(item.price.minor, 0, kPriceMax, place + ".price");
  check.range(item.per_buyer, 1, kUnitsPerOrderMax, place + ".per_buyer");
  check.range(item.standby_capacity, 0, kStandbyMax, place + ".standby");
}

void check_line(const LineRules& line, Check& check) {
  check.range(line.rate, 1, kLineRateMax, "line.rate");
  check.range(line.active_max, 1, kActiveMax, "line.active_max");
  check.that(line.pass >= Millis{5'000} && line.pass <= Millis{3'600'000}, "line.pass_seconds",
             "must be 5..3600");
  check.that(line.claim >= Millis{1'000} && line.claim <= Millis{3'600'000}, "line.claim_seconds",
             "must be 1..3600");
  check.range(line.capacity, 1, kPlacesMax, "line.capacity");
}

void check_questions(const AdmissionRules& admission, Check& check) {
  check.range(static_cast<std::int64_t>(admission.questions.size()), 0, kQuestionsMax,
              "admission.questions");
  for (std::size_t i = 0; i < admission.questions.size() && !check.failed(); ++i) {
    const QuestionRules& one = admission.questions[i];
    const std::string place = fmt::format("admission.questions[{}]", i);
    check.that(!one.question.en.empty(), place + ".question", "must not be empty");
    check.text(one.question, kQuestionMax, place + ".question");
    check.range(static_cast<std::int64_t>(one.answers.size()), 1, kAnswersMax, place + ".answers");
    for (const std::string& answer : one.answers) {
      check.that(!answer.empty() && answer.size() <= kAnswerMax, place + ".answers",
                 "each must be 1 to 100 bytes");
    }
  }
  check.range(admission.question_tries, 1, 20, "admission.question_tries");
  check.that(
      admission.question_retry >= Millis{1'000} && admission.question_retry <= Millis{3'600'000},
      "admission.question_retry_seconds", "must be 1..3600");
}

void check_challenges(const AdmissionRules& admission, Check& check) {
  const FilterRules& filter = admission.filter;
  check.that(!filter.on() || (filter.ratio_ppm >= kRatioMinPpm && filter.ratio_ppm <= kRatioMaxPpm),
             "admission.filter.ratio", "must be 0.001..1");
  check.that(filter.slot >= Millis{100} && filter.slot <= Millis{3'600'000},
             "admission.filter.slot_ms", "must be 100..3600000");
  if (admission.proof_of_work_max != 0) {
    check.range(admission.proof_of_work_max, kProofOfWorkMin, kProofOfWorkMax,
                "admission.proof_of_work.max_number");
  }
  check.that(!admission.script_score || admission.proof_of_work_max != 0, "admission.script_score",
             "needs admission.proof_of_work");
  if (admission.bucket.on()) {
    check.range(admission.bucket.rate, 1, kBucketRateMax, "admission.bucket.rate");
    check.range(admission.bucket.capacity, 1, kBucketCapacityMax, "admission.bucket.capacity");
  } else {
    check.that(admission.bucket.capacity == 0, "admission.bucket.rate", "is missing");
  }
  check_questions(admission, check);
}

void check_admission(const AdmissionRules& admission, Check& check) {
  check.range(static_cast<std::int64_t>(admission.channels.size()), 0, kChannelsMax,
              "admission.channels");
  std::unordered_set<std::string_view> names;
  for (const std::string& name : admission.channels) {
    check.that(is_key(name) && name.size() <= kChannelNameMax, "admission.channels",
               "each must be 1 to 32 of a-z, 0-9 and -");
    check.that(names.insert(name).second, "admission.channels", "must be unique");
  }
  const std::string_view must = "must be empty, an https or a relative URL";
  check.that(is_url(admission.download_url), "admission.channel_links.download", must);
  check.that(is_url(admission.register_url), "admission.channel_links.register", must);
  const bool linked = !admission.download_url.empty() || !admission.register_url.empty();
  check.that(!linked || !admission.channels.empty(), "admission.channel_links",
             "needs admission.channels");
  check_challenges(admission, check);
}

}  // namespace

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= kKeyMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Status check_rules(const SaleRules& rules) {
  Check check;
  check.that(is_key(rules.key), "sale", "must be 1 to 64 of a-z, 0-9 and -");
  check.that(!rules.title.en.empty(), "title", "must not be empty");
  check.text(rules.title, kTitleMax, "title");
  check.text(rules.description, kDescriptionMax, "description");
  check.that(is_currency(rules.currency), "currency", "must be three capital letters (ISO 4217)");
  check_times(rules, check);
  check.that(rules.hold >= kHoldMin && rules.hold <= kHoldMax, "hold_seconds", "must be 1..86400");
  check.range(rules.per_buyer, 1, 65'535, "per_buyer");
  check.range(rules.orders_per_buyer, 1, 65'535, "orders_per_buyer");
  check.range(static_cast<std::int64_t>(rules.items.size()), 1, kItemsMax, "items");
  std::unordered_set<std::string_view> keys;
  for (std::size_t i = 0; i < rules.items.size() && !check.failed(); ++i) {
    const std::string place = fmt::format("items[{}]", i);
    check_item(rules.items[i], place, check);
    check.that(keys.insert(rules.items[i].key).second, place + ".item",
               "must be unique in the sale");
  }
  check_line(rules.line, check);
  check_admission(rules.admission, check);
  return std::move(check).status();
}

}  // namespace onrush::sale
