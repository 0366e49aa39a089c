#include "edge/api/latency_window.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace onrush::api {
namespace {

constexpr std::uint64_t kLowestMicros = 16;  // the first doubling begins here

std::int64_t second_of(LatencyWindow::Clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

std::size_t LatencyWindow::bin_of(Clock::duration took) noexcept {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  if (micros < static_cast<std::int64_t>(kLowestMicros)) return 0;
  const auto value = static_cast<std::uint64_t>(micros);
  // The highest bit says the doubling, the three bits below it the bin within.
  const auto doubling = static_cast<std::size_t>(std::bit_width(value) - 1);
  const std::size_t within = (value >> (doubling - 3)) & 7U;
  return std::min(kBins - 1, (doubling - 4) * kBinsPerDoubling + within);
}

double LatencyWindow::upper_ms(std::size_t bin) noexcept {
  const auto doubling = static_cast<int>(bin / kBinsPerDoubling);
  const auto within = static_cast<double>(bin % kBinsPerDoubling);
  return std::ldexp((8.0 + within + 1.0) / 8.0 * static_cast<double>(kLowestMicros), doubling) /
         1000.0;
}

void LatencyWindow::record(Clock::duration took, Clock::time_point now) noexcept {
  const std::int64_t second = second_of(now);
  Second& slot = seconds_[static_cast<std::size_t>(second) % seconds_.size()];
  if (slot.second.load(std::memory_order_relaxed) != second) {
    for (auto& bin : slot.bins) bin.store(0, std::memory_order_relaxed);
    slot.second.store(second, std::memory_order_release);
  }
  auto& bin = slot.bins[bin_of(took)];
  // One writer: no read-modify-write is needed.
  bin.store(bin.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void LatencyWindow::add_to(Sums& sums, Clock::time_point now) const noexcept {
  const std::int64_t current = second_of(now);
  for (const Second& slot : seconds_) {
    const std::int64_t second = slot.second.load(std::memory_order_acquire);
    if (second < 0 || second > current || second < current - kSeconds) continue;
    for (std::size_t b = 0; b < kBins; ++b) {
      const std::uint32_t count = slot.bins[b].load(std::memory_order_relaxed);
      sums.bins[b] += count;
      sums.total += count;
    }
  }
}

std::optional<double> LatencyWindow::Sums::quantile_ms(double q) const {
  if (total == 0) return std::nullopt;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t b = 0; b < kBins; ++b) {
    seen += bins[b];
    if (seen >= wanted) return upper_ms(b);
  }
  return upper_ms(kBins - 1);
}

}  // namespace onrush::api
