#include "checkout/waits.h"

#include <algorithm>

namespace onrush::checkout {

bool Waits::is_due(sale::PaymentId payment, Steady::time_point now) const {
  const auto found = entries_.find(payment);
  return found == entries_.end() || found->second.not_before <= now;
}

void Waits::failed(sale::PaymentId payment, Steady::time_point now) {
  Entry& entry = entries_[payment];
  const auto doubled = retry_min_ * (std::int64_t{1} << std::min(entry.failures, 20u));
  const Millis longest = std::min(retry_max_, doubled);
  std::uniform_int_distribution<std::int64_t> wait(longest.count() / 2, longest.count());
  entry.not_before = now + Millis{wait(random_)};
  ++entry.failures;
}

void Waits::later(sale::PaymentId payment, Steady::time_point now, Millis wait) {
  entries_[payment] = {now + wait, 0};
}

void Waits::keep_only(const std::unordered_set<sale::PaymentId>& payments) {
  std::erase_if(entries_, [&](const auto& entry) { return !payments.contains(entry.first); });
}

std::size_t Waits::failing() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [](const auto& entry) { return entry.second.failures > 0; }));
}

}  // namespace onrush::checkout
