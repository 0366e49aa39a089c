// The wall clock, as something that tests can set. Thread-safe.
#pragma once

#include "base/time.h"

namespace onrush::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override {
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
};

}  // namespace onrush::ports
