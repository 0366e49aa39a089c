// Snapshot files: the state after some event, so that starting need not replay everything. Nothing
// depends on them; see docs/journal_format.md, "Snapshot file".
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/journal/journal.h"
#include "engine/metrics.h"
#include "ports/storage.h"
#include "sale/book.h"

namespace onrush::engine {

struct LoadedSnapshot {
  journal::Checkpoint point;
  sale::Book book;
};

// The newest snapshot that is whole. Those passed over are named in `problems`. Error: retryable
// (I/O).
[[nodiscard]] Result<std::optional<LoadedSnapshot>> load_newest_snapshot(
    ports::Storage& storage, std::vector<std::string>& problems);

// Writes one snapshot durably, then removes all but the two newest.
[[nodiscard]] Status write_snapshot(ports::Storage& storage, const journal::Checkpoint& point,
                                    Bytes state);

// Writes snapshots on a thread of its own. A failure is counted, and harmless.
class SnapshotWriter {
 public:
  SnapshotWriter(ports::Storage& storage, Counters& counters);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // `point` must be durable in the journal. One that is still waiting is replaced by the newer.
  void submit(const journal::Checkpoint& point, std::vector<std::byte> state);
  // Waits until what was submitted is written.
  void finish();

 private:
  struct Job {
    journal::Checkpoint point;
    std::vector<std::byte> state;
  };
  void run();

  ports::Storage& storage_;
  Counters& counters_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> job_;
  bool writing_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onrush::engine
