// A box office for tests of what stands in front of it: answers come from a given function, on a
// thread of its own, as the real one does it; its lane can be full, and its answers can be held
// back.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "ports/box_office.h"

namespace onrush::testing {

class FakeBoxOffice final : public ports::BoxOffice {
 public:
  using Decide = std::function<sale::Outcome(const sale::Command&)>;

  explicit FakeBoxOffice(Decide decide) : decide_(std::move(decide)), thread_([this] { run(); }) {}

  // Answers everything first: exactly one reply for each command that was taken.
  ~FakeBoxOffice() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      holding_ = false;
    }
    changed_.notify_all();
    thread_.join();
  }

  bool submit(sale::Command command, ports::Lane, ports::ReplySink& sink,
              std::uint64_t ticket) noexcept override {
    const std::lock_guard lock(mutex_);
    if (full_ || stopping_) return false;
    queue_.push_back({std::move(command), &sink, ticket});
    ++taken_;
    changed_.notify_all();
    return true;
  }

  ports::ItemStatus status(sale::SaleNo, sale::ItemNo) const noexcept override { return {}; }
  ports::LineStatus line(sale::SaleNo) const noexcept override { return {}; }

  void set_full(bool full) { set(full_, full); }
  void hold_answers(bool hold) { set(holding_, hold); }
  std::size_t taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  void wait_until_taken(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_ >= count; });
  }

 private:
  struct Entry {
    sale::Command command;
    ports::ReplySink* sink;
    std::uint64_t ticket;
  };

  void set(bool& flag, bool value) {
    const std::lock_guard lock(mutex_);
    flag = value;
    changed_.notify_all();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopping_ || (!holding_ && !queue_.empty()); });
      if (queue_.empty()) return;
      Entry entry = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      ports::Reply reply{entry.ticket, decide_(entry.command)};
      entry.sink->deliver({&reply, 1});
      lock.lock();
    }
  }

  const Decide decide_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  std::size_t taken_ = 0;
  bool full_ = false;
  bool holding_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onrush::testing
