#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "admission/gcra.h"

namespace onrush::admission {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const SteadyTime kStart{std::chrono::hours{5}};
constexpr std::uint64_t kSeed = 0x1234'5678'9abc'def0;

std::uint64_t seed_of_run() {
  const char* given = std::getenv("ONRUSH_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("ONRUSH_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// The same limit as people describe it: a bucket of `burst` tokens that fills at the rate. All
// times in the test are multiples of the interval's tenth, so that the model is exact in integers.
struct TokenBucket {
  std::int64_t interval_ns, burst;
  std::int64_t credit_ns = burst * interval_ns;
  std::int64_t last_ns = 0;

  bool take(std::int64_t now_ns) {
    credit_ns = std::min(burst * interval_ns, credit_ns + now_ns - last_ns);
    last_ns = now_ns;
    if (credit_ns < interval_ns) return false;
    credit_ns -= interval_ns;
    return true;
  }
};

int allowed_of(KeyedGcra& limit, std::uint64_t key, SteadyTime now, int requests) {
  int allowed = 0;
  for (int i = 0; i < requests; ++i) allowed += limit.take(key, now).allowed ? 1 : 0;
  return allowed;
}

TEST(Gcra, decides_as_a_token_bucket_does_at_random_arrivals) {
  std::mt19937_64 random{seed_of_run()};
  for (int round = 0; round < 50; ++round) {
    const std::uint32_t per_second = std::vector<std::uint32_t>{1, 5, 20, 125, 1000}[random() % 5];
    const auto burst = static_cast<std::uint32_t>(1 + random() % 50);
    const std::int64_t interval_ns = 1'000'000'000 / per_second;
    KeyedGcra keyed({per_second, burst}, 20, random(), kStart);
    Gcra single({per_second, burst}, kStart);
    std::map<std::uint64_t, TokenBucket> model;
    TokenBucket single_model{interval_ns, burst};
    std::int64_t now_ns = 0;
    for (int i = 0; i < 2'000; ++i) {
      // The keyed limit's ticks are of 64 ns: at multiples of them and of the interval it is exact.
      now_ns += static_cast<std::int64_t>(random() % 4) * static_cast<std::int64_t>(random() % 8) *
                interval_ns / 8 / 64 * 64;
      const SteadyTime now = kStart + nanoseconds(now_ns);
      const std::uint64_t key = random() % 20;
      const bool expected =
          model.try_emplace(key, TokenBucket{interval_ns, burst}).first->second.take(now_ns);
      ASSERT_EQ(keyed.take(key, now).allowed, expected)
          << "round " << round << " step " << i << " rate " << per_second << " burst " << burst;
      ASSERT_EQ(single.take(now).allowed, single_model.take(now_ns))
          << "round " << round << " step " << i;
    }
  }
}

TEST(Gcra, a_rested_key_has_its_burst_and_no_more) {
  KeyedGcra limit({20, 40}, 10, kSeed, kStart);
  EXPECT_EQ(allowed_of(limit, 1, kStart, 1'000), 40);
  EXPECT_EQ(allowed_of(limit, 2, kStart, 1'000), 40) << "another key has its own";
  EXPECT_EQ(allowed_of(limit, 1, kStart + milliseconds(49), 10), 0);
  EXPECT_EQ(allowed_of(limit, 1, kStart + milliseconds(50), 10), 1);
  EXPECT_EQ(allowed_of(limit, 1, kStart + seconds(60), 1'000), 40) << "rest does not add up";
}

TEST(Gcra, refused_requests_cost_nothing_and_the_said_time_is_the_right_one) {
  KeyedGcra limit({3, 2}, 10, kSeed, kStart);
  Gcra single({3, 2}, kStart);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(limit.take(1, kStart).allowed);
    ASSERT_TRUE(single.take(kStart).allowed);
  }
  Decision refused, refused_single;
  for (int i = 0; i < 100; ++i) {
    refused = limit.take(1, kStart);
    refused_single = single.take(kStart);
  }
  ASSERT_FALSE(refused.allowed);
  EXPECT_FALSE(limit.take(1, kStart + refused.retry_after - nanoseconds(64)).allowed);
  EXPECT_TRUE(limit.take(1, kStart + refused.retry_after).allowed);
  ASSERT_FALSE(refused_single.allowed);
  EXPECT_FALSE(single.take(kStart + refused_single.retry_after - nanoseconds(1)).allowed);
  EXPECT_TRUE(single.take(kStart + refused_single.retry_after).allowed);
}

TEST(Gcra, a_clock_that_goes_back_gives_nothing_away) {
  KeyedGcra limit({10, 5}, 10, kSeed, kStart);
  EXPECT_EQ(allowed_of(limit, 1, kStart + seconds(10), 100), 5);
  EXPECT_EQ(allowed_of(limit, 1, kStart + seconds(9), 100), 0);
  EXPECT_EQ(allowed_of(limit, 1, kStart - seconds(1), 100), 0);
  EXPECT_EQ(allowed_of(limit, 1, kStart + seconds(10), 100), 0);
}

TEST(Gcra, keys_that_must_share_a_place_get_no_more_than_one_of_them) {
  KeyedGcra limit({1, 10}, 3, kSeed, kStart);  // eight places: one line
  int allowed = 0;
  for (std::uint64_t key = 1; key <= 1'000; ++key) allowed += allowed_of(limit, key, kStart, 20);
  EXPECT_EQ(allowed, 8 * 10) << "never above what eight keys may have";
  EXPECT_FALSE(limit.take(5'000, kStart).allowed) << "a full table errs towards refusing";
  EXPECT_EQ(allowed_of(limit, 5'000, kStart + seconds(10), 20), 10) << "and recovers by itself";
}

TEST(Gcra, a_busy_table_does_not_let_one_key_suffer_for_another) {
  const std::uint64_t seed = seed_of_run();
  KeyedGcra limit({1, 10}, 17, seed, kStart);
  // 10,000 bots burn all they have, in 131,072 places.
  for (std::uint64_t bot = 0; bot < 10'000; ++bot) (void)allowed_of(limit, bot, kStart, 12);
  int hindered = 0;
  for (std::uint64_t buyer = 1'000'000; buyer < 1'010'000; ++buyer) {
    hindered += limit.take(buyer, kStart).allowed ? 0 : 1;
  }
  // A shared tag within a line: about 10,000 * (0.6 neighbours) / 4,096 = 1.5 of them.
  EXPECT_LE(hindered, 15);
}

TEST(Gcra, another_seed_puts_keys_elsewhere) {
  // Which of the keys are refused in a full line depends on the seed.
  const auto refused = [](std::uint64_t seed) {
    KeyedGcra limit({1, 1}, 6, seed, kStart);
    std::vector<std::uint64_t> keys;
    for (std::uint64_t key = 0; key < 200; ++key) {
      if (!limit.take(key, kStart).allowed) keys.push_back(key);
    }
    return keys;
  };
  EXPECT_EQ(refused(1), refused(1));
  EXPECT_NE(refused(1), refused(2));
}

TEST(Gcra, threads_together_get_exactly_the_burst) {
  constexpr int kThreads = 4, kKeys = 50, kTries = 400;
  for (int round = 0; round < 20; ++round) {
    KeyedGcra limit({1, 100}, 12, kSeed + static_cast<std::uint64_t>(round), kStart);
    Gcra single({1, 1'000}, kStart);
    std::array<std::atomic<int>, kKeys> allowed{};
    std::atomic<int> allowed_single{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        while (!go) std::this_thread::yield();
        for (int i = 0; i < kTries; ++i) {
          for (std::uint64_t key = 0; key < kKeys; ++key) {
            if (limit.take(key, kStart).allowed) ++allowed[key];
          }
          if (single.take(kStart).allowed) ++allowed_single;
        }
      });
    }
    go = true;
    for (auto& thread : threads) thread.join();
    for (const auto& count : allowed) ASSERT_EQ(count, 100);
    ASSERT_EQ(allowed_single, 1'000);
  }
}

}  // namespace
}  // namespace onrush::admission
