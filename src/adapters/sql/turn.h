// A mutex with a deadline (TimedLockable). std::timed_mutex locks through pthread_mutex_clocklock,
// which ThreadSanitizer of g++ 12 does not see; a condition variable it does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace onrush::sql {

class Turn {
 public:
  template <class Duration>
  bool try_lock_for(Duration patience) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, patience, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void unlock() {
    // Notified under the lock: the next owner may destroy this right after.
    const std::lock_guard lock(mutex_);
    taken_ = false;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;
};

}  // namespace onrush::sql
