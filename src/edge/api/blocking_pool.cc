#include "edge/api/blocking_pool.h"
#include "base/thread_name.h"

namespace onrush::api {

BlockingPool::BlockingPool(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] {
      name_this_thread("blocking");
      work_off();
    });
}

BlockingPool::~BlockingPool() {
  stop();
}

bool BlockingPool::run(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= queue_max_) {
    ++refused_;
    return false;
  }
  queue_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void BlockingPool::work_off() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it captured goes before the lock is taken again
    lock.lock();
    ++done_;
  }
}

void BlockingPool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    changed_.notify_all();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

BlockingPool::Load BlockingPool::load() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), done_, refused_};
}

}  // namespace onrush::api
