// The thread that makes batches durable, tells the listeners, and gives the answers, in this order.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/batch.h"
#include "engine/intake.h"
#include "engine/journal/journal.h"
#include "engine/metrics.h"
#include "engine/snapshots.h"
#include "ports/box_office.h"

namespace onrush::engine {

struct CommitterSettings {
  std::chrono::microseconds sync_interval;  // between the starts of two syncs
  std::vector<ports::EventListener*> listeners;
  std::function<void(const std::string&)> on_failure;
};

// Group commit: a sync begins at once when the last one began at least `sync_interval` ago; what is
// decided meanwhile goes into the next. After a failed append nothing is ever written again
// (fail-stop).
class Committer {
 public:
  Committer(journal::Journal& journal, SnapshotWriter& snapshots, Counters& counters,
            Bell& writer_bell, CommitterSettings settings);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // All of these for the writer's thread.
  // It waits for a batch; the writer's bell gives alarm when it begins to.
  [[nodiscard]] bool ready() const noexcept { return ready_.load(std::memory_order_seq_cst); }
  // Everything that was handed over is durable.
  [[nodiscard]] bool idle() const noexcept { return !in_flight_.load(std::memory_order_acquire); }
  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  // Takes a full batch and gives an empty one; only when ready().
  [[nodiscard]] std::unique_ptr<Batch> exchange(std::unique_ptr<Batch> full);

 private:
  void run();
  bool commit(Batch& batch);
  void fail(Batch& batch, const std::string& why);
  std::unique_ptr<Batch> wait_for_batch();
  void pace(std::chrono::steady_clock::time_point last_start);

  journal::Journal& journal_;
  SnapshotWriter& snapshots_;
  Counters& counters_;
  Bell& writer_bell_;
  const CommitterSettings settings_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> in_flight_{false};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Batch> handed_over_;
  std::unique_ptr<Batch> spare_ = std::make_unique<Batch>();
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onrush::engine
