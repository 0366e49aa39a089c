// Reading one segment as a whole, and telling its valid end from a torn tail and from damage. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/journal/format.h"

namespace onrush::journal {

// Where the journal stands: what the next record must follow from.
struct Position {
  std::uint64_t next_seq = 1;
  std::int64_t time_ms = INT64_MIN;  // of the last batch
  Digest chain{};
};

struct TornTail {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // up to the last byte that is not zero
};

struct ScanResult {
  std::uint64_t end = 0;  // offset at which the next record goes
  std::uint64_t batches = 0;
  std::optional<TornTail> torn;  // only in the last segment
};

// Given each valid record in order; an error ends the scan with that error.
using RecordVisitor = std::function<Status(const RecordHeader& header, Bytes payload)>;

// Checks every record of `segment` (the whole file) from offset `begin`, where a record must start
// or the end be, and carries `position` forward. Error: corrupt, "at byte N: why" (the caller adds
// the file's name).
[[nodiscard]] Result<ScanResult> scan_segment(Bytes segment, const JournalId& journal, bool is_last,
                                              Position& position, const RecordVisitor& visit,
                                              std::uint64_t begin = kSegmentHeaderBytes);

}  // namespace onrush::journal
