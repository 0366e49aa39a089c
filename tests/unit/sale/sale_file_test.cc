// Sale files: what is read, and how errors name their place.
#include "sale/sale_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

const std::string kItem = R"({"item":"a","title":"A","stock":3,"price":100})";

std::string file(const std::string& more, const std::string& items = kItem) {
  return R"({"sale":"s","title":"S","opens_at":"+10s","closes_at":"+1h")" + more + R"(,"items":[)" +
         items + "]}";
}

std::string error_of(const std::string& json) {
  const auto rules = parse_sale_file(json, kStart);
  return rules ? "(accepted)" : rules.error().message;
}

TEST(sale_file, the_examples_are_read) {
  for (const char* name : {"618.json", "concert-general.json"}) {
    std::ifstream in(std::string(ONRUSH_EXAMPLES_DIR) + "/" + name);
    std::stringstream text;
    text << in.rdbuf();
    const auto rules = parse_sale_file(text.str(), kStart);
    ASSERT_TRUE(rules) << name << ": " << rules.error().message;
    EXPECT_GE(rules->items.size(), 2U);
  }
}

TEST(sale_file, defaults_are_those_of_the_document) {
  const auto rules = parse_sale_file(file(""), kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->currency, "EUR");
  EXPECT_EQ(rules->opens_at, kStart + Millis{10'000});
  EXPECT_EQ(rules->lobby_at, rules->opens_at);
  EXPECT_EQ(rules->closes_at, kStart + Millis{3'600'000});
  EXPECT_EQ(rules->hold, Millis{600'000});
  EXPECT_EQ(rules->per_buyer, 1);
  EXPECT_EQ(rules->orders_per_buyer, 20);
  EXPECT_EQ(rules->late_money, LateMoney::regrant_or_refund);
  EXPECT_EQ(rules->payment, PaymentMode::provider);
  EXPECT_TRUE(rules->decline_ends_hold);
  EXPECT_EQ(rules->items[0].standby_capacity, 6U);
  EXPECT_EQ(rules->items[0].per_buyer, 1);
}

TEST(sale_file, an_item_inherits_from_the_sale_or_says_its_own) {
  const auto rules = parse_sale_file(
      file(
          R"(,"per_buyer":4,"standby":false,"hold_seconds":1.5)",
          kItem +
              R"(,{"item":"b","title":{"en":"B","zh":"乙"},"stock":1,"price":0,"per_buyer":2,"standby":7})"),
      kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->items[0].per_buyer, 4);
  EXPECT_EQ(rules->items[0].standby_capacity, 0U);
  EXPECT_EQ(rules->items[1].per_buyer, 2);
  EXPECT_EQ(rules->items[1].standby_capacity, 7U);
  EXPECT_EQ(rules->hold, Millis{1'500});
}

TEST(sale_file, the_canonical_file_reads_back_as_the_same_rules) {
  const auto rules = parse_sale_file(
      file(
          R"(,"description":{"en":"d","zh":"描"},"per_buyer":4,"hold_seconds":1.25,"late_money":"refund",
              "payment":"confirmation","decline_ends_hold":false,"currency":"CNY","lobby_at":"+5s","orders_per_buyer":7)",
          R"({"item":"a","title":{"en":"A","zh":"甲"},"description":"x","image_url":"/a.png","stock":3,"price":100})"),
      kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  const auto again = parse_sale_file(to_sale_file(*rules), from_millis(0));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == *rules);
}

TEST(sale_file, errors_name_the_place) {
  const std::pair<std::string, std::string> table[] = {
      {"", "not valid JSON"},
      {"[]", "file: must be an object"},
      {"{", "not valid JSON"},
      {file("") + "x", "text after the end"},
      {"{}", "sale: is missing"},
      {file(R"(,"sale":"t")"), "sale: this key is there twice"},
      {file(R"(,"colour":1)"), "colour: is not a key of a sale file"},
      {file("", R"({"item":"a","title":"A","stock":3,"stock":4,"price":1})"),
       "items[0].stock: this key is there twice"},
      {file("", kItem + R"(,{"item":"b","title":"B","price":1})"), "items[1].stock: is missing"},
      {file("", kItem + R"(,{"item":"b","title":"B","stock":0,"price":1})"),
       "items[1].stock: must be 1..10000000"},
      {file("", kItem + R"(,{"item":"b","title":"B","stock":10000001,"price":1})"),
       "items[1].stock: must be"},
      {file("", R"({"item":"b","title":"B","stock":18446744073709551615,"price":1})"),
       "items[0].stock: must be"},
      {file("", R"({"item":"b","title":"B","stock":1.5,"price":1})"), "items[0].stock: must be"},
      {file("", R"({"item":"b","title":"B","stock":"1","price":1})"),
       "items[0].stock: must be a whole number"},
      {file("", R"({"item":"b","title":"B","stock":1,"price":-1})"), "items[0].price: must be"},
      {file("", R"({"item":"b","title":"B","stock":1,"price":1,"size":2})"),
       "items[0].size: is not a key"},
      {file("", R"({"item":"b","title":{"de":"B"},"stock":1,"price":1})"),
       "items[0].title.en: is missing"},
      {file("", R"({"item":"b","title":{"en":"B","de":"B"},"stock":1,"price":1})"),
       "items[0].title.de: is not a key"},
      {file("", R"({"item":"B","title":"B","stock":1,"price":1})"),
       "items[0].item: must be 1 to 64"},
      {file("", R"({"item":"b","title":"","stock":1,"price":1})"),
       "items[0].title: must not be empty"},
      {file("", R"({"item":"b","title":"B","stock":1,"price":1,"image_url":"javascript:1"})"),
       "items[0].image_url"},
      {file("", R"({"item":"b","title":"B","stock":1,"price":1,"image_url":"//evil/x"})"),
       "items[0].image_url"},
      {file("", kItem + "," + kItem), "items[1].item: must be unique"},
      {file("", ""), "items: must be 1..1000 items"},
      {file("", "3"), "items[0]: must be an object"},
      {file(R"(,"hold_seconds":0.5)"), "hold_seconds: must be 1..86400"},
      {file(R"(,"hold_seconds":86401)"), "hold_seconds: must be 1..86400"},
      {file(R"(,"per_buyer":0)"), "per_buyer: must be"},
      {file(R"(,"standby":true)"), "standby: must be a whole number, or false"},
      {file(R"(,"late_money":"keep")"), "late_money: must be one of"},
      {file(R"(,"payment":1)"), "payment: must be a text"},
      {file(R"(,"decline_ends_hold":1)"), "decline_ends_hold: must be true or false"},
      {file(R"(,"currency":"euro")"), "currency: must be three"},
      {file(R"(,"lobby_at":"+20s")"), "lobby_at: must not be after opens_at"},
      {file(R"(,"lobby_at":"soon")"), "lobby_at: must be a time"},
      {R"({"sale":"s","title":"S","opens_at":"+10s","closes_at":"+10s","items":[)" + kItem + "]}",
       "closes_at: must be after"},
      {R"({"sale":"s","title":"S","closes_at":"+10s","items":[)" + kItem + "]}",
       "opens_at: is missing"},
      {file(R"(,"description":[[[[[[[[[1]]]]]]]]])"), "nested deeper than 8"},
      {"{\"sale\":\"\xff\"}", "not valid JSON"},
  };
  for (const auto& [json, message] : table) {
    EXPECT_NE(error_of(json).find(message), std::string::npos)
        << json << "\n  got: " << error_of(json);
  }
}

TEST(sale_file, a_damaged_file_never_crashes) {
  const std::string good = file(R"(,"standby":5)");
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_NE(error_of(good.substr(0, i)), "(accepted)");
    std::string damaged = good;
    damaged[i] = '\x01';
    EXPECT_NE(error_of(damaged), "(accepted)") << i;
  }
}

TEST(sale_file, says_how_the_line_and_the_guards_are) {
  const std::string more =
      R"(,"line":{"mode":"draw","rate":80,"active_max":500,"pass_seconds":60,"claim_seconds":7.5,"capacity":9000},
         "admission":{"registration":"required","filter":{"ratio":0.05,"slot_ms":500},
           "questions":[{"question":{"en":"How much?","zh":"多少"},"answers":["65 W","65w"]}],
           "question_tries":4,"question_retry_seconds":30,"proof_of_work":{"max_number":50000},
           "purchase_path":true,"script_score":true,"bucket":{"rate":20000,"capacity":1000000}})";
  const auto rules = parse_sale_file(file(more), kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->line,
            (LineRules{LineMode::draw, 80, 500, Millis{60'000}, Millis{7'500}, 9'000, {}}));
  const AdmissionRules& a = rules->admission;
  EXPECT_EQ(a.registration, RegistrationMode::required);
  EXPECT_EQ(a.filter, (FilterRules{50'000, Millis{500}}));
  ASSERT_EQ(a.questions.size(), 1U);
  EXPECT_EQ(a.questions[0].question.zh, "多少");
  EXPECT_EQ(a.questions[0].answers, (std::vector<std::string>{"65 W", "65w"}));
  EXPECT_EQ(a.question_tries, 4);
  EXPECT_EQ(a.question_retry, Millis{30'000});
  EXPECT_EQ(a.proof_of_work_max, 50'000U);
  EXPECT_TRUE(a.purchase_path && a.script_score);
  EXPECT_EQ(a.bucket, (BucketRules{20'000, 1'000'000}));
  const auto again = parse_sale_file(to_sale_file(*rules), from_millis(0));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == *rules);
}

TEST(sale_file, is_without_line_and_guards_unless_it_says_so) {
  const auto rules =
      parse_sale_file(file(R"(,"line":{},"admission":{"proof_of_work":{}})"), kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->line, LineRules{});
  EXPECT_FALSE(rules->line.on());
  EXPECT_EQ(rules->admission.proof_of_work_max, 100'000U);
  const auto plain = parse_sale_file(file(""), kStart);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->admission, AdmissionRules{});
  EXPECT_EQ(to_sale_file(*plain).find("admission"), std::string::npos);
  EXPECT_EQ(to_sale_file(*plain).find("line\":"), std::string::npos);
}

TEST(sale_file, errors_of_line_and_guards_name_the_place) {
  for (const auto& [json, place] : {
           std::pair{R"("line":{"mode":"lottery"})",
                     R"(line.mode: must be one of "off", "fifo", "draw")"},
           {R"("line":{"rate":0})", "line.rate: must be 1..100000"},
           {R"("line":{"rate":100001})", "line.rate: must be 1..100000"},
           {R"("line":{"active_max":10000001})", "line.active_max: must be 1..10000000"},
           {R"("line":{"pass_seconds":4.9})", "line.pass_seconds: must be 5..3600"},
           {R"("line":{"claim_seconds":3601})", "line.claim_seconds: must be 1..3600"},
           {R"("line":{"capacity":0})", "line.capacity: must be 1..100000000"},
           {R"("line":{"draw_secret":"00"})", "line.draw_secret: is not a key"},
           {R"("line":true)", "line: must be an object"},
           {R"("admission":{"registration":"yes"})", "admission.registration: must be one of"},
           {R"("admission":{"filter":{"ratio":0}})", "admission.filter.ratio: must be 0.001..1"},
           {R"("admission":{"filter":{"ratio":1.1}})", "admission.filter.ratio: must be 0.001..1"},
           {R"("admission":{"filter":{"ratio":"5%"}})", "admission.filter.ratio: must be 0.001..1"},
           {R"("admission":{"filter":{}})", "admission.filter.ratio: is missing"},
           {R"("admission":{"filter":{"ratio":1,"slot_ms":50}})",
            "admission.filter.slot_ms: must be"},
           {R"("admission":{"questions":[]})", "admission.questions: must be 1..1000 questions"},
           {R"("admission":{"questions":[{"answers":["a"]}]})",
            "admission.questions[0].question: is missing"},
           {R"("admission":{"questions":[{"question":"q"}]})",
            "admission.questions[0].answers: is missing"},
           {R"("admission":{"questions":[{"question":"q","answers":[]}]})",
            "admission.questions[0].answers: must be 1..20"},
           {R"("admission":{"questions":[{"question":"q","answers":[""]}]})",
            "admission.questions[0].answers: each must be"},
           {R"("admission":{"question_tries":21})", "admission.question_tries: must be 1..20"},
           {R"("admission":{"proof_of_work":{"max_number":999}})",
            "admission.proof_of_work.max_number: must be 1000..10000000"},
           {R"("admission":{"script_score":true})",
            "admission.script_score: needs admission.proof_of_work"},
           {R"("admission":{"bucket":{"capacity":5}})", "admission.bucket.rate: is missing"},
           {R"("admission":{"bucket":{"rate":5}})", "admission.bucket.capacity: is missing"},
           {R"("admission":{"bucket":{"rate":5,"capacity":5,"leak":1}})",
            "admission.bucket.leak: is not a key"},
       }) {
    const std::string error = error_of(file(std::string(",") + json));
    EXPECT_NE(error.find(place), std::string::npos) << json << "\n  got: " << error;
  }
}

TEST(sale_file, names_the_channels_that_may_ask) {
  const std::string admission =
      R"(,"admission":{"channels":["app","kiosk"],"channel_links":{"download":"https://shop.example/app","register":"/register"}})";
  const auto rules = parse_sale_file(file(admission), kStart);
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->admission.channels, (std::vector<std::string>{"app", "kiosk"}));
  EXPECT_EQ(rules->admission.download_url, "https://shop.example/app");
  EXPECT_EQ(rules->admission.register_url, "/register");
  const auto again = parse_sale_file(to_sale_file(*rules), from_millis(0));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == *rules);
  for (const auto& [json, place] : {
           std::pair{R"({"channels":["App"]})", "admission.channels: each must be"},
           {R"({"channels":[""]})", "admission.channels: each must be"},
           {R"({"channels":["a","a"]})", "admission.channels: must be unique"},
           {R"({"channels":"app"})", "admission.channels: must be a list"},
           {R"({"channels":[1]})", "admission.channels: must be a list of texts"},
           {R"({"channels":["a"],"channel_links":{"download":"javascript:x"}})",
            "admission.channel_links.download: must be"},
           {R"({"channels":["a"],"channel_links":{"shop":"/"}})",
            "admission.channel_links.shop: is not a key"},
           {R"({"channel_links":{"download":"/app"}})", "admission.channel_links: needs"},
           {R"({"gate":1})", "admission.gate: is not a key"},
           {R"([])", "admission: must be an object"},
       }) {
    const std::string error = error_of(file(std::string(R"(,"admission":)") + json));
    EXPECT_NE(error.find(place), std::string::npos) << json << "\n  got: " << error;
  }
}

}  // namespace
}  // namespace onrush::sale::test
