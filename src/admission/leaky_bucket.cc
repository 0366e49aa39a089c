#include "admission/leaky_bucket.h"

#include <algorithm>

namespace onrush::admission {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t ns_of(SteadyTime at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

LeakyBucket::LeakyBucket(std::uint32_t per_second, std::uint32_t capacity, SteadyTime now)
    : per_second_(std::max(1u, per_second)),
      capacity_(std::max(1u, capacity)),
      interval_ns_((kSecond + per_second_ - 1) / per_second_),
      next_ns_(ns_of(now)) {}

LeakyBucket::Answer LeakyBucket::join(SteadyTime now, std::chrono::nanoseconds wait_max) noexcept {
  const std::int64_t now_ns = ns_of(now);
  const std::int64_t longest =
      std::min<std::int64_t>(interval_ns_ * capacity_, std::max<std::int64_t>(0, wait_max.count()));
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t turn = std::max(next, now_ns);
    const std::int64_t wait = turn - now_ns;
    if (wait > longest) return {std::nullopt, std::chrono::nanoseconds(wait - longest)};
    if (next_ns_.compare_exchange_weak(next, turn + interval_ns_, std::memory_order_relaxed)) {
      return {SteadyTime(std::chrono::nanoseconds(turn)), {}};
    }
  }
}

std::uint64_t LeakyBucket::waiting(SteadyTime now) const noexcept {
  const std::int64_t ahead = next_ns_.load(std::memory_order_relaxed) - ns_of(now);
  // The last turn given is one interval before the next; one that is now waits no more.
  return ahead <= interval_ns_ ? 0 : static_cast<std::uint64_t>((ahead - 1) / interval_ns_);
}

}  // namespace onrush::admission
