// The check of a file that is still being written, and the file of any rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "sale/rules_check.h"
#include "sale/sale_file.h"
#include "scenario.h"

namespace onrush::sale::test {
namespace {

std::vector<std::string> faults_of(const std::string& json) {
  std::vector<std::string> faults;
  const SaleFileCheck check = check_sale_file(json, kStart);
  EXPECT_EQ(check.rules.has_value(), check.complaints.empty());
  for (const auto& one : check.complaints.list())
    faults.push_back(json_pointer(one.place) + " " + one.what);
  return faults;
}

TEST(sale_file_check, tells_everything_that_is_wrong_once) {
  const std::string json =
      R"({"sale":"S!","title":"","opens_at":"soon","closes_at":"+1h","per_buyer":0,"colour":1,
          "line":{"mode":"queue","rate":0},"admission":{"filter":{"ratio":2}},
          "items":[{"item":"a","title":{"zh":"甲"},"stock":0,"price":1},
                   {"item":"a","title":"B","stock":"3","price":-1}]})";
  auto faults = faults_of(json);
  std::sort(faults.begin(), faults.end());
  std::vector<std::string> pointers;
  for (const auto& fault : faults) pointers.push_back(fault.substr(0, fault.find(' ')));
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"/admission/filter/ratio", "/colour", "/items/0/stock",
                                      "/items/0/title/en", "/items/1/item", "/items/1/price",
                                      "/items/1/stock", "/line/mode", "/line/rate", "/opens_at",
                                      "/per_buyer", "/sale", "/title"}))
      << ::testing::PrintToString(faults);
}

TEST(sale_file_check, a_good_file_gives_the_rules_that_parsing_gives) {
  const std::string json =
      R"({"sale":"s","title":"S","opens_at":"+10s","closes_at":"+1h","items":[{"item":"a","title":"A","stock":3,"price":100}]})";
  const auto check = check_sale_file(json, kStart);
  ASSERT_TRUE(check.rules) << check.complaints.first();
  EXPECT_TRUE(*check.rules == *parse_sale_file(json, kStart));
  EXPECT_EQ(check.key, "s");
}

TEST(sale_file_check, what_is_no_json_is_one_complaint) {
  for (const char* json : {"", "{", "[1,2", R"({"sale":"s",})"}) {
    const auto check = check_sale_file(json, kStart);
    ASSERT_EQ(check.complaints.list().size(), 1u) << json;
    EXPECT_FALSE(check.rules);
  }
  EXPECT_EQ(faults_of(R"({"sale":"s","items":[{"stock":1,"stock":2}]})"),
            (std::vector<std::string>{"/items/0/stock this key is there twice"}));
  EXPECT_EQ(faults_of("[]").front(), " must be an object");
}

