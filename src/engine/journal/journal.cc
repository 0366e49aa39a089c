#include "engine/journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "engine/journal/reader.h"

namespace onrush::journal {

Status Journal::append(std::vector<std::byte>& record, std::uint32_t events, std::int64_t time_ms) {
  if (failed_) return unknown_outcome("the journal has failed before; recover from disk");
  const Status written = write_record(record, events, time_ms);
  failed_ = !written;
  return written;
}

Status Journal::write_record(std::vector<std::byte>& record, std::uint32_t events,
                             std::int64_t time_ms) {
  INVARIANT(time_ms >= position_.time_ms, "time in the journal never goes back");
  RecordHeader header;
  header.first_seq = position_.next_seq;
  header.time_ms = time_ms;
  header.events = events;
  const Digest chain = seal_record(record, header, id_, position_.chain, hash_);
  if (record.size() > file_bytes_ - offset_) {
    if (Status s = roll(record.size()); !s) return s;
  }
  if (Status s = file_->write_at(offset_, record); !s) return s;
  if (Status s = file_->sync(); !s) return s;

  offset_ += record.size();
  position_ = {header.first_seq + events, time_ms, chain};
  remaining_.store(file_bytes_ - offset_, std::memory_order_relaxed);
  {
    const std::lock_guard lock(head_mutex_);
    head_ = {id_, position_.next_seq - 1, time_ms, chain};
  }
  durable_->store(position_.next_seq - 1, std::memory_order_release);
  return {};
}

Status Journal::roll(std::uint64_t record_bytes) {
  if (kSegmentHeaderBytes + record_bytes > config_.segment_bytes) {
    // A batch that no ordinary segment can hold gets one of its own size.
    const std::uint64_t bytes = kSegmentHeaderBytes + record_bytes;
    auto file = storage_.create("large-segment.tmp", bytes);
    if (!file) return file.error();
    return begin_segment(std::move(file.value()), "large-segment.tmp", bytes);
  }
  auto file = supply_->take(config_.space_wait);
  if (file == nullptr) {
    return unknown_outcome("no space for the next journal segment: " + supply_->problem());
  }
  Status begun = begin_segment(std::move(file), SegmentSupply::kName, config_.segment_bytes);
  supply_->prepare_next();
  return begun;
}

Status Journal::begin_segment(std::unique_ptr<ports::File> file, const char* name,
                              std::uint64_t bytes) {
  const SegmentHeader header{id_, position_.next_seq, bytes, position_.chain};
  if (Status s = file->write_at(0, encode(header)); !s) return s;
  if (Status s = file->sync(); !s) return s;
  if (Status s = storage_.rename(name, segment_name(position_.next_seq)); !s) return s;
  if (Status s = storage_.sync_directory(); !s) return s;
  file_ = std::move(file);
  file_bytes_ = bytes;
  offset_ = kSegmentHeaderBytes;
  remaining_.store(bytes - offset_, std::memory_order_relaxed);
  return {};
}

Checkpoint Journal::head() const {
  const std::lock_guard lock(head_mutex_);
  return head_;
}

Space Journal::space() const noexcept {
  if (remaining_.load(std::memory_order_relaxed) >= config_.reserve_bytes || supply_->ready()) {
    return Space::enough;
  }
  return supply_->failing() ? Space::full : Space::wait;
}

std::unique_ptr<ports::JournalReader> Journal::reader(std::uint64_t from_seq) const {
  return std::make_unique<FileReader>(storage_, id_, durable_, from_seq);
}

}  // namespace onrush::journal
