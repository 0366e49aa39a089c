// How long decisions took during the last minute, as quantiles. One writer, any reader.
//
// A ring of one-second histograms: eight bins for each doubling of the time, so that a quantile is
// off by less than a tenth. A reader that races with the writer over a second that is just being
// reused may see it half cleared, which moves a quantile by at most that second's share.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace onrush::api {

class LatencyWindow {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::int64_t kSeconds = 60;
  static constexpr std::size_t kBinsPerDoubling = 8;
  static constexpr std::size_t kBins = 24 * kBinsPerDoubling;  // 16 µs … about four minutes

  struct Sums {
    std::array<std::uint64_t, kBins> bins{};
    std::uint64_t total = 0;
    // 0 < q <= 1; nothing has been measured: nothing.
    [[nodiscard]] std::optional<double> quantile_ms(double q) const;
  };

  // The writer's thread only.
  void record(Clock::duration took, Clock::time_point now) noexcept;
  // Adds the whole seconds of the last minute, and the current one, to `sums`. Any thread.
  void add_to(Sums& sums, Clock::time_point now) const noexcept;

  [[nodiscard]] static std::size_t bin_of(Clock::duration took) noexcept;
  // The upper edge of a bin.
  [[nodiscard]] static double upper_ms(std::size_t bin) noexcept;

 private:
  struct Second {
    std::atomic<std::int64_t> second{-1};
    std::array<std::atomic<std::uint32_t>, kBins> bins{};
  };
  std::array<Second, kSeconds + 1> seconds_{};
};

}  // namespace onrush::api
