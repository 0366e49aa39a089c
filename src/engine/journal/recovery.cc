// Opening a journal: docs/journal_format.md, "The end, a torn tail, and damage".
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "engine/journal/journal.h"

namespace onrush::journal {
namespace {

JournalId random_id() {
  std::random_device device;
  JournalId id{};
  for (auto& b : id) b = static_cast<std::byte>(device());
  return id;
}

// First sequences of the segments, ascending. Removes what was never finished.
Result<std::vector<std::uint64_t>> find_segments(ports::Storage& storage) {
  auto names = storage.list();
  if (!names) return names.error();
  std::vector<std::uint64_t> segments;
  for (const std::string& name : names.value()) {
    if (name.ends_with(".tmp")) {
      if (Status s = storage.remove(name); !s) return s.error();
    }
    if (const auto seq = segment_first_seq(name)) segments.push_back(*seq);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

struct OpenSegment {
  std::unique_ptr<ports::File> file;
  SegmentHeader header;
};

Result<OpenSegment> open_segment(ports::Storage& storage, std::uint64_t first_seq,
                                 ports::Access access) {
  const std::string name = segment_name(first_seq);
  const auto wrong = [&](const std::string& why) {
    return corrupt(storage.describe(name) + ": " + why);
  };
  auto file = storage.open(name, access);
  if (!file) return file.error();
  const auto size = file.value()->size();
  if (!size) return size.error();
  if (size.value() < kSegmentHeaderBytes) return wrong("shorter than its header");
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  if (Status s = file.value()->read_at(0, bytes); !s) return s.error();
  const auto header = parse_segment_header(bytes);
  if (!header) return wrong("damaged at byte 0: this is not a segment header of a known version");
  if (header->first_seq != first_seq)
    return wrong("its header says that it begins with another event");
  if (header->file_bytes != size.value()) {
    return wrong(
        fmt::format("is {} bytes long but was made with {}", size.value(), header->file_bytes));
  }
  return OpenSegment{std::move(file.value()), *header};
}

// Batches up to the checkpoint were in the snapshot; the one behind it must continue its chain.
class CheckpointGate {
 public:
  CheckpointGate(const std::optional<Checkpoint>& from, const Position& position)
      : from_(from), position_(position) {}

  // True: the batch is behind the checkpoint.
  Result<bool> passes(const RecordHeader& header) const {
    if (!from_) return true;
    const std::uint64_t last = header.first_seq + header.events - 1;
    if (last <= from_->seq) return false;
    if (header.first_seq <= from_->seq)
      return corrupt("the snapshot ends within a batch of the journal");
    if (header.first_seq == from_->seq + 1 && position_.chain != from_->chain)
      return contradiction();
    return true;
  }
  Status at_end() const {
    if (!from_) return {};
    if (position_.next_seq <= from_->seq) {
      return corrupt(
          fmt::format("the journal ends with event {}, but there is a snapshot of event {}: "
                      "acknowledged events are missing",
                      position_.next_seq - 1, from_->seq));
    }
    if (position_.next_seq == from_->seq + 1 && position_.chain != from_->chain)
      return contradiction();
    return {};
  }

 private:
  static Error contradiction() { return corrupt("the snapshot's chain hash is not the journal's"); }

  const std::optional<Checkpoint>& from_;
  const Position& position_;
};

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(ports::Storage& storage, const JournalConfig& config,
                                               const std::optional<Checkpoint>& from,
                                               const RecordVisitor& visit,
                                               JournalRecovery& report) {
  auto segments = find_segments(storage);
  if (!segments) return segments.error();
  std::unique_ptr<Journal> journal(new Journal(storage, config));
  if (segments.value().empty()) {
    if (from) return corrupt("there is a snapshot, but the journal's segments are missing");
    if (Status s = journal->create_first(); !s) return s.error();
  } else if (Status s = journal->recover(segments.value(), from, visit, report); !s) {
    return s.error();
  }
  journal->head_ = {journal->id_, journal->position_.next_seq - 1, journal->position_.time_ms,
                    journal->position_.chain};
  journal->durable_->store(journal->position_.next_seq - 1, std::memory_order_release);
  journal->supply_ =
      std::make_unique<SegmentSupply>(storage, config.segment_bytes, config.space_retry);
  return journal;
}

Status Journal::create_first() {
  id_ = random_id();
  position_.chain = first_chain(id_);
  auto file = storage_.create("first-segment.tmp", config_.segment_bytes);
  if (!file) return file.error();
  return begin_segment(std::move(file.value()), "first-segment.tmp", config_.segment_bytes);
}

Status Journal::recover(const std::vector<std::uint64_t>& segments,
                        const std::optional<Checkpoint>& from, const RecordVisitor& visit,
                        JournalRecovery& report) {
  const auto name_of = [this](std::uint64_t seq) { return storage_.describe(segment_name(seq)); };
  if (segments.front() != 1)
    return corrupt("the first journal segment, " + name_of(1) + ", is missing");
  // The last segment that begins at or before the checkpoint holds it.
  auto start = segments.begin();
  while (from && start + 1 != segments.end() && *(start + 1) <= from->seq) ++start;

  const CheckpointGate gate(from, position_);
  std::vector<std::byte> bytes;
  ScanResult scan;
  for (auto it = segments.begin(); it != segments.end(); ++it) {
    auto segment = open_segment(storage_, *it, ports::Access::read);
    if (!segment) return segment.error();
    const SegmentHeader& header = segment.value().header;
    if (it == segments.begin()) id_ = header.journal;
    if (header.journal != id_ || (from && from->journal != id_)) {
      return corrupt(name_of(*it) + ": belongs to another journal");
    }
    ++report.segments;
    if (it < start) continue;
    if (it == start) {
      position_ = {header.first_seq, INT64_MIN, header.chain};
      if (*it == 1 && header.chain != first_chain(id_))
        return corrupt(name_of(1) + ": wrong chain hash");
    }
    if (header.first_seq != position_.next_seq || header.chain != position_.chain) {
      return corrupt(fmt::format("{}: does not continue the journal, whose next event is {}",
                                 name_of(*it), position_.next_seq));
    }
    bytes.resize(header.file_bytes);
    if (Status s = segment.value().file->read_at(0, bytes); !s) return s;
    const auto counted = [&](const RecordHeader& record, Bytes payload) -> Status {
      const auto passes = gate.passes(record);
      if (!passes) return passes.error();
      if (!passes.value()) return {};
      ++report.batches;
      report.events += record.events;
      return visit(record, payload);
    };
    auto scanned = scan_segment(bytes, id_, it + 1 == segments.end(), position_, counted);
    if (!scanned) return Error{scanned.error().kind, name_of(*it) + ": " + scanned.error().message};
    scan = scanned.value();
  }
  if (Status s = gate.at_end(); !s) return s;
  return open_last(segments.back(), scan, report);
}

Status Journal::open_last(std::uint64_t first_seq, const ScanResult& scan,
                          JournalRecovery& report) {
  auto segment = open_segment(storage_, first_seq, ports::Access::read_write);
  if (!segment) return segment.error();
  file_ = std::move(segment.value().file);
  file_bytes_ = segment.value().header.file_bytes;
  offset_ = scan.end;
  remaining_.store(file_bytes_ - offset_, std::memory_order_relaxed);
  if (!scan.torn) return {};
  // Left in place, its remains could later be taken for damage behind a shorter record.
  const std::vector<std::byte> zeros(scan.torn->bytes);
  if (Status s = file_->write_at(scan.torn->offset, zeros); !s) return s;
  if (Status s = file_->sync(); !s) return s;
  report.torn =
      DroppedTail{storage_.describe(segment_name(first_seq)), scan.torn->offset, scan.torn->bytes};
  return {};
}

}  // namespace onrush::journal
