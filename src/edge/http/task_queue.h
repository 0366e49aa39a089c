// Tasks from other threads for one worker. The eventfd is written only when the queue was empty, so
// a batch of answers costs one wakeup.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace onrush::http {

class TaskQueue {
 public:
  TaskQueue();
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Thread-safe. False (and the task is dropped) after close().
  bool push(std::function<void()> task);
  // Everything pushed so far, in order.
  void take(std::vector<std::function<void()>>& out);
  void close();
  // Readable when tasks wait. A duplicate of the descriptor, owned by the caller.
  [[nodiscard]] int duplicate_event_fd() const;

 private:
  int event_fd_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool closed_ = false;
  // A push whose task is already taken may still be at the descriptor: it is not closed under it.
  std::atomic<int> waking_{0};
};

}  // namespace onrush::http
