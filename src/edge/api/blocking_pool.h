// A small pool for calls that block for a moment (SQL queries), so that no event loop ever waits
// for a disk. Bounded: when the queue is full, work is refused at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace onrush::api {

class BlockingPool {
 public:
  BlockingPool(unsigned threads, std::size_t queue_max);
  ~BlockingPool();  // stop()

  // False: full or stopping; `work` will not run. Thread-safe. `work` must not throw.
  [[nodiscard]] bool run(std::function<void()> work);
  // Waits for running work and drops what waits. Idempotent.
  void stop();

  struct Load {
    std::size_t waiting = 0;
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  void work_off();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::uint64_t done_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace onrush::api
