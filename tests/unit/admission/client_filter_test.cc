#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
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
  std::vector<std::int64_t> passing;
  for (std::int64_t slot = 1'800'000'000; slot < 1'800'000'100; ++slot) {
    if (rule.passes(42, slot)) passing.push_back(slot - 1'800'000'000);
  }
  EXPECT_EQ(passing, (std::vector<std::int64_t>{3, 4, 16, 55}));
}

TEST(FilterRule, lets_the_stated_part_of_the_slots_through) {
  const std::uint64_t seed = seed_of_run();
  for (const double ratio : {0.001, 0.05, 0.5, 1.0}) {
    const FilterRule rule = rule_of(ratio, 1000);
    constexpr int kSlots = 200'000;
    int passed = 0;
    for (int i = 0; i < kSlots; ++i)
      passed += rule.passes(seed % 1'000'003 + static_cast<std::uint64_t>(i) % 97, i) ? 1 : 0;
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
    same_buyer += rule.passes(1, slot) == rule.passes(2, slot) ? 1 : 0;
    same_sale += rule.passes(1, slot) == other.passes(1, slot) ? 1 : 0;
  }
  EXPECT_NEAR(same_buyer, 500, 100);
  EXPECT_NEAR(same_sale, 500, 100);
}

// An honest client sends only in its slots. A modified one sends all the time, every 10 ms. Both
// are let through in the same slots, and the modified one only a grace longer in each of them.
TEST(ClientFilter, a_client_that_sends_everything_gains_no_slot) {
  std::mt19937_64 random{seed_of_run()};
  for (const std::int64_t slot_ms : {100, 1000, 10'000}) {
    const FilterRule rule = rule_of(0.05, slot_ms);
    ClientFilter filter;
    const std::uint64_t buyer = random() % 1'000'000;
    std::set<std::int64_t> honest, used;
    std::int64_t let_through_ms = 0;
    const std::int64_t first = rule.slot_of(kStart);
    constexpr std::int64_t kSlots = 2'000;
    for (std::int64_t slot = first - 1; slot < first + kSlots; ++slot) {
      if (rule.passes(buyer, slot)) honest.insert(slot);
    }
    const std::int64_t step = slot_ms / 100;
    for (TimePoint now = kStart; now < kStart + Millis{kSlots * slot_ms}; now += Millis{step}) {
      if (filter.refuses(rule, 1, buyer, now)) continue;
      let_through_ms += step;
      const std::int64_t slot = rule.slot_of(now);
      // By its own slot, or by the one before it.
      used.insert(rule.passes(buyer, slot) ? slot : slot - 1);
      ASSERT_TRUE(honest.contains(slot) || honest.contains(slot - 1));
    }
    for (const std::int64_t slot : used) EXPECT_TRUE(honest.contains(slot));
    EXPECT_LE(used.size(), honest.size());
    const auto slots = static_cast<std::int64_t>(honest.size());
    EXPECT_LE(let_through_ms, slots * (slot_ms + rule.grace().count())) << slot_ms;
    EXPECT_GE(let_through_ms, (slots - 1) * slot_ms) << "an honest click is never refused";
  }
}

TEST(ClientFilter, a_click_of_its_slot_may_arrive_a_little_late_but_not_much) {
  const FilterRule rule = rule_of(0.05, 1000);
  ClientFilter filter;
  std::int64_t slot = rule.slot_of(kStart);
  while (!rule.passes(7, slot) || rule.passes(7, slot + 1)) ++slot;
  const TimePoint end = rule.start_of(slot + 1);
  EXPECT_FALSE(filter.refuses(rule, 1, 7, end - Millis{1}));
  EXPECT_FALSE(filter.refuses(rule, 1, 7, end + Millis{249}));
  EXPECT_TRUE(filter.refuses(rule, 1, 7, end + Millis{250}));
}

TEST(ClientFilter, says_when_the_next_slot_begins) {
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
    EXPECT_EQ(to_millis(then) % 500, 0);
    // Nothing before it passes.
    for (std::int64_t slot = rule.slot_of(now) + 1; slot < rule.slot_of(then); ++slot)
      EXPECT_FALSE(rule.passes(buyer, slot));
    if (!rule.passes(buyer, rule.slot_of(then))) {
      EXPECT_EQ(rule.slot_of(then) - rule.slot_of(now), ClientFilter::kLookAhead);
    } else {
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
  EXPECT_FALSE(filter.refuses(always, 2, 7, kStart + Millis{2}));
  EXPECT_FALSE(filter.refuses(always, 1, 8, kStart + Millis{2}));
  EXPECT_FALSE(filter.refuses(always, 1, 7, kStart + Millis{2})) << "the sale has a new rule";
}

}  // namespace filter_test
}  // namespace onrush::admission
