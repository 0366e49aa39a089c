// Writes journals for the auditor's tests, byte by byte as docs/journal_format.md says, right or
// wrong.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "sale/event.h"

namespace onrush::auditor {

struct TestBatch {
  std::int64_t time_ms = 0;
  std::vector<sale::Event> events;
};

class JournalBuilder {
 public:
  JournalBuilder();
  ~JournalBuilder();
  JournalBuilder(const JournalBuilder&) = delete;
  JournalBuilder& operator=(const JournalBuilder&) = delete;

  void add(const TestBatch& batch);
  void new_segment();
  // Writes all files; returns the directory.
  std::string write();
  // A snapshot's header (no state): what the auditor reads of it.
  void write_snapshot(std::uint64_t last_seq, const Digest& chain);

  // For mistakes: changed before write().
  struct Segment {
    std::uint64_t first_seq = 1;
    std::vector<std::byte> bytes;
    std::size_t used = 512;
  };
  std::vector<Segment> segments;
  std::vector<std::size_t> record_at;  // of the last segment
  std::uint64_t next_seq = 1;
  std::int64_t seq_error = 0;  // added to the next record's sequence
  bool chain_error = false;    // the next record has a wrong chain hash
  Digest chain{};
  static constexpr std::size_t kSegmentBytes = 32 * 1024;
  [[nodiscard]] std::filesystem::path directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
  std::array<std::byte, 16> id_{};
};

}  // namespace onrush::auditor
