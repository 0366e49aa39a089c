// A sink that keeps every reply and can be waited on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "ports/box_office.h"

namespace onrush::testing {

class ReplyCollector final : public ports::ReplySink {
 public:
  void deliver(std::span<ports::Reply> replies) noexcept override {
    const std::lock_guard lock(mutex_);
    ++deliveries_;
    for (auto& reply : replies) replies_.push_back(std::move(reply));
    changed_.notify_all();
  }

  // False if there are fewer than `count` within a generous time.
  [[nodiscard]] bool wait_for(std::size_t count,
                              std::chrono::seconds longest = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [&] { return replies_.size() >= count; });
  }
  [[nodiscard]] std::vector<ports::Reply> replies() {
    const std::lock_guard lock(mutex_);
    return replies_;
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return replies_.size();
  }
  [[nodiscard]] std::map<sale::Verdict, std::size_t> by_verdict() {
    const std::lock_guard lock(mutex_);
    std::map<sale::Verdict, std::size_t> out;
    for (const auto& reply : replies_) ++out[reply.outcome.verdict];
    return out;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ports::Reply> replies_;
  std::size_t deliveries_ = 0;
};

}  // namespace onrush::testing
