#include "edge/http/task_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace onrush::http {
namespace {

// The one who took the task may end the queue at once, while its pusher is still on the way to the
// descriptor. The race is ThreadSanitizer's to see.
TEST(task_queue, may_be_destroyed_as_soon_as_its_last_task_is_taken) {
  for (int round = 0; round < 500; ++round) {
    auto queue = std::make_unique<TaskQueue>();
    int ran = 0;
    std::thread pusher([&queue = *queue, &ran] { queue.push([&ran] { ++ran; }); });
    std::vector<std::function<void()>> tasks;
    while (tasks.empty()) queue->take(tasks);
    tasks.front()();
    queue.reset();
    pusher.join();
    EXPECT_EQ(ran, 1);
  }
}

TEST(task_queue, drops_what_comes_after_close) {
  TaskQueue queue;
  queue.close();
  EXPECT_FALSE(queue.push([] {}));
  std::vector<std::function<void()>> tasks;
  queue.take(tasks);
  EXPECT_TRUE(tasks.empty());
}

}  // namespace
}  // namespace onrush::http
