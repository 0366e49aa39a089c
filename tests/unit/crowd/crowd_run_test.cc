// The whole crowd against a small shop on loopback, which also misbehaves.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "crowd/crowd.h"
#include "crowd/record.h"
#include "crowd/render.h"
#include "fake_shop.h"

namespace onrush::crowd {
namespace {

CrowdConfig small_crowd(const FakeShop& shop) {
  CrowdConfig config;
  config.sale = "s";
  config.rush = config.general = config.admin = shop.address();
  config.staff_token = "staff";
  config.seed = 7;
  if (const char* seed = std::getenv("ONRUSH_TEST_SEED"); seed != nullptr) {
    config.seed = std::strtoull(seed, nullptr, 10);
  }
  std::printf("ONRUSH_TEST_SEED=%llu\n", static_cast<unsigned long long>(config.seed));
  config.shoppers = 120;
  config.arrival_window = Millis{600};
  config.early_window = Millis{200};
  config.think_min = Millis{5};
  config.think_max = Millis{40};
  config.poll_interval = Millis{60};
  config.standby_poll = Millis{100};
  config.connections = 40;
  config.source_addresses = 4;
  config.time_limit = Millis{15'000};
  return config;
}

Report must_run(const CrowdConfig& config) {
  auto report = run_crowd(config, {});
  EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().message);
  return report ? *report : Report{};
}

TEST(crowd_run, sells_everything_although_many_abandon) {
  FakeShop shop{60, 300, 300, {}};
  const CrowdConfig config = small_crowd(shop);
  const Report report = must_run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(shop.paid(), 60U);
  EXPECT_EQ(report.units_paid_acknowledged, 60U);
  EXPECT_EQ(report.orders_verified, 60U);
  EXPECT_GT(report.orders.from_standby, 0U);
  EXPECT_GT(report.orders.expired, 0U);
  EXPECT_GT(report.clicks_intended, report.shoppers);  // repeat clickers
  EXPECT_EQ(report.hold.count, report.clicks_sent);
  EXPECT_EQ(report.still_waiting, 0U);
  EXPECT_FALSE(report.ended_by_time_limit);
}

TEST(crowd_run, every_kind_of_shopper_meets_its_own_end) {
  FakeShop shop{200, 200, 500, {}};  // enough for everybody
  CrowdConfig config = small_crowd(shop);
  config.mix = {10, 10, 20, 20, 10, 10, 10};
  const Report report = must_run(config);
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  const Orders& o = report.orders;
  EXPECT_EQ(o.granted, 120U);
  EXPECT_GT(o.declined, 0U);
  EXPECT_GT(o.released, 0U);
  EXPECT_GT(o.late_refunded, 0U);
  EXPECT_EQ(o.paid + o.expired + o.declined + o.released + o.late_refunded, o.granted);
  EXPECT_EQ(o.unresolved, 0U);
}

TEST(crowd_run, websockets_listen_and_hear_of_their_turn) {
  FakeShop shop{40, 400, 300, {}};
  CrowdConfig config = small_crowd(shop);
  config.listeners = 20;
  config.websocket_percent = 100;
  const Report report = must_run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_GT(report.websockets, 20U);
  EXPECT_EQ(shop.hellos(), report.websockets);
  EXPECT_GT(report.personal_messages, 0U);
  EXPECT_EQ(shop.paid(), 40U);
}

TEST(crowd_run, survives_split_answers_closed_connections_and_lost_answers) {
  FakeFaults faults;
  faults.split_bytes = 400;
  faults.close_every = 7;
  faults.drop_every = 23;
  faults.busy_every = 19;
  FakeShop shop{60, 300, 1'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.shoppers = 90;
  const Report report = must_run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_GT(report.transport.closed + report.transport.stale_retries, 0U);
  EXPECT_GT(report.answers.busy, 0U);
  EXPECT_EQ(report.transport.gave_up, 0U);
  EXPECT_EQ(report.units_paid_acknowledged, shop.paid());
}

TEST(crowd_run, a_stall_shows_in_the_latencies_of_all_who_came_meanwhile) {
  FakeFaults faults;
  faults.stall_ms = 500;
  FakeShop shop{200, 200, 5'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.connections =
      1;  // a closed-loop client would send nothing meanwhile, and measure one slow answer
  config.mix = {0, 0, 0, 0, 0, 0, 0};
  config.early_percent = 0;
  config.burst_percent = 100;
  const Report report = must_run(config);
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_GT(report.hold.p50_us, 50'000);
}

TEST(crowd_run, oversold_units_are_found_out) {
  FakeFaults faults;
  faults.sell_twice = true;
  FakeShop shop{10, 200, 3'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.shoppers = 8;
  config.mix = {0, 0, 0, 0, 0, 0, 0};
  const Report report = must_run(config);
  EXPECT_EQ(report.exit_status(), 4) << render_text(report);
  ASSERT_FALSE(report.violations.empty());
  EXPECT_NE(report.violations[0].find("unit 1 of thing was acknowledged as paid in order"),
            std::string::npos);
}

TEST(crowd_run, a_forgotten_paid_order_is_found_out) {
  FakeFaults faults;
  faults.forget_paid = true;
  FakeShop shop{40, 200, 3'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.shoppers = 10;
  config.mix = {0, 0, 0, 0, 0, 0, 0};
  const Report report = must_run(config);
  EXPECT_EQ(report.exit_status(), 4) << render_text(report);
}

TEST(crowd_run, numbers_that_do_not_add_up_are_found_out) {
  FakeFaults faults;
  faults.lie_about_stock = true;
  FakeShop shop{40, 200, 3'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.shoppers = 10;
  config.mix = {0, 0, 0, 0, 0, 0, 0};
  const Report report = must_run(config);
  ASSERT_EQ(report.violations.size(), 1U) << render_text(report);
  EXPECT_NE(report.violations[0].find("is not stock 40"), std::string::npos);
}

TEST(crowd_run, a_second_order_for_a_repeated_click_is_found_out) {
  FakeFaults faults;
  faults.second_order = true;
  FakeShop shop{200, 200, 4'000, faults};
  CrowdConfig config = small_crowd(shop);
  config.shoppers = 10;
  config.mix = {100, 0, 0, 0, 0, 0, 0};
  config.think_min = config.think_max = Millis{1'500};
  const Report report = must_run(config);
  EXPECT_EQ(report.exit_status(), 4) << render_text(report);
}

TEST(crowd_run, the_record_agrees_with_what_was_told) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("onrush-crowd-record-" + std::to_string(::getpid()) + ".jsonl");
  std::filesystem::remove(path);
  FakeShop shop{100, 200, 300, {}};
  CrowdConfig config = small_crowd(shop);
  config.record_path = path.string();
  const Report report = must_run(config);
  const auto record = read_record(path.string());
  std::filesystem::remove(path);
  ASSERT_TRUE(record.has_value());
  std::map<std::string, std::uint64_t> kinds;
  for (const RecordLine& line : *record) ++kinds[line.kind];
  EXPECT_EQ(kinds["hold"], report.orders.granted);
  EXPECT_EQ(kinds["paid"], report.orders.paid);
  EXPECT_GT(kinds["standby"], 0U);
}

TEST(crowd_run, without_a_server_there_is_an_error_and_no_report) {
  CrowdConfig config;
  config.sale = "s";
  config.rush = config.general = config.admin = "127.0.0.1:9";
  config.request_timeout = Millis{500};
  const auto report = run_crowd(config, {});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().kind, ErrorKind::retryable);
}

TEST(crowd_run, wrong_tokens_and_foreign_addresses_are_refused) {
  FakeShop shop{10, 0, 1'000, {}};
  CrowdConfig config = small_crowd(shop);
  config.staff_token = "wrong";
  const auto report = run_crowd(config, {});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().message.find("wrong"), std::string::npos);  // no secret in the message
  EXPECT_NE(report.error().message.find("401"), std::string::npos);
  config.rush = "192.0.2.1:80";
  EXPECT_EQ(run_crowd(config, {}).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace onrush::crowd
