#include "admission/gcra.h"

#include <algorithm>

#include "admission/keyed_hash.h"
#include "base/invariant.h"

namespace onrush::admission {
namespace {

constexpr std::uint64_t kTickNs = 64;
constexpr unsigned kTatBits = 52;
constexpr std::uint64_t kTatMask = (std::uint64_t{1} << kTatBits) - 1;

std::uint64_t since(SteadyTime origin, SteadyTime now) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now - origin).count();
  return ns > 0 ? static_cast<std::uint64_t>(ns) : 0;
}

// Rounded up, so that no more than the rate is allowed.
std::uint64_t interval_of(Rate rate, std::uint64_t tick_ns) {
  INVARIANT(rate.per_second > 0 && rate.burst > 0, "a limit has a rate and a burst");
  const std::uint64_t ticks_per_second_times = tick_ns * rate.per_second;
  return (1'000'000'000 + ticks_per_second_times - 1) / ticks_per_second_times;
}

}  // namespace

Gcra::Gcra(Rate rate, SteadyTime origin)
    : origin_(origin),
      interval_(interval_of(rate, 1)),
      tolerance_((rate.burst - 1) * interval_of(rate, 1)) {}

Decision Gcra::take(SteadyTime at) noexcept {
  const std::uint64_t now = since(origin_, at);
  std::uint64_t tat = tat_.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t start = std::max(tat, now);
    if (start - now > tolerance_)
      return {false, std::chrono::nanoseconds(start - now - tolerance_)};
    if (tat_.compare_exchange_weak(tat, start + interval_, std::memory_order_relaxed)) return {};
  }
}

KeyedGcra::KeyedGcra(Rate rate, unsigned places_log2, std::uint64_t seed, SteadyTime origin)
    : origin_(origin),
      seed_(seed),
      interval_(interval_of(rate, kTickNs)),
      tolerance_((rate.burst - 1) * interval_of(rate, kTickNs)),
      line_mask_((std::uint64_t{1} << (places_log2 - 3)) - 1),
      lines_(line_mask_ + 1) {
  INVARIANT(rate.per_second <= kPerSecondMax && rate.burst <= kBurstMax,
            "ticks are fine enough for the rate, and 52 bits of them for the burst");
}

// Its own place (the later TAT, should it have two), else a free one, else its home, shared.
KeyedGcra::Found KeyedGcra::find(Line& line, std::uint64_t tag, std::size_t home,
                                 std::uint64_t now) noexcept {
  Found own{nullptr, 0, false}, free{nullptr, 0, true}, shared{nullptr, 0, false};
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Place& place = line.places[(home + i) % kPlaces];
    const std::uint64_t value = place.load(std::memory_order_relaxed);
    if ((value & kTatMask) <= now) {
      if (free.place == nullptr) free = {&place, value, true};
    } else if (value >> kTatBits == tag && value >= own.value) {
      own = {&place, value, false};
    }
    if (i == 0) shared = {&place, value, false};
  }
  if (own.place != nullptr) return own;
  return free.place != nullptr ? free : shared;
}

void KeyedGcra::prefetch(std::uint64_t key) const noexcept {
  __builtin_prefetch(&lines_[keyed_hash(key, seed_) & line_mask_], 1);
}

Decision KeyedGcra::take(std::uint64_t key, SteadyTime at) noexcept {
  const std::uint64_t hashed = keyed_hash(key, seed_);
  Line& line = lines_[hashed & line_mask_];
  const std::uint64_t tag = hashed >> kTatBits;
  const std::size_t home = (hashed >> 48) % kPlaces;
  const std::uint64_t now = since(origin_, at) / kTickNs;
  while (true) {
    Found found = find(line, tag, home, now);
    const std::uint64_t start = found.takes_over ? now : std::max(found.value & kTatMask, now);
    if (start - now > tolerance_) {
      return {false, std::chrono::nanoseconds((start - now - tolerance_) * kTickNs)};
    }
    const std::uint64_t owner = found.takes_over ? tag : found.value >> kTatBits;
    const std::uint64_t next = (owner << kTatBits) | (start + interval_);
    if (found.place->compare_exchange_strong(found.value, next, std::memory_order_relaxed)) {
      return {};
    }
  }
}

}  // namespace onrush::admission
