// Quantiles of the last minute's decisions.
#include "edge/api/latency_window.h"

#include <gtest/gtest.h>

namespace onrush::api {
namespace {

using namespace std::chrono_literals;
using Clock = LatencyWindow::Clock;

std::optional<double> quantile(const LatencyWindow& window, double q, Clock::time_point now) {
  LatencyWindow::Sums sums;
  window.add_to(sums, now);
  return sums.quantile_ms(q);
}

TEST(LatencyWindow, nothing_measured_is_no_number) {
  LatencyWindow window;
  EXPECT_FALSE(quantile(window, 0.5, Clock::time_point(100s)));
}

TEST(LatencyWindow, quantiles_are_off_by_less_than_an_eighth) {
  LatencyWindow window;
  const Clock::time_point now(100s);
  for (int ms = 1; ms <= 1'000; ++ms) window.record(std::chrono::milliseconds(ms), now);
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = q * 1'000;
    EXPECT_GE(*quantile(window, q, now), exact * 0.999) << q;
    EXPECT_LE(*quantile(window, q, now), exact * 1.126) << q;
  }
}

TEST(LatencyWindow, every_time_has_a_bin_that_holds_it) {
  for (std::int64_t micros = 0; micros < 100'000'000; micros += 1 + micros / 7) {
    const std::size_t bin = LatencyWindow::bin_of(std::chrono::microseconds(micros));
    ASSERT_LT(bin, LatencyWindow::kBins);
    EXPECT_LE(static_cast<double>(micros) / 1000, LatencyWindow::upper_ms(bin)) << micros;
    if (bin > 0) {
      EXPECT_GE(static_cast<double>(micros) / 1000 * 1.0001, LatencyWindow::upper_ms(bin - 1))
          << micros;
    }
  }
  EXPECT_EQ(LatencyWindow::bin_of(1h), LatencyWindow::kBins - 1);
}

TEST(LatencyWindow, forgets_after_a_minute) {
  LatencyWindow window;
  window.record(500ms, Clock::time_point(100s));
  window.record(1ms, Clock::time_point(130s));
  EXPECT_GT(*quantile(window, 1, Clock::time_point(160s)), 400);
  EXPECT_LT(*quantile(window, 1, Clock::time_point(161s)), 2);
  EXPECT_FALSE(quantile(window, 1, Clock::time_point(191s)));
  // The slot of second 100 is used again by second 161: nothing of the old one remains.
  window.record(1ms, Clock::time_point(161s));
  LatencyWindow::Sums sums;
  window.add_to(sums, Clock::time_point(161s));
  EXPECT_EQ(sums.total, 2u);
}

}  // namespace
}  // namespace onrush::api
