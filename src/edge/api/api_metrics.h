// Counters of the API: one set for each worker, so that counting shares no cache line; summed when
// asked.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "edge/api/context.h"
#include "edge/api/latency_window.h"
#include "edge/api/routes.h"
#include "edge/api/sale_funnel.h"
#include "sale/outcome.h"

namespace onrush::api {

inline constexpr std::size_t kRoutesMax = 96;
inline constexpr std::array<int, 21> kStatuses = {200, 201, 202, 204, 304, 400, 401,
                                                  402, 403, 404, 405, 409, 410, 415,
                                                  422, 425, 429, 500, 501, 503, 0};
inline constexpr std::array<double, 12> kDurationBounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                           0.05,   0.1,   0.2,   0.5,   1,    5};
inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(sale::Verdict::unavailable) + 1;

// What a rate limit refused.
enum class LimitedCall : std::uint8_t { hold, sign_in, line, registration, pass_check };
inline constexpr std::size_t kLimitedCalls = 5;

// What became of challenges: asked for (raised: more than the sale asks of everybody), answered,
// and hold requests that came without one.
enum class ChallengeCount : std::uint8_t {
  issued,
  raised,
  solved,
  failed,
  cooling,
  hold_missing,
  hold_raised,
};
inline constexpr std::size_t kChallengeCounts = 7;

// Answers to hold requests since the start of the process.
struct HoldFunnel {
  FunnelCounts layers;  // of all sales together
  std::array<std::uint64_t, kLimits> limited{};
  std::uint64_t challenge_raised = 0;  // of challenge_required: more was asked for
};

// Of one worker. Thread-safe (late answers are counted by the thread that gives them).
class RequestCounts {
 public:
  explicit RequestCounts(Listener at) : listener(at) {}
  void count(const Route* route, int status, std::chrono::steady_clock::duration took) noexcept {
    count_status(route, status);
    count_duration(route, took);
  }
  void count_status(const Route* route, int status) noexcept;
  // `times`: one timed request may stand for several alike.
  void count_duration(const Route* route, std::chrono::steady_clock::duration took,
                      std::uint64_t times = 1) noexcept;
  void count_hold(sale::SaleNo sale, sale::Verdict verdict, bool from_latch) {
    holds[from_latch ? 1 : 0][static_cast<std::size_t>(verdict)].fetch_add(
        1, std::memory_order_relaxed);
    if (const auto layer = layer_of(verdict)) funnel.count(sale, *layer);
  }
  // An answer to a call of the line: a place, a pass, or why not.
  void count_line(sale::Verdict verdict, bool from_latch) noexcept {
    line[from_latch ? 1 : 0][static_cast<std::size_t>(verdict)].fetch_add(
        1, std::memory_order_relaxed);
  }
  // A refusal by a guard in front of the latch.
  void count_guard(sale::SaleNo sale, Layer layer) { funnel.count(sale, layer); }

  void count_limited(Limit limit, LimitedCall call) noexcept {
    limited[static_cast<std::size_t>(call)][static_cast<std::size_t>(limit)].fetch_add(
        1, std::memory_order_relaxed);
  }

  void count_challenge(ChallengeCount what) noexcept {
    challenges[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
  }

  using Count = std::atomic<std::uint64_t>;
  struct PerRoute {
    std::array<Count, kStatuses.size()> by_status{};
    std::array<Count, kDurationBounds.size() + 1> by_duration{};
    Count nanoseconds{0};
  };
  const Listener listener;
  std::array<PerRoute, kRoutesMax + 1> per_route{};  // the last: requests that match no route
  std::array<std::array<Count, kVerdicts>, 2> holds{};
  std::array<std::array<Count, kVerdicts>, 2> line{};
  std::array<std::array<Count, kLimits>, kLimitedCalls> limited{};
  std::array<Count, kChallengeCounts> challenges{};
  // From a hold request read to its durable decision; written by the worker's own thread.
  LatencyWindow decisions;
  SaleFunnel funnel;
};

class ApiMetrics final : public prometheus::Collectable {
 public:
  [[nodiscard]] std::shared_ptr<RequestCounts> join(Listener listener);
  // onrush_http_requests_total, onrush_http_request_duration_seconds, onrush_hold_answers_total,
  // onrush_line_answers_total, onrush_rate_limited_total, onrush_channel_refused_total,
  // onrush_challenges_total, onrush_funnel_total.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
  [[nodiscard]] HoldFunnel funnel() const;
  // Durable decisions of all workers and all sales over the last minute.
  [[nodiscard]] LatencyWindow::Sums decisions() const;
  [[nodiscard]] FunnelCounts funnel(sale::SaleNo sale) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<RequestCounts>> workers_;
};

// Units by state, standby and phases, read from the box office's latches when asked.
class SaleMetrics final : public prometheus::Collectable {
 public:
  SaleMetrics(const live::SaleDirectory& directory, const ports::BoxOffice& office)
      : directory_(directory), office_(office) {}
  // onrush_units, onrush_standby_entries, onrush_oversold_units, onrush_sale_phase, onrush_line.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const live::SaleDirectory& directory_;
  const ports::BoxOffice& office_;
};

// Of the leaky buckets in front of stock.
class BucketMetrics final : public prometheus::Collectable {
 public:
  BucketMetrics(const live::SaleDirectory& directory, const FrontDoor& front_door)
      : directory_(directory), front_door_(front_door) {}
  // onrush_bucket_waiting, of the sales that have a bucket.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const live::SaleDirectory& directory_;
  const FrontDoor& front_door_;
};

// Of the push hub.
class LiveMetrics final : public prometheus::Collectable {
 public:
  explicit LiveMetrics(const live::LiveHub& hub) : hub_(hub) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const live::LiveHub& hub_;
};

}  // namespace onrush::api
