#include "edge/http/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace onrush::http {
namespace {

struct Item : TimerWheel::Entry {
  int fired = 0;
};

int ticks_until_fired(TimerWheel& wheel, Item& item, int most) {
  for (int i = 1; i <= most; ++i) {
    wheel.advance([](TimerWheel::Entry& entry) { ++static_cast<Item&>(entry).fired; });
    if (item.fired > 0) return i;
  }
  return 0;
}

TEST(timer_wheel, never_fires_early_and_at_most_two_ticks_late) {
  for (const int ticks : {1, 2, 7, 500, 1023, 1024, 1025, 5000}) {
    TimerWheel wheel;
    Item item;
    wheel.set(item, ticks * kTick);
    const int fired = ticks_until_fired(wheel, item, ticks + 5);
    EXPECT_GE(fired, ticks);
    EXPECT_LE(fired, ticks + 2);
  }
}

TEST(timer_wheel, a_deadline_can_be_moved_later_earlier_and_away) {
  TimerWheel wheel;
  Item item;
  wheel.set(item, 5 * kTick);
  wheel.set(item, 50 * kTick);
  EXPECT_EQ(ticks_until_fired(wheel, item, 40), 0);
  wheel.set(item, 3 * kTick);
  EXPECT_NE(ticks_until_fired(wheel, item, 5), 0);
  item.fired = 0;
  wheel.set(item, 3 * kTick);
  TimerWheel::clear(item);
  EXPECT_EQ(ticks_until_fired(wheel, item, 2000), 0);
}

TEST(timer_wheel, entries_may_be_set_again_and_destroyed_while_they_fire) {
  TimerWheel wheel;
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < 10; ++i) {
    items.push_back(std::make_unique<Item>());
    wheel.set(*items.back(), 4 * kTick);
  }
  int fired = 0;
  for (int i = 0; i < 40; ++i) {
    wheel.advance([&](TimerWheel::Entry& entry) {
      ++fired;
      if (items.size() > 1 && items.back().get() != &entry) items.pop_back();
      wheel.set(entry, 4 * kTick);
    });
  }
  EXPECT_GE(fired, 10);
}

}  // namespace
}  // namespace onrush::http
