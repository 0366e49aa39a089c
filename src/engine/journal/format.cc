#include "engine/journal/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/crc32c.h"
#include "base/invariant.h"

namespace onrush::journal {
namespace {

constexpr char kSegmentMagic[] = "ONRUSHJ1";
constexpr char kRecordMagic[] = "BTCH";
constexpr char kEndMagic[] = "BATCHEND";
constexpr std::uint32_t kVersion = 1;

template <class T>
void put_at(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
T get_at(const std::byte* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The CRC of a header whose own CRC field, at `field`, counts as zero.
std::uint32_t crc_without(Bytes header, std::size_t field) {
  static constexpr std::array<std::byte, 4> kZero{};
  const std::uint32_t before = crc32c(kZero, crc32c(header.first(field)));
  return crc32c(header.subspan(field + 4), before);
}

}  // namespace

std::vector<std::byte> encode(const SegmentHeader& header) {
  std::vector<std::byte> out(kSegmentHeaderBytes);
  std::memcpy(out.data(), kSegmentMagic, 8);
  put_at(&out[8], kVersion);
  std::memcpy(&out[16], header.journal.data(), header.journal.size());
  put_at(&out[32], header.first_seq);
  put_at(&out[40], header.file_bytes);
  std::memcpy(&out[48], header.chain.data(), header.chain.size());
  put_at(&out[12], crc_without(out, 12));
  return out;
}

std::optional<SegmentHeader> parse_segment_header(Bytes in) {
  if (in.size() < kSegmentHeaderBytes) return std::nullopt;
  in = in.first(kSegmentHeaderBytes);
  if (std::memcmp(in.data(), kSegmentMagic, 8) != 0) return std::nullopt;
  if (get_at<std::uint32_t>(&in[8]) != kVersion) return std::nullopt;
  if (get_at<std::uint32_t>(&in[12]) != crc_without(in, 12)) return std::nullopt;
  if (!all_zero(in.subspan(80))) return std::nullopt;
  SegmentHeader header;
  std::memcpy(header.journal.data(), &in[16], header.journal.size());
  header.first_seq = get_at<std::uint64_t>(&in[32]);
  header.file_bytes = get_at<std::uint64_t>(&in[40]);
  std::memcpy(header.chain.data(), &in[48], header.chain.size());
  return header;
}

std::uint64_t RecordHeader::size() const {
  const std::uint64_t bytes = kRecordHeaderBytes + std::uint64_t{payload_bytes} + kTrailerBytes;
  return (bytes + kRecordAlign - 1) / kRecordAlign * kRecordAlign;
}

std::optional<RecordHeader> parse_record_header(Bytes in, const JournalId& journal) {
  if (std::memcmp(in.data(), kRecordMagic, 4) != 0) return std::nullopt;
  if (get_at<std::uint32_t>(&in[4]) != crc32c(in.subspan(8, kRecordHeaderBytes - 8)))
    return std::nullopt;
  if (std::memcmp(&in[40], journal.data(), journal.size()) != 0) return std::nullopt;
  if (get_at<std::uint32_t>(&in[36]) != 0 || get_at<std::uint64_t>(&in[56]) != 0)
    return std::nullopt;
  RecordHeader header;
  header.first_seq = get_at<std::uint64_t>(&in[8]);
  header.time_ms = get_at<std::int64_t>(&in[16]);
  header.events = get_at<std::uint32_t>(&in[24]);
  header.payload_bytes = get_at<std::uint32_t>(&in[28]);
  header.payload_crc = get_at<std::uint32_t>(&in[32]);
  if (header.events == 0) return std::nullopt;
  return header;
}

bool record_is_whole(Bytes record, const RecordHeader& header) {
  const std::size_t payload_end = kRecordHeaderBytes + header.payload_bytes;
  const std::size_t trailer = record.size() - kTrailerBytes;
  return crc32c(record.subspan(kRecordHeaderBytes, header.payload_bytes)) == header.payload_crc &&
         all_zero(record.subspan(payload_end, trailer - payload_end)) &&
         std::memcmp(&record[trailer], kEndMagic, 8) == 0;
}

Digest chain_of(Bytes record, const RecordHeader& header, const Digest& before, Sha256& hash) {
  return hash.update(before)
      .update(record.first(kRecordHeaderBytes + header.payload_bytes))
      .finish();
}

Digest stored_chain(Bytes record) {
  Digest chain{};
  std::memcpy(chain.data(), record.last(chain.size()).data(), chain.size());
  return chain;
}

void begin_record(std::vector<std::byte>& record) {
  record.assign(kRecordHeaderBytes, std::byte{0});
}

Digest seal_record(std::vector<std::byte>& record, RecordHeader header, const JournalId& journal,
                   const Digest& before, Sha256& hash) {
  const std::size_t payload = record.size() - kRecordHeaderBytes;
  INVARIANT(payload <= UINT32_MAX - 1024, "a batch is smaller than 4 GiB");
  INVARIANT(header.events > 0, "a record has an event");
  header.payload_bytes = static_cast<std::uint32_t>(payload);
  header.payload_crc = crc32c(Bytes(record).subspan(kRecordHeaderBytes));

  std::memset(record.data(), 0, kRecordHeaderBytes);
  std::memcpy(record.data(), kRecordMagic, 4);
  put_at(&record[8], header.first_seq);
  put_at(&record[16], header.time_ms);
  put_at(&record[24], header.events);
  put_at(&record[28], header.payload_bytes);
  put_at(&record[32], header.payload_crc);
  std::memcpy(&record[40], journal.data(), journal.size());
  put_at(&record[4], crc32c(Bytes(record).subspan(8, kRecordHeaderBytes - 8)));

  const Digest chain = chain_of(record, header, before, hash);
  record.resize(header.size(), std::byte{0});
  std::memcpy(&record[record.size() - kTrailerBytes], kEndMagic, 8);
  std::memcpy(&record[record.size() - chain.size()], chain.data(), chain.size());
  return chain;
}

Digest first_chain(const JournalId& journal) {
  return sha256(journal);
}

std::string numbered_name(const char* prefix, std::uint64_t number, const char* suffix) {
  return fmt::format("{}{:020}{}", prefix, number, suffix);
}

std::optional<std::uint64_t> number_of(const std::string& name, const char* prefix,
                                       const char* suffix) {
  const std::size_t begin = std::strlen(prefix);
  if (name.size() != begin + 20 + std::strlen(suffix)) return std::nullopt;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + begin + 20;
  const auto parsed = std::from_chars(name.data() + begin, end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string segment_name(std::uint64_t first_seq) {
  return numbered_name("journal-", first_seq, ".seg");
}

std::optional<std::uint64_t> segment_first_seq(const std::string& name) {
  return number_of(name, "journal-", ".seg");
}

bool all_zero(Bytes bytes) {
  // Comparing a buffer with itself, one byte on: memcmp is the fastest loop there is.
  if (bytes.empty()) return true;
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace onrush::journal
