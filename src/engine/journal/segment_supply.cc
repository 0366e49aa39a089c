#include "engine/journal/segment_supply.h"

#include "base/thread_name.h"

#include <utility>

namespace onrush::journal {

SegmentSupply::SegmentSupply(ports::Storage& storage, std::uint64_t segment_bytes,
                             std::chrono::milliseconds retry)
    : storage_(storage), segment_bytes_(segment_bytes), retry_(retry), thread_([this] { run(); }) {}

SegmentSupply::~SegmentSupply() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<ports::File> SegmentSupply::take(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [this] { return prepared_ != nullptr; });
  ready_.store(false, std::memory_order_release);
  return std::move(prepared_);
}

void SegmentSupply::prepare_next() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

std::string SegmentSupply::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

Result<std::unique_ptr<ports::File>> SegmentSupply::prepare() {
  auto file = storage_.create(kName, segment_bytes_);
  if (!file) return file.error();
  // A file that could not be synced is not used at all: the next try makes another.
  if (Status synced = file.value()->sync(); !synced) return synced.error();
  return file;
}

void SegmentSupply::run() {
  name_this_thread("segments");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!wanted_ || prepared_ != nullptr) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    auto file = prepare();
    lock.lock();
    if (!file) {
      problem_ = file.error().message;
      failing_.store(true, std::memory_order_release);
      changed_.wait_for(lock, retry_, [this] { return stopping_; });
      continue;
    }
    prepared_ = std::move(file.value());
    problem_.clear();
    failing_.store(false, std::memory_order_release);
    wanted_ = false;
    ready_.store(true, std::memory_order_release);
    changed_.notify_all();
  }
}

}  // namespace onrush::journal
