// Reading the journal as events. (Writing is between the engine and its journal; see
// engine/journal.h.)
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sale/event.h"

namespace onrush::ports {

// One batch: what was applied together and synced by one fdatasync.
struct JournalBatch {
  std::uint64_t first_seq = 0;  // 1-based sequence of events[0]; sequences have no gaps
  TimePoint at{};               // the time at which all of it was decided
  std::vector<sale::Event> events;
};

// A forward cursor over durable batches. One thread at a time; any number of readers beside the
// writer.
class JournalReader {
 public:
  virtual ~JournalReader() = default;
  // True: `batch` is the next one. False: nothing more is durable yet; call again later.
  // Errors: corrupt, or retryable (I/O).
  [[nodiscard]] virtual Result<bool> next(JournalBatch& batch) = 0;
};

}  // namespace onrush::ports
