#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "admission/leaky_bucket.h"

namespace onrush::admission {
namespace bucket_test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const SteadyTime kStart{std::chrono::hours{5}};
constexpr nanoseconds kLong = std::chrono::hours{1};

TEST(LeakyBucket, gives_turns_in_order_at_its_rate) {
  LeakyBucket bucket(100, 1'000, kStart);
  for (int i = 0; i < 500; ++i) {
    const auto answer = bucket.join(kStart, kLong);
    ASSERT_TRUE(answer.turn);
    EXPECT_EQ(*answer.turn, kStart + i * milliseconds(10));
  }
  EXPECT_EQ(bucket.waiting(kStart), 499u);
  EXPECT_EQ(bucket.waiting(kStart + seconds(2)), 299u);
  EXPECT_EQ(bucket.waiting(kStart + seconds(9)), 0u);
}

TEST(LeakyBucket, serves_at_once_after_a_rest_and_saves_no_turns_up) {
  LeakyBucket bucket(100, 1'000, kStart);
  (void)bucket.join(kStart, kLong);
  const SteadyTime later = kStart + seconds(60);
  EXPECT_EQ(*bucket.join(later, kLong).turn, later);
  EXPECT_EQ(*bucket.join(later, kLong).turn, later + milliseconds(10));
}

TEST(LeakyBucket, takes_its_capacity_and_tells_the_next_when_there_is_room) {
  LeakyBucket bucket(1'000, 50, kStart);
  for (int i = 0; i <= 50; ++i) ASSERT_TRUE(bucket.join(kStart, kLong).turn) << i;
  EXPECT_EQ(bucket.waiting(kStart), 50u);
  const auto full = bucket.join(kStart, kLong);
  ASSERT_FALSE(full.turn);
  EXPECT_EQ(full.retry_after, milliseconds(1));
  EXPECT_FALSE(bucket.join(kStart + full.retry_after - nanoseconds(1), kLong).turn);
  EXPECT_TRUE(bucket.join(kStart + full.retry_after, kLong).turn);
}

TEST(LeakyBucket, turns_away_who_would_wait_too_long) {
  LeakyBucket bucket(10, 1'000'000, kStart);
  for (int i = 0; i <= 20; ++i) ASSERT_TRUE(bucket.join(kStart, seconds(2)).turn) << i;
  const auto late = bucket.join(kStart, seconds(2));
  ASSERT_FALSE(late.turn);
  EXPECT_EQ(late.retry_after, milliseconds(100));
  EXPECT_TRUE(bucket.join(kStart, seconds(3)).turn) << "who has more time may still join";
}

TEST(LeakyBucket, never_drips_faster_than_its_rate) {
  for (const std::uint32_t rate : {3u, 7u, 999'999u}) {
    LeakyBucket bucket(rate, 1'000'000, kStart);
    SteadyTime last = kStart;
    for (std::uint32_t i = 0; i < rate; ++i) last = *bucket.join(kStart, kLong).turn;
    const auto next = bucket.join(kStart, kLong);
    EXPECT_GE(*next.turn - kStart, seconds(1)) << rate;
    EXPECT_GT(*next.turn, last);
  }
}

TEST(LeakyBucket, gives_no_turn_twice_between_threads) {
  constexpr int kEach = 20'000;
  LeakyBucket bucket(1'000'000, 1'000'000, kStart);
  std::vector<SteadyTime> turns[2];
  const auto join = [&bucket](std::vector<SteadyTime>& to) {
    for (int i = 0; i < kEach; ++i) to.push_back(*bucket.join(kStart, kLong).turn);
  };
  std::thread other(join, std::ref(turns[1]));
  join(turns[0]);
  other.join();
  for (const auto& own : turns) EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
  std::vector<SteadyTime> all = turns[0];
  all.insert(all.end(), turns[1].begin(), turns[1].end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  EXPECT_EQ(all.back(), kStart + (2 * kEach - 1) * std::chrono::microseconds(1));
}

struct Drip {
  DripQueue<int> queue;
  std::vector<int> served;
  std::vector<int> gone;

  void at(int ms) {
    queue.drip(
        kStart + milliseconds(ms),
        [this](int e) { return std::find(gone.begin(), gone.end(), e) != gone.end(); },
        [this](int e) { served.push_back(e); });
  }
};

TEST(DripQueue, serves_each_at_its_turn_in_order) {
  Drip drip;
  for (int i = 0; i < 5; ++i) drip.queue.push(kStart + i * milliseconds(10), i);
  drip.at(0);
  EXPECT_EQ(drip.served, (std::vector<int>{0}));
  drip.at(29);
  EXPECT_EQ(drip.served, (std::vector<int>{0, 1, 2}));
  drip.at(40);
  EXPECT_EQ(drip.served, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(drip.queue.size(), 0u);
}

TEST(DripQueue, who_has_gone_leaves_his_turn_to_the_next) {
  Drip drip;
  for (int i = 0; i < 5; ++i) drip.queue.push(kStart + i * milliseconds(10), i);
  drip.gone = {0, 2};
  drip.at(0);
  EXPECT_EQ(drip.served, (std::vector<int>{1}));
  drip.at(10);
  EXPECT_EQ(drip.served, (std::vector<int>{1, 3}));
  drip.at(20);
  EXPECT_EQ(drip.served, (std::vector<int>{1, 3, 4}));
}

TEST(DripQueue, turns_of_those_who_have_gone_are_not_saved_up) {
  Drip drip;
  for (int i = 0; i < 3; ++i) drip.queue.push(kStart + i * milliseconds(10), i);
  drip.gone = {0, 1, 2};
  drip.at(0);
  for (int i = 10; i < 13; ++i) drip.queue.push(kStart + (i - 5) * milliseconds(10), i);
  drip.at(50);
  EXPECT_EQ(drip.served, (std::vector<int>{10})) << "not three at once";
}

TEST(DripQueue, empties_with_everybody_seen_once) {
  Drip drip;
  for (int i = 0; i < 5; ++i) drip.queue.push(kStart + i * milliseconds(10), i);
  drip.at(0);
  std::vector<int> left;
  drip.queue.empty_into([&left](int e) { left.push_back(e); });
  EXPECT_EQ(left, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(drip.queue.size(), 0u);
}

}  // namespace bucket_test
}  // namespace onrush::admission
