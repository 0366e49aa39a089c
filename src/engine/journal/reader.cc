#include "engine/journal/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sale/event_codec.h"

namespace onrush::journal {

Status decode_events(Bytes payload, std::uint32_t count, std::vector<sale::Event>& out) {
  ByteReader in(payload);
  out.clear();
  out.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto event = sale::decode_event(in);
    if (!event) return event.error();
    out.push_back(std::move(event.value()));
  }
  if (!in.ok() || !in.at_end()) return corrupt("a batch holds more than its events");
  return {};
}

FileReader::FileReader(ports::Storage& storage, const JournalId& journal,
                       std::shared_ptr<const std::atomic<std::uint64_t>> durable,
                       std::uint64_t from_seq)
    : storage_(storage),
      journal_(journal),
      durable_(std::move(durable)),
      from_seq_(std::max<std::uint64_t>(from_seq, 1)) {}

Result<bool> FileReader::next(ports::JournalBatch& batch) {
  if (file_ == nullptr) {
    if (durable_->load(std::memory_order_acquire) < from_seq_) return false;
    const auto first = segment_holding(from_seq_);
    if (!first) return first.error();
    if (Status s = open_segment(first.value()); !s) return s.error();
  }
  while (next_seq_ <= durable_->load(std::memory_order_acquire)) {
    const auto header = next_header();
    if (!header) return header.error();
    const std::uint64_t behind = next_seq_ + header.value().events;
    if (behind > from_seq_) {
      if (Status s = read_record(header.value(), batch); !s) return s.error();
    }
    offset_ += header.value().size();
    next_seq_ = behind;
    if (behind > from_seq_) return true;
  }
  return false;
}

Result<std::uint64_t> FileReader::segment_holding(std::uint64_t seq) {
  const auto names = storage_.list();
  if (!names) return names.error();
  std::uint64_t best = 0;
  for (const std::string& name : names.value()) {
    const auto first = segment_first_seq(name);
    if (first && *first <= seq) best = std::max(best, *first);
  }
  if (best == 0) return corrupt("no journal segment holds event " + std::to_string(seq));
  return best;
}

Status FileReader::open_segment(std::uint64_t first_seq) {
  const std::string name = segment_name(first_seq);
  auto file = storage_.open(name, ports::Access::read);
  if (!file) return file.error();
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  if (Status s = file.value()->read_at(0, bytes); !s) return s;
  const auto header = parse_segment_header(bytes);
  if (!header || header->journal != journal_ || header->first_seq != first_seq) {
    return corrupt(storage_.describe(name) + ": damaged at byte 0: wrong segment header");
  }
  file_ = std::move(file.value());
  name_ = name;
  file_bytes_ = header->file_bytes;
  offset_ = kSegmentHeaderBytes;
  next_seq_ = first_seq;
  return {};
}

// Of the record with next_seq_, which is known to be durable, so it is here or begins the next
// segment.
Result<RecordHeader> FileReader::next_header() {
  for (int segments = 0; segments < 2; ++segments) {
    std::array<std::byte, kRecordHeaderBytes> bytes{};
    if (file_bytes_ - offset_ >= bytes.size()) {
      if (Status s = file_->read_at(offset_, bytes); !s) return s.error();
    }
    if (all_zero(bytes)) {
      if (Status s = open_segment(next_seq_); !s) return s.error();
      continue;
    }
    const auto header = parse_record_header(bytes, journal_);
    if (!header || header->first_seq != next_seq_ || header->size() > file_bytes_ - offset_) break;
    return *header;
  }
  return corrupt(fmt::format("{}: damaged at byte {}: no record of event {}",
                             storage_.describe(name_), offset_, next_seq_));
}

Status FileReader::read_record(const RecordHeader& header, ports::JournalBatch& batch) {
  record_.resize(header.size());
  if (Status s = file_->read_at(offset_, record_); !s) return s;
  const auto wrong = [&](const std::string& why) {
    return corrupt(
        fmt::format("{}: damaged at byte {}: {}", storage_.describe(name_), offset_, why));
  };
  if (!record_is_whole(record_, header)) return wrong("the record's contents are wrong");
  batch.first_seq = header.first_seq;
  batch.at = from_millis(header.time_ms);
  const Bytes payload = Bytes(record_).subspan(kRecordHeaderBytes, header.payload_bytes);
  if (Status s = decode_events(payload, header.events, batch.events); !s)
    return wrong(s.error().message);
  return {};
}

}  // namespace onrush::journal
