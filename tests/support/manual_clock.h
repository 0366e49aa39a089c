// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "ports/clock.h"

namespace onrush::testing {

class ManualClock final : public ports::Clock {
 public:
  explicit ManualClock(TimePoint start = from_millis(1'800'000'000'000)) : ms_(to_millis(start)) {}
  [[nodiscard]] TimePoint now() const noexcept override { return from_millis(ms_.load()); }
  void advance(Millis by) { ms_.fetch_add(by.count()); }
  void set(TimePoint t) { ms_.store(to_millis(t)); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace onrush::testing
