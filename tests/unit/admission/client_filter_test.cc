#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "admission/client_filter.h"

namespace onrush::admission {
namespace filter_test {

const TimePoint kStart = from_millis(1'800'000'000'000);

std::uint64_t seed_of_run() {
  const char* given = std::getenv("ONRUSH_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("ONRUSH_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

FilterRule rule_of(double ratio, std::int64_t slot_ms) {
  FilterRule rule;
  for (std::size_t i = 0; i < rule.salt.size(); ++i) rule.salt[i] = std::byte(i + 1);
  rule.ratio = ratio;
  rule.slot = Millis{slot_ms};
  return rule;
}

// Computed apart, with Python's hashlib: the pages' code must agree with these too.
TEST(FilterRule, decides_as_the_published_rule_says) {
  const FilterRule rule = rule_of(0.05, 1000);
  std::vector<std::pair<std::int64_t, std::int64_t>> openings;
  for (std::int64_t slot = 1'800'000'000; slot < 1'800'000'100; ++slot) {
    if (const auto from = rule.opening(42, slot)) {
      openings.emplace_back(slot - 1'800'000'000, (*from - rule.start_of(slot)).count());
    }
  }
  EXPECT_EQ(openings, (std::vector<std::pair<std::int64_t, std::int64_t>>{
                          {3, 591}, {4, 561}, {16, 420}, {55, 281}}));
}

TEST(FilterRule, lets_the_stated_part_of_the_slots_through) {
  const std::uint64_t seed = seed_of_run();
  for (const double ratio : {0.001, 0.05, 0.5, 1.0}) {
    const FilterRule rule = rule_of(ratio, 1000);
    constexpr int kSlots = 200'000;
    int passed = 0;
    for (int i = 0; i < kSlots; ++i)
      passed += rule.opening(seed % 1'000'003 + static_cast<std::uint64_t>(i) % 97, i) ? 1 : 0;
    const double deviation = std::sqrt(kSlots * ratio * (1 - ratio));
    EXPECT_NEAR(passed, kSlots * ratio, 6 * deviation + 1e-9) << ratio;
  }
}

TEST(FilterRule, chooses_other_slots_for_another_buyer_and_another_sale) {
  const FilterRule rule = rule_of(0.5, 1000);
  FilterRule other = rule;
  other.salt[0] = std::byte{99};
  int same_buyer = 0, same_sale = 0;
  for (std::int64_t slot = 0; slot < 1'000; ++slot) {
    same_buyer += !rule.opening(1, slot) == !rule.opening(2, slot) ? 1 : 0;
    same_sale += !rule.opening(1, slot) == !other.opening(1, slot) ? 1 : 0;
  }
  EXPECT_NEAR(same_buyer, 500, 100);
  EXPECT_NEAR(same_sale, 500, 100);
}

// An honest client sends at its moments, a modified one all the time, every millisecond. Both are
// let through for the first time at the same one, and in no other stretches of time.
TEST(ClientFilter, a_client_that_sends_everything_gains_nothing) {
  std::mt19937_64 random{seed_of_run()};
  for (const std::int64_t slot_ms : {100, 1000, 4'000}) {
    const FilterRule rule = rule_of(0.05, slot_ms);
    ClientFilter filter;
    const std::uint64_t buyer = random() % 1'000'000;
    const std::int64_t first = rule.slot_of(kStart);
    constexpr std::int64_t kSlots = 300;
    std::int64_t honest_ms = 0, let_through_ms = 0;
    for (std::int64_t slot = first; slot < first + kSlots; ++slot) {
      if (const auto from = rule.opening(buyer, slot))
        honest_ms += (rule.start_of(slot + 1) - *from).count();
    }
    for (TimePoint now = kStart; now < kStart + Millis{kSlots * slot_ms}; now += Millis{1}) {
      if (filter.refuses(rule, 1, buyer, now)) continue;
      ++let_through_ms;
      const auto from = rule.opening(buyer, rule.slot_of(now));
      ASSERT_TRUE(from && *from <= now) << "not before his moment";
    }
    EXPECT_EQ(let_through_ms, honest_ms) << slot_ms << ": an honest click is never refused";
  }
}

TEST(FilterRule, leaves_a_click_a_quarter_of_the_slot_to_arrive_in) {
  std::mt19937_64 random{seed_of_run()};
  const FilterRule rule = rule_of(1, 1000);
  std::int64_t earliest = 1'000, latest = 0, sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t slot = 1'800'000'000 + i;
    const std::int64_t later = (*rule.opening(random(), slot) - rule.start_of(slot)).count();
    earliest = std::min(earliest, later);
    latest = std::max(latest, later);
    sum += later;
  }
  EXPECT_EQ(earliest, 0);
  EXPECT_EQ(latest, 749);
  EXPECT_NEAR(static_cast<double>(sum) / 20'000, 374.5, 10);
}

TEST(ClientFilter, says_when_the_buyer_may_ask) {
  std::mt19937_64 random{seed_of_run()};
  const FilterRule rule = rule_of(0.2, 500);
  ClientFilter filter;
  int told = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t buyer = random() % 50;
    const TimePoint now = kStart + Millis{random() % 1'000'000};
    const auto wait = filter.refuses(rule, 1, buyer, now);
    if (!wait) continue;
    ASSERT_GE(wait->count(), 1);
    const TimePoint then = now + *wait;
    // Nothing before it passes.
    for (std::int64_t slot = rule.slot_of(now) + 1; slot < rule.slot_of(then); ++slot)
      EXPECT_FALSE(rule.opening(buyer, slot));
    if (!rule.opening(buyer, rule.slot_of(then))) {
      EXPECT_EQ(rule.slot_of(then) - rule.slot_of(now), ClientFilter::kLookAhead);
    } else {
      EXPECT_EQ(rule.opening(buyer, rule.slot_of(then)), then);
      EXPECT_FALSE(filter.refuses(rule, 1, buyer, then));
      ++told;
    }
  }
  EXPECT_GT(told, 1'000);
}

TEST(ClientFilter, what_it_remembers_is_of_one_buyer_one_sale_and_one_rule) {
  const FilterRule never = rule_of(0, 1000);
  const FilterRule always = rule_of(1, 1000);
  ClientFilter filter;
  EXPECT_EQ(filter.refuses(never, 1, 7, kStart + Millis{1}), Millis{63'999});
  EXPECT_EQ(filter.refuses(never, 1, 7, kStart + Millis{10'000}), Millis{54'000});
  const TimePoint late = kStart + Millis{900};  // in his moment of every slot
  EXPECT_FALSE(filter.refuses(always, 2, 7, late));
  EXPECT_FALSE(filter.refuses(always, 1, 8, late));
  EXPECT_FALSE(filter.refuses(always, 1, 7, late)) << "the sale has a new rule";
}

}  // namespace filter_test
}  // namespace onrush::admission
