#include "engine/journal/scan.h"

#include <fmt/format.h>

#include <algorithm>

namespace onrush::journal {
namespace {

Error damage(std::uint64_t offset, const std::string& why) {
  return corrupt(fmt::format("damaged at byte {}: {}", offset, why));
}

std::uint64_t last_nonzero(Bytes segment, std::uint64_t from) {
  // Whole sectors first: the tail of a segment is long and nearly always empty.
  std::uint64_t end = segment.size();
  while (end >= from + kSectorBytes &&
         all_zero(segment.subspan(end - kSectorBytes, kSectorBytes))) {
    end -= kSectorBytes;
  }
  while (end > from && segment[end - 1] == std::byte{0}) --end;
  return end;
}

bool a_record_follows(Bytes segment, std::uint64_t from, const JournalId& journal) {
  for (std::uint64_t at = from; at + kRecordHeaderBytes <= segment.size(); at += kRecordAlign) {
    if (parse_record_header(segment.subspan(at, kRecordHeaderBytes), journal)) return true;
  }
  return false;
}

// A torn write leaves each sector either new or zero, and the header's own sector is new here.
bool a_sector_is_missing(Bytes segment, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t at = begin / kSectorBytes * kSectorBytes + kSectorBytes;
  for (; at < end; at += kSectorBytes) {
    const std::uint64_t stop = std::min<std::uint64_t>(at + kSectorBytes, end);
    if (all_zero(segment.subspan(at, stop - at))) return true;
  }
  return false;
}

// "" if what stands at `at`, which is not a valid record, can be the remains of a torn write.
std::string why_not_torn(Bytes segment, std::uint64_t at, std::uint64_t data_end,
                         const JournalId& journal) {
  if (a_record_follows(segment, at + kRecordAlign, journal)) {
    return "a record is broken, yet later ones follow it";
  }
  const Bytes header_bytes = segment.subspan(at, kRecordHeaderBytes);
  if (all_zero(header_bytes)) return "";
  const auto header = parse_record_header(header_bytes, journal);
  if (!header) return "a record's header is wrong, and cannot have been torn";
  const std::uint64_t size = header->size();
  if (size > segment.size() - at) return "a record is longer than its segment";
  if (data_end > at + size) return "there is something behind the last record";
  if (!a_sector_is_missing(segment, at, at + size)) return "the last record is complete, but wrong";
  return "";
}

// "" if the record follows from the position and is right.
std::string why_invalid(Bytes record, const RecordHeader& header, const Position& position,
                        Sha256& hash, Digest& chain) {
  if (header.first_seq != position.next_seq) {
    return fmt::format("it begins with event {} where {} is next", header.first_seq,
                       position.next_seq);
  }
  if (header.time_ms < position.time_ms) return "its time goes back";
  if (!record_is_whole(record, header)) return "its contents are wrong";
  chain = chain_of(record, header, position.chain, hash);
  if (chain != stored_chain(record)) return "its chain hash is wrong";
  return "";
}

}  // namespace

Result<ScanResult> scan_segment(Bytes segment, const JournalId& journal, bool is_last,
                                Position& position, const RecordVisitor& visit,
                                std::uint64_t begin) {
  ScanResult result;
  Sha256 hash;
  std::uint64_t at = begin;
  std::string why;
  while (segment.size() - at >= kRecordHeaderBytes) {
    why.clear();
    const auto header = parse_record_header(segment.subspan(at, kRecordHeaderBytes), journal);
    if (!header || header->size() > segment.size() - at) break;
    const Bytes record = segment.subspan(at, header->size());
    Digest chain{};
    why = why_invalid(record, *header, position, hash, chain);
    if (!why.empty()) break;
    if (Status s = visit(*header, record.subspan(kRecordHeaderBytes, header->payload_bytes)); !s) {
      return s.error();
    }
    position = {header->first_seq + header->events, header->time_ms, chain};
    at += header->size();
    ++result.batches;
  }
  result.end = at;
  const std::uint64_t data_end = last_nonzero(segment, at);
  if (data_end == at) return result;
  if (!is_last) {
    return damage(at, why.empty() ? "no valid record, yet a later segment exists"
                                  : "the record here: " + why);
  }
  if (segment.size() - at < kRecordHeaderBytes)
    return damage(at, "there is something behind the last record");
  if (const std::string not_torn = why_not_torn(segment, at, data_end, journal);
      !not_torn.empty()) {
    return damage(at, why.empty() ? not_torn : not_torn + " (" + why + ")");
  }
  result.torn = TornTail{at, data_end - at};
  return result;
}

}  // namespace onrush::journal