TEST(sale_file_check, ends_after_a_hundred_complaints) {
  std::string items;
  for (int i = 0; i < 1'000; ++i) items += std::string(i == 0 ? "" : ",") + "{}";
  EXPECT_EQ(faults_of(R"({"sale":"s","title":"S","items":[)" + items + "]}").size(),
            Complaints::kMax);
}

TEST(sale_file_check, places_become_pointers) {
  EXPECT_EQ(json_pointer(""), "");
  EXPECT_EQ(json_pointer("sale"), "/sale");
  EXPECT_EQ(json_pointer("items[12].title.en"), "/items/12/title/en");
  EXPECT_EQ(json_pointer("a~b/c"), "/a~0b~1c");
}

// Rules as anybody may make them: each key at its default, at its bounds, or in between.
class AnyRules {
 public:
  explicit AnyRules(std::uint32_t seed) : random_(seed) {}

  SaleRules make() {
    SaleRules r;
    r.key = key("s");
    r.title = text(true);
    r.description = text(false);
    r.currency = flip() ? "CNY" : "EUR";
    r.opens_at = from_millis(pick(1'000'000, 4'000'000'000'000));
    r.lobby_at = r.opens_at - Millis{flip() ? 0 : pick(0, 900'000)};
    r.closes_at = r.opens_at + Millis{pick(1, 1'000'000'000)};
    r.hold = Millis{pick(1'000, 86'400'000)};
    r.per_buyer = static_cast<std::uint16_t>(pick(1, 65'535));
    r.orders_per_buyer = static_cast<std::uint16_t>(pick(1, 65'535));
    r.late_money = static_cast<LateMoney>(pick(0, 2));
    r.decline_ends_hold = flip();
    r.payment = static_cast<PaymentMode>(pick(0, 1));
    const auto items = pick(1, 5);
    for (std::int64_t i = 0; i < items; ++i) r.items.push_back(item(i));
    if (flip()) r.line = line();
    if (flip()) r.admission = admission();
    return r;
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    const auto where = std::uniform_int_distribution<int>(0, 3)(random_);
    if (where == 0) return low;
    if (where == 1) return high;
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  std::uint32_t pick32(std::int64_t low, std::int64_t high) {
    return static_cast<std::uint32_t>(pick(low, high));
  }
  bool flip() { return std::uniform_int_distribution<int>(0, 1)(random_) == 1; }
  std::string key(const std::string& first) {
    return first + (flip() ? "-" : "") +
           std::to_string(std::uniform_int_distribution<int>(0, 99)(random_));
  }
  Text text(bool must) {
    Text text;
    if (must || flip()) text.en = flip() ? "\"A\\b\"\n<c>" : "A";
    if (!text.en.empty() && flip()) text.zh = "限量 \"一\"";
    return text;
  }
  ItemRules item(std::int64_t i) {
    ItemRules item;
    item.key = key("i" + std::to_string(i) + "-");
    item.title = text(true);
    item.description = text(false);
    if (flip()) item.image_url = flip() ? "/a.png" : "https://x.example/a?b=\"c\"";
    item.stock = pick32(1, kStockMax);
    item.price.minor = pick(0, kPriceMax);
    item.per_buyer = static_cast<std::uint16_t>(pick(1, kUnitsPerOrderMax));
    item.standby_capacity = pick32(0, kStandbyMax);
    return item;
  }
  LineRules line() {
    LineRules line;
    line.mode = static_cast<LineMode>(pick(0, 2));
    line.rate = pick32(1, kLineRateMax);
    line.active_max = pick32(1, kActiveMax);
    line.pass = Millis{pick(5'000, 3'600'000)};
    line.claim = Millis{pick(1'000, 3'600'000)};
    line.capacity = pick32(1, kPlacesMax);
    return line;
  }
  AdmissionRules admission() {
    AdmissionRules a;
    if (flip()) {
      a.channels = {"web", "app"};
      if (flip()) a.download_url = "https://x.example/app";
      if (flip()) a.register_url = "/register";
    }
    a.registration = static_cast<RegistrationMode>(pick(0, 2));
    if (flip()) {
      a.filter.ratio_ppm = pick32(kRatioMinPpm, kRatioMaxPpm);
      a.filter.slot = Millis{pick(100, 3'600'000)};
    }
    const auto count = flip() ? 0 : pick(1, 4);
    for (std::int64_t i = 0; i < count; ++i)
      a.questions.push_back({text(true), flip() ? std::vector<std::string>{"65 W", "65w"}
                                                : std::vector<std::string>{"\"四\""}});
    a.question_tries = static_cast<std::uint16_t>(pick(1, 20));
    a.question_retry = Millis{pick(1'000, 3'600'000)};
    if (flip()) {
      a.proof_of_work_max = pick32(kProofOfWorkMin, kProofOfWorkMax);
      a.script_score = flip();
    }
    a.purchase_path = flip();
    if (flip()) a.bucket = {pick32(1, kBucketRateMax), pick32(1, kBucketCapacityMax)};
    return a;
  }

  std::mt19937 random_;
};

TEST(sale_file_check, the_file_of_any_rules_reads_back_as_them) {
  const std::uint32_t first = std::random_device{}();
  for (std::uint32_t seed = first; seed != first + 500; ++seed) {
    const SaleRules rules = AnyRules(seed).make();
    const Status sound = check_rules(rules);
    ASSERT_TRUE(sound) << "seed " << seed << ": " << sound.error().message;
    const std::string file = to_sale_file(rules);
    const auto again = parse_sale_file(file, from_millis(0));
    ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().message << "\n" << file;
    ASSERT_TRUE(*again == rules) << "seed " << seed << "\n" << file << "\n" << to_sale_file(*again);
  }
}

TEST(sale_file_check, no_file_holds_the_secret_of_the_draw) {
  SaleRules rules = AnyRules(1).make();
  const std::string before = to_sale_file(rules);
  rules.line.mode = LineMode::draw;
  rules.line.draw_secret.fill(std::byte{0xAB});
  const std::string file = to_sale_file(rules);
  EXPECT_EQ(file.find("secret"), std::string::npos);
  EXPECT_EQ(file.find("abab"), std::string::npos);
  EXPECT_NE(file, before);
}

}  // namespace
}  // namespace onrush::sale::test
