// Which payments of a list are left alone for a while, because of a failure or because their
// outcome is on its way.
#pragma once

#include <chrono>
#include <random>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"
#include "sale/ids.h"

namespace onrush::checkout {

// One thread at a time.
class Waits {
 public:
  using Steady = std::chrono::steady_clock;

  Waits(Millis retry_min, Millis retry_max) : retry_min_(retry_min), retry_max_(retry_max) {}

  [[nodiscard]] bool is_due(sale::PaymentId payment, Steady::time_point now) const;
  // Doubles with each failure in a row; a random half of it is left off, so that many do not come
  // back at once.
  void failed(sale::PaymentId payment, Steady::time_point now);
  void later(sale::PaymentId payment, Steady::time_point now, Millis wait);
  void keep_only(const std::unordered_set<sale::PaymentId>& payments);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t failing() const;

 private:
  struct Entry {
    Steady::time_point not_before;
    unsigned failures = 0;
  };
  const Millis retry_min_;
  const Millis retry_max_;
  std::unordered_map<sale::PaymentId, Entry> entries_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace onrush::checkout
