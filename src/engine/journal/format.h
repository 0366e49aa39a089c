// The bytes of segments and batch records: docs/journal_format.md, and nothing that is not in it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"

namespace onrush::journal {

using JournalId = std::array<std::byte, 16>;

inline constexpr std::size_t kSegmentHeaderBytes = 512;
inline constexpr std::size_t kRecordHeaderBytes = 64;
inline constexpr std::size_t kTrailerBytes = 40;
inline constexpr std::size_t kRecordAlign = 64;
inline constexpr std::size_t kSectorBytes = 512;

struct SegmentHeader {
  JournalId journal{};
  std::uint64_t first_seq = 1;
  std::uint64_t file_bytes = 0;
  Digest chain{};  // at the start of the segment
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

[[nodiscard]] std::vector<std::byte> encode(const SegmentHeader& header);
// Nothing if magic, version, CRC or the reserved bytes are wrong. Takes kSegmentHeaderBytes.
[[nodiscard]] std::optional<SegmentHeader> parse_segment_header(Bytes in);

struct RecordHeader {
  std::uint64_t first_seq = 0;
  std::int64_t time_ms = 0;
  std::uint32_t events = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t payload_crc = 0;

  // Of the whole record with padding and trailer.
  [[nodiscard]] std::uint64_t size() const;
};

// Nothing unless this is a record header of this journal with a good CRC. Takes kRecordHeaderBytes.
[[nodiscard]] std::optional<RecordHeader> parse_record_header(Bytes in, const JournalId& journal);

// True if payload CRC, padding and end mark are right; `record` is header.size() bytes.
[[nodiscard]] bool record_is_whole(Bytes record, const RecordHeader& header);
[[nodiscard]] Digest chain_of(Bytes record, const RecordHeader& header, const Digest& before,
                              Sha256& hash);
[[nodiscard]] Digest stored_chain(Bytes record);

// A record is built in place: the payload is written behind room for its header, then sealed.
void begin_record(std::vector<std::byte>& record);
// Completes header, padding and trailer; returns the chain hash that it ends with.
Digest seal_record(std::vector<std::byte>& record, RecordHeader header, const JournalId& journal,
                   const Digest& before, Sha256& hash);

[[nodiscard]] Digest first_chain(const JournalId& journal);

// "journal-00000000000000000001.seg"; and back, nothing if it is not such a name.
[[nodiscard]] std::string segment_name(std::uint64_t first_seq);
[[nodiscard]] std::optional<std::uint64_t> segment_first_seq(const std::string& name);

// "PREFIX" + 20 digits + "SUFFIX", and back.
[[nodiscard]] std::string numbered_name(const char* prefix, std::uint64_t number,
                                        const char* suffix);
[[nodiscard]] std::optional<std::uint64_t> number_of(const std::string& name, const char* prefix,
                                                     const char* suffix);

[[nodiscard]] bool all_zero(Bytes bytes);

}  // namespace onrush::journal
