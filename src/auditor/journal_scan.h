// Reads segments and batch records as docs/journal_format.md defines them. Written from the
// document and not from the engine, so that one's mistake is not also the other's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace onrush::auditor {

struct ScannedBatch {
  std::uint64_t first_seq = 0;
  std::int64_t time_ms = 0;
  std::uint32_t events = 0;
  Bytes payload;  // valid during the call
};

struct ScanFault {
  std::uint64_t seq = 0;
  std::string code;
  std::string text;
};

struct Scan {
  std::string journal_id, head;
  std::uint64_t segments = 0, batches = 0, last_seq = 0;
  std::int64_t last_time_ms = 0;
  std::vector<std::string> notes;
  std::vector<ScanFault> faults;
};

// Hands over every batch whose bytes are whole, in order; stops at the first place where the bytes
// are not. Error: rejected (no journal there, not readable).
[[nodiscard]] Result<Scan> scan_journal(const std::string& directory,
                                        const std::function<void(const ScannedBatch&)>& on_batch);

}  // namespace onrush::auditor
