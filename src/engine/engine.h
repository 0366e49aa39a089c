// The embedded box office: all sales of one machine, decided by one thread over a journal of its
// own.
//
//  submit ─► intake (rush, reserved) ─► writer: Book::apply ─► committer: append, fdatasync ─►
//  listeners,
//     │full                                │ "no" answers └► false (busy)                      └►
//     answered at once
//
// 1. An answer is given only when everything that it reveals is durable. A refusal reveals nothing.
// 2. While one batch is synced, the next is being decided.
// 3. Fail-stop: after a failed write or sync nothing is granted any more; what was not durable is
// answered
//    `unavailable` (it may or may not have happened), on_failure is called, and the process must
//    end and recover. When the disk is full, new commands are answered `unavailable`, queries still
//    work, and service resumes when there is space.
// 4. Time never goes back: it is the clock's, or that of the last batch if that is later.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/journal/journal.h"
#include "engine/metrics.h"
#include "ports/box_office.h"
#include "ports/clock.h"
#include "ports/journal.h"
#include "ports/storage.h"
#include "sale/book.h"

namespace onrush::engine {

struct EngineConfig {
  std::uint16_t node = 0;  // 0..1023, distinct for each writer; only used for a new journal
  std::size_t rush_capacity = 65'536;
  std::size_t reserved_capacity = 8'192;
  std::size_t drain_commands_max = 4'096;  // applied between two looks at everything else
  std::size_t batch_events_max = 16'384;   // about; then the batch must be synced first
  std::size_t batch_bytes_max = 4U << 20;  // about
  std::chrono::microseconds sync_interval{1'000};
  std::uint64_t segment_bytes = 64ULL << 20;  // at least 64 KiB
  std::chrono::milliseconds space_wait{
      10'000};  // how long a batch may wait for a segment on a full disk
  std::uint64_t snapshot_every_events = 2'000'000;  // 0 = only at a clean stop
  bool snapshot_on_stop = true;
  // Called once, on a thread of the engine, after a failed write or sync. Must not call the engine.
  std::function<void(const std::string& why)> on_failure;
};

struct RecoveryReport {
  std::uint64_t snapshot_seq = 0;  // 0 = none used
  std::vector<std::string> snapshot_problems;
  std::uint64_t segments = 0;
  std::uint64_t events_replayed = 0;  // behind the snapshot
  std::uint64_t last_seq = 0;
  std::optional<journal::DroppedTail> torn;  // what was cut off; nothing of it was acknowledged
  std::chrono::milliseconds took{0};
};

class Engine final : public ports::BoxOffice {
 public:
  // Locks the directory and recovers; serves nothing yet. `storage` and `clock` must outlive the
  // engine. Errors: invalid (config), rejected (directory in use), corrupt (names file, offset,
  // reason), retryable.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(EngineConfig config,
                                                            ports::Storage& storage,
                                                            const ports::Clock& clock);
  ~Engine() override;  // stops

  [[nodiscard]] const RecoveryReport& recovery() const;
  // Before start(); it must outlive the engine.
  void add_listener(ports::EventListener& listener);
  void start();
  // Refuses what is new, answers everything taken, syncs, saves a snapshot, joins. Idempotent.
  void stop();

  [[nodiscard]] bool submit(sale::Command command, ports::Lane lane, ports::ReplySink& sink,
                            std::uint64_t ticket) noexcept override;
  [[nodiscard]] ports::ItemStatus status(sale::SaleNo sale,
                                         sale::ItemNo item) const noexcept override;
  [[nodiscard]] ports::LineStatus line(sale::SaleNo sale) const noexcept override;

  // Every sale as it is now, at any time of the engine's life. Waits for the writer's next turn
  // (some milliseconds), so not from its own threads. May show what is not durable yet.
  [[nodiscard]] std::vector<sale::SaleSummary> summaries();
  // A cursor over durable batches, for projectors. Thread-safe; must not outlive the storage.
  [[nodiscard]] std::unique_ptr<ports::JournalReader> reader(std::uint64_t from_seq) const;
  [[nodiscard]] std::uint64_t durable_seq() const noexcept;
  [[nodiscard]] EngineMetrics metrics() const;

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace onrush::engine
