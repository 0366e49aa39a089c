// The engine's counters: written by its threads, read by any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/sha256.h"
#include "sale/outcome.h"

namespace onrush::engine {

inline constexpr std::size_t kVerdicts = static_cast<std::size_t>(sale::Verdict::unavailable) + 1;
// Upper bounds of the histogram's buckets in seconds; one more bucket holds what is above.
inline constexpr std::array<double, 12> kSyncBounds = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005,
                                                       0.01,   0.02,   0.05,   0.1,   0.5,   1.0};

struct EngineMetrics {
  std::uint64_t rush_depth = 0, rush_capacity = 0;
  std::uint64_t reserved_depth = 0, reserved_capacity = 0;
  std::uint64_t busy_rush = 0, busy_reserved = 0;  // submissions refused because the lane was full
  std::uint64_t commands = 0, batches = 0, events = 0;
  std::array<std::uint64_t, kVerdicts> answers{};  // by verdict
  std::uint64_t syncs = 0;
  double sync_seconds_sum = 0;
  std::array<std::uint64_t, kSyncBounds.size() + 1> sync_buckets{};  // not cumulative
  std::uint64_t snapshots = 0, snapshot_failures = 0, snapshot_seq = 0;
  double snapshot_pause_seconds_max = 0;  // the longest that saving a snapshot held the writer up
  std::uint64_t durable_seq = 0;
  Digest chain{};  // of durable_seq
  bool low_on_space = false;
  bool failed = false;
};

struct Counters {
  std::atomic<std::uint64_t> busy_rush{0}, busy_reserved{0};
  std::atomic<std::uint64_t> commands{0}, batches{0}, events{0};
  std::array<std::atomic<std::uint64_t>, kVerdicts> answers{};
  std::atomic<std::uint64_t> syncs{0}, sync_nanos{0};
  std::array<std::atomic<std::uint64_t>, kSyncBounds.size() + 1> sync_buckets{};
  std::atomic<std::uint64_t> snapshots{0}, snapshot_failures{0}, snapshot_seq{0};
  std::atomic<std::uint64_t> snapshot_pause_nanos_max{0};

  void count_sync(std::chrono::nanoseconds took);
  void copy_to(EngineMetrics& out) const;
};

}  // namespace onrush::engine
