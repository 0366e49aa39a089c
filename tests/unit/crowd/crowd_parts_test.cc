// The crowd's parts, without sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "crowd/answer.h"
#include "crowd/documents.h"
#include "crowd/door.h"
#include "crowd/fairness.h"
#include "crowd/frames.h"
#include "crowd/histogram.h"
#include "crowd/plan.h"
#include "crowd/record.h"
#include "crowd/render.h"

namespace onrush::crowd {
namespace {

TEST(histogram, percentiles_are_close_and_never_too_low) {
  Histogram h;
  for (int i = 1; i <= 100'000; ++i) h.record(i);
  for (const double p : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const double exact = 1000.0 * p;
    EXPECT_GE(static_cast<double>(h.percentile(p)), exact);
    EXPECT_LE(static_cast<double>(h.percentile(p)), exact * 1.033);
  }
  EXPECT_EQ(h.percentile(100), 100'000);
  EXPECT_EQ(h.max(), 100'000);
  EXPECT_EQ(Histogram{}.percentile(50), 0);
}

TEST(histogram, takes_every_value) {
  Histogram h;
  h.record(-5);
  h.record(INT64_MAX);
  EXPECT_EQ(h.percentile(50), 0);
  EXPECT_EQ(h.percentile(100), INT64_MAX);
}

TEST(answer, is_read_at_every_length_of_its_bytes) {
  const std::string whole =
      "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\ncontent-length: 4\r\n\r\nabcdHTTP";
  Answer answer;
  std::size_t used = 0;
  for (std::size_t n = 0; n + 4 < whole.size(); ++n) {
    EXPECT_EQ(parse_answer(std::string_view(whole).substr(0, n), answer, used), Parse::incomplete)
        << n;
  }
  ASSERT_EQ(parse_answer(whole, answer, used), Parse::complete);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.retry_after_s, 3);
  EXPECT_EQ(answer.body, "abcd");
  EXPECT_EQ(used, whole.size() - 4);
}

TEST(answer, nonsense_is_malformed) {
  Answer answer;
  std::size_t used = 0;
  for (const std::string_view bad :
       {"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    EXPECT_EQ(parse_answer(bad, answer, used), Parse::malformed) << bad;
  }
}

TEST(frames, large_and_small_are_read_and_masked_ones_refused) {
  Frame frame;
  std::size_t used = 0;
  const std::string small = std::string("\x81\x03") + "abc";
  ASSERT_EQ(parse_frame(small, frame, used), FrameParse::complete);
  EXPECT_EQ(frame.payload, "abc");
  EXPECT_EQ(used, 5U);
  const std::string large = std::string("\x81\x7e\x01\x00", 4) + std::string(256, 'x');
  ASSERT_EQ(parse_frame(large, frame, used), FrameParse::complete);
  EXPECT_EQ(frame.payload.size(), 256U);
  EXPECT_EQ(parse_frame(std::string_view(large).substr(0, 100), frame, used),
            FrameParse::incomplete);
  std::string masked;
  write_frame(Opcode::text, "abc", 0x01020304, masked);
  EXPECT_EQ(parse_frame(masked, frame, used), FrameParse::malformed);
  EXPECT_EQ(masked.substr(6), std::string({'a' ^ 1, 'b' ^ 2, 'c' ^ 3}));
}

TEST(documents, the_first_channel_of_a_sale_is_taken_and_none_means_any) {
  EXPECT_EQ(read_channel(R"({"admission":{"channels":["app","web"]}})"), "app");
  EXPECT_EQ(read_channel(R"({"admission":{"channels":[]}})"), "");
  EXPECT_EQ(read_channel(R"({"sale":"s"})"), "");
  EXPECT_FALSE(read_channel(R"({"admission":{"channels":[7]}})"));
  EXPECT_FALSE(read_channel("<html>"));
}

TEST(door, is_read_from_the_sales_document) {
  const auto door = read_door(
      R"({"lobby_at":"2026-01-01T00:00:00.000Z","line":{"mode":"draw"},"admission":{"registration":"required",)"
      R"("filter":{"ratio":0.05,"slot_ms":1000,"salt":"0123456789abcdef"},)"
      R"("challenge":["proof_of_work"],"purchase_path":true}})");
  ASSERT_TRUE(door);
  EXPECT_TRUE(door->any() && door->line && door->draw && door->challenge && door->purchase_path);
  EXPECT_EQ(door->registration, Registration::required);
  EXPECT_EQ(door->filter->salt_size, 8U);
  EXPECT_GT(door->lobby_at_ms, 0);
  const auto open = read_door(R"({"line":{"mode":"off"},"admission":{"registration":"optional"}})");
  ASSERT_TRUE(open);
  EXPECT_FALSE(open->any());
  EXPECT_FALSE(read_door(R"({"sale":"s"})")->any());
  EXPECT_FALSE(read_door(R"({"admission":{"filter":{"ratio":0.05,"slot_ms":0,"salt":""}}})"));
  EXPECT_FALSE(read_door(R"({"admission":{"filter":{"ratio":1,"slot_ms":9,"salt":"0x"}}})"));
}

// The values were computed by another implementation (Python's hashlib).
TEST(door, the_filter_is_the_servers) {
  FilterSeen filter{0.14, 1'000, {}, 8};
  const std::array<unsigned, 8> salt{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  std::transform(salt.begin(), salt.end(), filter.salt.begin(),
                 [](unsigned b) { return static_cast<std::byte>(b); });
  EXPECT_TRUE(passes_filter(filter, 4242, 1'764'000'000'999));  // 0.1307 of 1
  filter.ratio = 0.13;
  EXPECT_FALSE(passes_filter(filter, 4242, 1'764'000'000'999));
  filter.ratio = 0.05;
  EXPECT_EQ(next_slot_ms(filter, 4242, 1'764'000'000'999), 1'764'000'010'325);
  EXPECT_EQ(next_slot_ms(filter, 4242, 1'764'000'010'000), 1'764'000'010'325)
      << "not before his moment";
  EXPECT_FALSE(passes_filter(filter, 4242, 1'764'000'010'324));
  EXPECT_EQ(next_slot_ms(filter, 4242, 1'764'000'010'900), 1'764'000'010'900);
}

TEST(door, a_puzzle_is_solved_in_portions_and_nonsense_is_given_up) {
  PuzzleSeen puzzle{"SHA-256", "3629bd9939c4d1904a46ec4f792ac4af9671eae5024f9363c435cb8933616837",
                    "abc?x=1&", "sig", 2'000};
  PuzzleSearch search{puzzle};
  EXPECT_EQ(search.search(1'000), PuzzleSearch::Step::more);
  ASSERT_EQ(search.search(1'000), PuzzleSearch::Step::found);
  EXPECT_EQ(search.payload(),  // of {"algorithm":…,"number":1234,…}
            "eyJhbGdvcml0aG0iOiJTSEEtMjU2IiwiY2hhbGxlbmdlIjoiMzYyOWJkOTkzOWM0ZDE5MDRhNDZlYzRmNzky"
            "YWM0YWY5NjcxZWFlNTAyNGY5MzYzYzQzNWNiODkzMzYxNjgzNyIsIm51bWJlciI6MTIzNCwic2FsdCI6ImFi"
            "Yz94PTEmIiwic2lnbmF0dXJlIjoic2lnIn0=");
  puzzle.max_number = 1'000;
  EXPECT_EQ(PuzzleSearch{puzzle}.search(5'000), PuzzleSearch::Step::not_found);
  puzzle.algorithm = "MD5";
  EXPECT_EQ(PuzzleSearch{puzzle}.search(5'000), PuzzleSearch::Step::not_found);
}

TEST(door, a_purchase_path_leads_nowhere_else) {
  EXPECT_EQ(read_path(R"({"path":"/api/v1/sales/s/holds/ab"})"), "/api/v1/sales/s/holds/ab");
  EXPECT_FALSE(read_path(R"({"path":"https://elsewhere.example/"})"));
  EXPECT_FALSE(read_path(R"({"path":"/api/v1/sales/s/holds HTTP/1.1\r\nX: y"})"));
}

TEST(fairness, an_even_chance_is_one_and_the_interval_holds_it) {
  // 100 of 500 wins by a fifth of the accounts; Wilson's interval of 0.2 with n = 500.
  const Advantage even = advantage(200, 100, 1'000, 500);
  EXPECT_DOUBLE_EQ(even.ratio, 1.0);
  EXPECT_NEAR(even.low, 0.8366, 0.001);
  EXPECT_NEAR(even.high, 1.1862, 0.001);
  const Advantage all = advantage(200, 500, 1'000, 500);
  EXPECT_DOUBLE_EQ(all.ratio, 5.0);
  EXPECT_GT(all.low, 4.9);
  EXPECT_EQ(advantage(200, 0, 1'000, 0).high, 0);
}

TEST(plan, scripts_and_leavers_come_in_the_shares_asked_for_and_change_nobody_else) {
  CrowdConfig config;
  config.sale = "s";
  config.shoppers = 20'000;
  const auto key = [](const PlannedShopper& s) { return s.seed; };
  std::map<std::uint64_t, PlannedShopper> plain;
  for (const auto& shopper : plan_crowd(config, {{"a", 1, 1}})) plain[key(shopper)] = shopper;
  config.bots = 0.2;
  config.ignore_filter = 0.1;
  config.leave = 0.3;
  std::size_t bots = 0, modified = 0, people = 0, leave = 0;
  for (const auto& shopper : plan_crowd(config, {{"a", 1, 1}})) {
    bots += shopper.group == Group::bot ? 1 : 0;
    modified += shopper.group == Group::modified ? 1 : 0;
    if (shopper.group == Group::bot) {
      EXPECT_EQ(shopper.clicks, 100);
      EXPECT_LT(shopper.arrive_us, 100'000);
    }
    if (shopper.group != Group::person) continue;
    ++people;
    leave += shopper.leaves_line ? 1 : 0;
    EXPECT_EQ(shopper.arrive_us, plain.at(key(shopper)).arrive_us);
    EXPECT_EQ(shopper.kind, plain.at(key(shopper)).kind);
  }
  EXPECT_NEAR(static_cast<double>(bots), 4'000, 200);
  EXPECT_NEAR(static_cast<double>(modified), 2'000, 150);
  EXPECT_NEAR(static_cast<double>(leave) / static_cast<double>(people), 0.3, 0.02);
  config.bots = 0.95;
  EXPECT_FALSE(check_config(config));
}

TEST(plan, the_same_seed_gives_the_same_crowd_and_another_another) {
  CrowdConfig config;
  config.sale = "s";
  config.shoppers = 5'000;
  const std::vector<ItemShare> items{{"a", 3, 1}, {"b", 1, 4}};
  const auto one = plan_crowd(config, items);
  const auto two = plan_crowd(config, items);
  config.seed = 2;
  const auto three = plan_crowd(config, items);
  std::size_t different = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].seed, two[i].seed);
    EXPECT_EQ(one[i].arrive_us, two[i].arrive_us);
    different += one[i].arrive_us != three[i].arrive_us ? 1 : 0;
  }
  EXPECT_GT(different, one.size() / 2);
}

TEST(plan, shares_are_as_configured) {
  CrowdConfig config;
  config.sale = "s";
  config.shoppers = 20'000;
  std::size_t abandoners = 0, first_second = 0, second_item = 0;
  for (const auto& shopper : plan_crowd(config, {{"a", 3, 1}, {"b", 1, 4}})) {
    abandoners += shopper.kind == Kind::abandoner ? 1 : 0;
    first_second += shopper.arrive_us < 1'000'000 ? 1 : 0;
    second_item += shopper.item == 1 ? 1 : 0;
    EXPECT_LE(shopper.quantity, shopper.item == 1 ? 4 : 1);
    EXPECT_LE(shopper.arrive_us, 30'000'000);
  }
  EXPECT_NEAR(static_cast<double>(abandoners), 6'000, 400);
  EXPECT_NEAR(static_cast<double>(first_second), 12'000, 400);
  EXPECT_NEAR(static_cast<double>(second_item), 5'000, 400);
}

TEST(plan, impossible_configurations_are_refused) {
  CrowdConfig good;
  good.sale = "s";
  EXPECT_TRUE(check_config(good).has_value());
  CrowdConfig bad = good;
  bad.mix.abandoners = 90;
  EXPECT_FALSE(check_config(bad).has_value());
  bad = good;
  bad.shoppers = 0;
  EXPECT_FALSE(check_config(bad).has_value());
  bad = good;
  bad.items = {{"a", 0, 1}};
  EXPECT_FALSE(check_config(bad).has_value());
}

class RecordFile : public testing::Test {
 protected:
  ~RecordFile() override { std::filesystem::remove(path_); }
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("onrush-record-" + std::to_string(::getpid())))
          .string();
};

TEST_F(RecordFile, comes_back_as_written_without_a_cut_last_line) {
  {
    auto writer = RecordWriter::open(path_);
    ASSERT_TRUE(writer.has_value());
    writer->add({5, "hold", 1, 10, {{"a\"b", 3}}});
    writer->add({6, "standby", 2, 0, {}});
    ASSERT_TRUE(writer->flush().has_value());
  }
  std::ofstream(path_, std::ios::app) << R"({"at":7,"kind":"pa)";
  const auto lines = read_record(path_);
  ASSERT_TRUE(lines.has_value());
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ((*lines)[0].units, (std::vector<UnitSeen>{{"a\"b", 3}}));
  EXPECT_EQ((*lines)[0].order, 10U);
  EXPECT_EQ((*lines)[1].buyer, 2U);
}

TEST_F(RecordFile, a_broken_line_in_the_middle_is_an_error) {
  std::ofstream(path_) << "{\"at\":7,\"kind\":\"pa\n{}\n";
  EXPECT_EQ(read_record(path_).error().kind, ErrorKind::corrupt);
}

std::vector<std::string> compare_one(const std::vector<RecordLine>& record,
                                     std::optional<OrderSeen> now) {
  return compare(record, {[now](std::uint64_t, std::uint64_t) { return now; }, {}});
}

TEST(record, what_the_server_forgot_is_found) {
  const std::vector<RecordLine> hold{{1, "hold", 1, 10, {{"a", 3}}}};
  const std::vector<RecordLine> paid{{1, "hold", 1, 10, {{"a", 3}}},
                                     {2, "paid", 1, 10, {{"a", 3}}}};
  const OrderSeen fine{10, 1, "paid", 0, {{"a", 3}}, "captured", false};
  EXPECT_TRUE(compare_one(paid, fine).empty());
  EXPECT_TRUE(compare_one(hold, fine).empty());
  EXPECT_EQ(compare_one(hold, std::nullopt).size(), 1U);
  OrderSeen other = fine;
  other.state = "expired";
  EXPECT_EQ(compare_one(paid, other).size(), 1U);
  EXPECT_TRUE(compare_one(hold, other).empty());
  other = fine;
  other.buyer = 2;
  EXPECT_EQ(compare_one(paid, other).size(), 1U);
  other = fine;
  other.units = {{"a", 4}};
  EXPECT_EQ(compare_one(paid, other).size(), 1U);
}

TEST(record, a_unit_paid_in_two_orders_is_found) {
  const std::vector<RecordLine> record{{1, "paid", 1, 10, {{"a", 3}}},
                                       {2, "paid", 2, 11, {{"a", 3}}}};
  const auto found =
      compare(record, {[](std::uint64_t order, std::uint64_t buyer) {
                         return OrderSeen{order, buyer, "paid", 0, {{"a", 3}}, "captured", false};
                       },
                       {}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("unit 3 of a is paid in order 10 and in order 11"), std::string::npos);
}

TEST(record, a_lost_standby_place_is_found) {
  const Facts facts{[](std::uint64_t, std::uint64_t) { return std::nullopt; },
                    [](std::uint64_t buyer) { return buyer == 1; }};
  EXPECT_EQ(compare({{1, "standby", 1, 0, {}}, {1, "standby", 2, 0, {}}}, facts).size(), 1U);
}

TEST(render, colour_only_where_it_is_wanted_and_violations_are_named) {
  Report report;
  report.violations.push_back("unit 3 has two owners");
  EXPECT_NE(render_text(report).find("FAIL"), std::string::npos);
  EXPECT_NE(render_text(report).find("unit 3 has two owners"), std::string::npos);
  EXPECT_EQ(render_text(report).find('\x1b'), std::string::npos);
  EXPECT_NE(render_text(report, true).find('\x1b'), std::string::npos);
  EXPECT_NE(render_json(report).find("\"exit_status\":4"), std::string::npos);
  EXPECT_NE(render_text(Report{}).find("PASS"), std::string::npos);
}

}  // namespace
}  // namespace onrush::crowd
