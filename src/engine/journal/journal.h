// The journal of one data directory: recovered when opened, then appended to by one thread.
//
//   appended  →  written (pwrite)  →  synced (fdatasync)  →  durable_seq()
//
// 1. append() returns only when the batch is durable, or never will be known to be.
// 2. After a failed append() every later one fails: nothing is tried again. The process must stop,
// and
//    recover from what is on the disk.
// 3. Readers see what is durable, never more.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/journal/format.h"
#include "engine/journal/scan.h"
#include "engine/journal/segment_supply.h"
#include "ports/journal.h"
#include "ports/storage.h"

namespace onrush::journal {

struct JournalConfig {
  std::uint64_t segment_bytes = 64ULL << 20;
  std::uint64_t reserve_bytes = 9ULL << 20;      // see space()
  std::chrono::milliseconds space_wait{10'000};  // how long an append may wait for the next segment
  std::chrono::milliseconds space_retry{200};
};

// A point in the journal that somebody has the state of.
struct Checkpoint {
  JournalId journal{};
  std::uint64_t seq = 0;  // of the last event contained
  std::int64_t time_ms = INT64_MIN;
  Digest chain{};
};

struct DroppedTail {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct JournalRecovery {
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;  // given to the visitor
  std::uint64_t events = 0;
  std::optional<DroppedTail> torn;
};

enum class Space : std::uint8_t { enough, wait, full };

class Journal {
 public:
  // Recovers: verifies, gives every batch behind `from` to `visit`, and removes a torn tail; or
  // makes a new journal in a directory that has none. `storage` must outlive the journal and its
  // readers. Errors: corrupt (names file, offset, reason), retryable (I/O), or the visitor's own.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(ports::Storage& storage,
                                                             const JournalConfig& config,
                                                             const std::optional<Checkpoint>& from,
                                                             const RecordVisitor& visit,
                                                             JournalRecovery& report);

  // Appends one batch and makes it durable. `record` was begun by begin_record and holds the
  // encoded events; it is sealed in place. One thread. Error: unknown_outcome, see rule 2.
  [[nodiscard]] Status append(std::vector<std::byte>& record, std::uint32_t events,
                              std::int64_t time_ms);

  // Thread-safe.
  [[nodiscard]] std::uint64_t durable_seq() const noexcept {
    return durable_->load(std::memory_order_acquire);
  }
  // The point behind the last durable batch.
  [[nodiscard]] Checkpoint head() const;
  // Whether something new may be taken. `wait`: this segment has less than reserve_bytes left and
  // the next is still being made. `full`: it could not be made.
  [[nodiscard]] Space space() const noexcept;
  [[nodiscard]] std::string space_problem() const { return supply_->problem(); }
  // A cursor that begins with the batch that holds `from_seq` (1 = everything). Thread-safe.
  [[nodiscard]] std::unique_ptr<ports::JournalReader> reader(std::uint64_t from_seq) const;

 private:
  Journal(ports::Storage& storage, const JournalConfig& config)
      : storage_(storage), config_(config) {}
  Status create_first();
  Status recover(const std::vector<std::uint64_t>& segments, const std::optional<Checkpoint>& from,
                 const RecordVisitor& visit, JournalRecovery& report);
  Status open_last(std::uint64_t first_seq, const ScanResult& scan, JournalRecovery& report);
  Status roll(std::uint64_t record_bytes);
  Status begin_segment(std::unique_ptr<ports::File> file, const char* name, std::uint64_t bytes);
  Status write_record(std::vector<std::byte>& record, std::uint32_t events, std::int64_t time_ms);

  ports::Storage& storage_;
  const JournalConfig config_;
  JournalId id_{};
  std::unique_ptr<ports::File> file_;  // the segment that is appended to
  std::uint64_t file_bytes_ = 0;
  std::uint64_t offset_ = 0;
  Position position_;
  Sha256 hash_;
  bool failed_ = false;
  std::atomic<std::uint64_t> remaining_{0};
  std::shared_ptr<std::atomic<std::uint64_t>> durable_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  mutable std::mutex head_mutex_;
  Checkpoint head_;
  std::unique_ptr<SegmentSupply> supply_;
};

}  // namespace onrush::journal
