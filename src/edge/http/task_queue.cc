#include "edge/http/task_queue.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "base/invariant.h"

namespace onrush::http {

TaskQueue::TaskQueue() : event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  INVARIANT(event_fd_ >= 0, "a worker cannot be woken without an eventfd");
}

TaskQueue::~TaskQueue() {
  while (waking_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  ::close(event_fd_);
}

bool TaskQueue::push(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return true;
    waking_.fetch_add(1, std::memory_order_relaxed);
  }
  const std::uint64_t one = 1;
  // Can only fail if the counter is full, and then the worker is being woken already.
  [[maybe_unused]] const auto written = ::write(event_fd_, &one, sizeof one);
  waking_.fetch_sub(1, std::memory_order_release);  // the last touch
  return true;
}

void TaskQueue::take(std::vector<std::function<void()>>& out) {
  out.clear();
  const std::lock_guard lock(mutex_);
  out.swap(tasks_);
}

void TaskQueue::close() {
  std::vector<std::function<void()>> dropped;  // outlives the lock: destroying a task may push
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(tasks_);
}

int TaskQueue::duplicate_event_fd() const {
  return fcntl(event_fd_, F_DUPFD_CLOEXEC, 0);
}

}  // namespace onrush::http
