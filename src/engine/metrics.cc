#include "engine/metrics.h"

namespace onrush::engine {
namespace {
constexpr auto kRelaxed = std::memory_order_relaxed;
}

void Counters::count_sync(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  std::size_t bucket = 0;
  while (bucket < kSyncBounds.size() && seconds > kSyncBounds[bucket]) ++bucket;
  sync_buckets[bucket].fetch_add(1, kRelaxed);
  syncs.fetch_add(1, kRelaxed);
  sync_nanos.fetch_add(static_cast<std::uint64_t>(took.count()), kRelaxed);
}

void Counters::copy_to(EngineMetrics& out) const {
  out.busy_rush = busy_rush.load(kRelaxed);
  out.busy_reserved = busy_reserved.load(kRelaxed);
  out.commands = commands.load(kRelaxed);
  out.batches = batches.load(kRelaxed);
  out.events = events.load(kRelaxed);
  for (std::size_t i = 0; i < kVerdicts; ++i) out.answers[i] = answers[i].load(kRelaxed);
  out.syncs = syncs.load(kRelaxed);
  out.sync_seconds_sum = static_cast<double>(sync_nanos.load(kRelaxed)) * 1e-9;
  for (std::size_t i = 0; i < out.sync_buckets.size(); ++i)
    out.sync_buckets[i] = sync_buckets[i].load(kRelaxed);
  out.snapshots = snapshots.load(kRelaxed);
  out.snapshot_failures = snapshot_failures.load(kRelaxed);
  out.snapshot_seq = snapshot_seq.load(kRelaxed);
  out.snapshot_pause_seconds_max =
      static_cast<double>(snapshot_pause_nanos_max.load(kRelaxed)) * 1e-9;
}

}  // namespace onrush::engine
