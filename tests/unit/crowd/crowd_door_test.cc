// The crowd through a sale's front door, and its scripts, changed clients and leavers.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "crowd/crowd.h"
#include "crowd/render.h"
#include "fake_shop.h"

namespace onrush::crowd {
namespace {

CrowdConfig door_crowd(const FakeShop& shop) {
  CrowdConfig config;
  config.sale = "s";
  config.rush = config.general = config.admin = shop.address();
  config.staff_token = "staff";
  config.seed = 11;
  if (const char* seed = std::getenv("ONRUSH_TEST_SEED"); seed != nullptr) {
    config.seed = std::strtoull(seed, nullptr, 10);
  }
  std::printf("ONRUSH_TEST_SEED=%llu\n", static_cast<unsigned long long>(config.seed));
  config.shoppers = 120;
  config.mix = {0, 0, 0, 0, 0, 0, 0};
  config.arrival_window = Millis{600};
  config.early_window = Millis{200};
  config.think_min = Millis{5};
  config.think_max = Millis{40};
  config.poll_interval = Millis{60};
  config.line_poll = Millis{100};
  config.standby_poll = Millis{100};
  config.connections = 40;
  config.time_limit = Millis{15'000};
  config.answers = {{"How much?", "65 W"}};
  return config;
}

Report run(const CrowdConfig& config) {
  auto report = run_crowd(config, {});
  EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().message);
  return report ? *report : Report{};
}

FakeDoor every_guard() {
  FakeDoor door;
  door.registration = door.line = door.draw = door.challenge = door.path = true;
  return door;
}

TEST(crowd_door, everything_that_a_sale_asks_for_is_done_before_the_hold) {
  FakeShop shop{60, 1'200, 2'000, {}, every_guard()};
  CrowdConfig config = door_crowd(shop);
  config.mistaken_percent = 0;
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(shop.paid(), 60U) << render_text(report);
  EXPECT_EQ(shop.places(), 120U);
  EXPECT_EQ(report.line.places, 120U);
  EXPECT_GE(report.line.passes, 60U);
  EXPECT_EQ(report.puzzles_solved, shop.right_replies());
  // A client that does as the sale's document says is refused nothing at the counter.
  for (const char* code :
       {"registration_required", "pass_required", "path_required", "challenge_required"}) {
    EXPECT_EQ(shop.refused(code), 0U) << code;
  }
  EXPECT_EQ(shop.wrong_replies(), 0U);
  EXPECT_TRUE(report.unexpected.empty()) << render_text(report);
  EXPECT_GT(report.line.wait_p99_us, 0);
}

TEST(crowd_door, a_refusal_that_names_something_more_is_obeyed) {
  FakeDoor door = every_guard();
  door.line = false;
  door.says_so = false;  // the shoppers know of no door until they are refused
  door.filter = std::nullopt;
  FakeShop shop{60, 300, 2'000, {}, door};
  CrowdConfig config = door_crowd(shop);
  config.shoppers = 30;
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(shop.paid(), 30U) << render_text(report);
  EXPECT_EQ(shop.refused("registration_required"), 30U);
  EXPECT_EQ(shop.refused("path_required"), 30U);
}

TEST(crowd_door, a_wrong_answer_is_followed_by_a_right_one) {
  FakeDoor door;
  door.challenge = true;
  FakeShop shop{60, 300, 2'000, {}, door};
  CrowdConfig config = door_crowd(shop);
  config.shoppers = 40;
  config.mistaken_percent = 100;
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(shop.wrong_replies(), 40U);
  EXPECT_EQ(shop.right_replies(), 40U);
  EXPECT_EQ(report.refusals.at("challenge_failed"), 40U);
  EXPECT_EQ(shop.paid(), 40U);
}

TEST(crowd_door, who_leaves_or_does_not_claim_leaves_nothing_unsold) {
  FakeDoor door;
  door.line = door.draw = true;
  FakeShop shop{40, 800, 2'000, {}, door};
  CrowdConfig config = door_crowd(shop);
  config.leave = 0.3;
  config.leave_within = Millis{100};  // the sale is short
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(shop.paid(), 40U) << render_text(report);
  EXPECT_GT(report.line.left, 0U);
  EXPECT_EQ(report.line.left, shop.left());
  EXPECT_GT(report.line.never_claimed, 0U);
}

TEST(crowd_door, scripts_send_what_people_send_once_many_times) {
  FakeDoor door;
  door.line = door.draw = true;
  FakeShop shop{40, 1'500, 2'000, {}, door};
  CrowdConfig config = door_crowd(shop);
  config.bots = 0.25;
  config.bot_speed = 20;
  config.lobby_percent = 100;
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  ASSERT_EQ(report.groups.size(), 2U);
  const GroupResult& people = report.groups[0];
  const GroupResult& bots = report.groups[1];
  EXPECT_EQ(bots.group, "bots");
  EXPECT_EQ(people.accounts + bots.accounts, 120U);
  EXPECT_EQ(shop.place_requests(), people.accounts + bots.accounts * 20);
  EXPECT_EQ(shop.places(), 120U);
  EXPECT_GT(bots.requests, bots.accounts * 20);
  EXPECT_EQ(people.wins + bots.wins, report.orders.granted);
  EXPECT_LT(bots.low, bots.ratio);
  EXPECT_GT(bots.high, bots.ratio);
}

TEST(crowd_door, only_changed_clients_are_refused_by_the_filter) {
  FakeDoor door;
  door.filter = FilterSeen{0.2, 100, {std::byte{1}, std::byte{2}}, 2};
  for (const double share : {0.0, 0.5}) {
    FakeShop shop{60, 300, 2'000, {}, door};
    CrowdConfig config = door_crowd(shop);
    config.ignore_filter = share;
    config.bot_speed = 50;
    const Report report = run(config);
    shop.stop();
    EXPECT_EQ(report.exit_status(), 0) << render_text(report);
    EXPECT_EQ(shop.paid(), 60U) << render_text(report);
    if (share == 0) {
      // An unchanged one only when its request came a moment too late for its slot.
      EXPECT_LT(shop.refused("filtered"), 30U);
    } else {
      EXPECT_GT(shop.refused("filtered"), 200U);
    }
  }
}

TEST(crowd_door, one_number_for_two_buyers_is_found_out) {
  FakeDoor door;
  door.line = true;
  door.same_number = true;
  FakeShop shop{40, 300, 2'000, {}, door};
  CrowdConfig config = door_crowd(shop);
  config.shoppers = 10;
  config.time_limit = Millis{2'000};  // most wait for a turn that is somebody else's
  const Report report = run(config);
  EXPECT_EQ(report.exit_status(), 4) << render_text(report);
}

TEST(crowd_door, lost_answers_and_closed_connections_lose_no_place) {
  FakeFaults faults;
  faults.close_every = 7;
  faults.drop_every = 23;
  faults.busy_every = 19;
  FakeShop shop{60, 1'000, 2'000, faults, every_guard()};
  CrowdConfig config = door_crowd(shop);
  config.reconnect_seconds = 5;
  const Report report = run(config);
  shop.stop();
  EXPECT_EQ(report.exit_status(), 0) << render_text(report);
  EXPECT_EQ(report.transport.gave_up, 0U);
  EXPECT_EQ(shop.paid(), 60U) << render_text(report);
}

}  // namespace
}  // namespace onrush::crowd
