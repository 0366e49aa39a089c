#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/intake.h"

namespace onrush::engine {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// Generous bounds: only the difference between "at once" and "at the end" is tested.
constexpr auto kLong = 20s;
constexpr auto kSoon = 10s;

TEST(Bell, a_ring_wakes_a_sleeper) {
  Bell bell;
  std::atomic<bool> asleep{false};
  const auto start = Steady::now();
  std::thread sleeper([&] { bell.sleep(kLong, [&] { return asleep = true, false; }); });
  while (!asleep) std::this_thread::yield();
  bell.ring();
  sleeper.join();
  EXPECT_LT(Steady::now() - start, kSoon);
}

TEST(Bell, work_that_is_there_already_keeps_awake) {
  Bell bell;
  const auto start = Steady::now();
  bell.sleep(kLong, [] { return true; });
  EXPECT_LT(Steady::now() - start, kSoon);
}

TEST(Bell, a_ring_does_not_end_a_doze) {
  Bell bell;
  std::atomic<bool> done{false};
  const auto start = Steady::now();
  std::thread dozer([&] { bell.doze(200ms), done = true; });
  while (!done) bell.ring();
  dozer.join();
  EXPECT_GE(Steady::now() - start, 200ms);
}

TEST(Bell, an_alarm_ends_a_doze_and_one_about_to_begin) {
  Bell bell;
  const auto start = Steady::now();
  std::thread dozer([&] { bell.doze(kLong); });
  bell.alarm();  // before or during the doze
  dozer.join();
  EXPECT_LT(Steady::now() - start, kSoon);
}

TEST(Bell, an_alarm_wakes_a_sleeper_and_is_spent_by_it) {
  Bell bell;
  std::atomic<bool> asleep{false};
  const auto start = Steady::now();
  std::thread sleeper([&] { bell.sleep(kLong, [&] { return asleep = true, false; }); });
  while (!asleep) std::this_thread::yield();
  bell.alarm();
  sleeper.join();
  EXPECT_LT(Steady::now() - start, kSoon);
  const auto again = Steady::now();
  bell.doze(100ms);
  EXPECT_GE(Steady::now() - again, 100ms);
}

}  // namespace
}  // namespace onrush::engine
