#include "auditor/journal_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "base/crc32c.h"
#include "base/hex.h"
#include "base/sha256.h"

namespace onrush::auditor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSegmentHeader = 512;
constexpr std::size_t kRecordHeader = 64;
constexpr std::size_t kTrailer = 40;
constexpr std::size_t kAlign = 64;
constexpr std::size_t kSector = 512;
constexpr std::size_t kSnapshotHeader = 160;
constexpr int kLiveReads = 10;  // a writer may be in the middle of the last record
constexpr std::chrono::milliseconds kLivePause{20};

template <class T>
T field(Bytes bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool is_text(Bytes bytes, std::size_t at, std::string_view text) {
  return std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

bool zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
}

// CRC32C of a header whose CRC field, at 12, counts as zero.
std::uint32_t header_crc(Bytes header) {
  constexpr std::array<std::byte, 4> kNothing{};
  std::uint32_t crc = crc32c(header.first(12));
  crc = crc32c(kNothing, crc);
  return crc32c(header.subspan(16), crc);
}

Result<std::vector<std::byte>> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return rejected("cannot read " + path.string());
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return rejected("cannot read " + path.string());
  return bytes;
}

// Files "PREFIX<20 digits>SUFFIX" by their number.
std::map<std::uint64_t, fs::path> numbered_files(const std::string& directory,
                                                 std::string_view prefix, std::string_view suffix,
                                                 std::error_code& error) {
  std::map<std::uint64_t, fs::path> files;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() != prefix.size() + 20 + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      continue;
    }
    std::uint64_t number = 0;
    const char* digits = name.data() + prefix.size();
    const auto [stop, failed] = std::from_chars(digits, digits + 20, number);
    if (failed == std::errc{} && stop == digits + 20) files.emplace(number, it->path());
  }
  return files;
}

struct Record {
  std::uint64_t first_seq = 0;
  std::int64_t time_ms = 0;
  std::uint32_t events = 0;
  std::uint64_t payload = 0;
  std::uint64_t size = 0;
};

enum class Tail { end, torn, damaged };

class Scanner {
 public:
  Scanner(const std::string& directory, const std::function<void(const ScannedBatch&)>& on_batch)
      : directory_(directory), on_batch_(on_batch) {}

  Result<Scan> run() {
    std::error_code error;
    const auto snapshots = numbered_files(directory_, "snapshot-", ".snap", error);
    for (const auto& [seq, path] : snapshots) read_snapshot(path);
    const auto segments = numbered_files(directory_, "journal-", ".seg", error);
    if (error) return rejected("cannot read " + directory_ + ": " + error.message());
    if (segments.empty()) return rejected("there is no journal in " + directory_);
    for (auto it = segments.begin(); it != segments.end(); ++it) {
      const bool last = std::next(it) == segments.end();
      auto going_on = read_segment(it->second, it->first, last);
      if (!going_on) return going_on.error();
      if (!*going_on) break;
    }
    scan_.last_seq = next_seq_ - 1;
    scan_.head = to_hex(chain_);
    scan_.journal_id = to_hex(Bytes{id_});
    if (!stopped_) {
      for (const auto& [seq, chain] : snapshot_chains_) {
        if (seq > scan_.last_seq) {
          fault(seq, "journal_cut",
                fmt::format("a snapshot contains event {}, the journal ends at {}", seq,
                            scan_.last_seq));
        }
      }
    }
    return std::move(scan_);
  }

 private:
  void fault(std::uint64_t seq, std::string code, std::string text) {
    scan_.faults.push_back({seq, std::move(code), std::move(text)});
  }

  // Only its header: where the chain was. A broken snapshot proves nothing, and is passed over.
  void read_snapshot(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<std::byte, kSnapshotHeader> header{};
    if (!file.read(reinterpret_cast<char*>(header.data()), header.size())) return;
    const Bytes bytes{header};
    if (!is_text(bytes, 0, "ONRUSHS1") || field<std::uint32_t>(bytes, 12) != header_crc(bytes))
      return;
    Digest chain;
    std::memcpy(chain.data(), header.data() + 48, chain.size());
    snapshot_chains_[field<std::uint64_t>(bytes, 32)] = chain;
  }

  // Whether the header belongs where it is found; takes over the journal's id from the first.
  bool check_segment_header(Bytes file, const std::string& name, std::uint64_t number) {
    if (file.size() < kSegmentHeader) {
      fault(number, "segment_damaged", name + ": shorter than its header");
      return false;
    }
    const Bytes header = file.first(kSegmentHeader);
    std::string why;
    if (!is_text(header, 0, "ONRUSHJ1")) {
      why = "not a journal segment";
    } else if (field<std::uint32_t>(header, 12) != header_crc(header)) {
      why = "the header's checksum is wrong";
    } else if (field<std::uint32_t>(header, 8) != 1) {
      why = "an unknown format version";
    } else if (!zero(header.subspan(80))) {
      why = "the header has bytes where there must be none";
    } else if (field<std::uint64_t>(header, 40) != file.size()) {
      why = "the file's size is not the one in its header";
    } else if (field<std::uint64_t>(header, 32) != number) {
      why = "the name and the header disagree about the first sequence";
    }
    if (!why.empty()) {
      fault(number, "segment_damaged", name + ": " + why);
      return false;
    }
    Digest chain;
    std::memcpy(chain.data(), header.data() + 48, chain.size());
    if (scan_.segments == 0) {
      std::memcpy(id_.data(), header.data() + 16, id_.size());
      chain_ = sha256(Bytes{id_});
    } else if (std::memcmp(id_.data(), header.data() + 16, id_.size()) != 0) {
      fault(number, "foreign_segment", name + ": of another journal");
      return false;
    }
    if (number != next_seq_) {
      fault(next_seq_, "sequence_gap",
            fmt::format("{}: begins with event {}, event {} must follow", name, number, next_seq_));
      return false;
    }
    if (chain != chain_) {
      fault(number, "chain_broken", name + ": does not continue the chain of what is before it");
      return false;
    }
    return true;
  }

  std::optional<Record> record_header(Bytes file, std::size_t at) const {
    if (file.size() - at < kRecordHeader) return std::nullopt;
    const Bytes header = file.subspan(at, kRecordHeader);
    if (!is_text(header, 0, "BTCH") ||
        field<std::uint32_t>(header, 4) != crc32c(header.subspan(8)) ||
        std::memcmp(header.data() + 40, id_.data(), id_.size()) != 0) {
      return std::nullopt;
    }
    Record record;
    record.first_seq = field<std::uint64_t>(header, 8);
    record.time_ms = field<std::int64_t>(header, 16);
    record.events = field<std::uint32_t>(header, 24);
    record.payload = field<std::uint32_t>(header, 28);
    record.size = (kRecordHeader + record.payload + kTrailer + kAlign - 1) / kAlign * kAlign;
    return record;
  }

  // Payload, padding and end mark; what the chain says is looked at separately.
  static bool whole(Bytes file, std::size_t at, const Record& record) {
    if (file.size() - at < record.size) return false;
    const Bytes bytes = file.subspan(at, record.size);
    const Bytes payload = bytes.subspan(kRecordHeader, record.payload);
    const std::size_t padding = kRecordHeader + record.payload;
    const std::size_t trailer = record.size - kTrailer;
    return field<std::uint32_t>(bytes, 32) == crc32c(payload) &&
           field<std::uint32_t>(bytes, 36) == 0 && field<std::uint64_t>(bytes, 56) == 0 &&
           zero(bytes.subspan(padding, trailer - padding)) && is_text(bytes, trailer, "BATCHEND");
  }

  void take_record(Bytes file, std::size_t at, const Record& record, const std::string& name) {
    const Bytes bytes = file.subspan(at, record.size);
    hash_.update(Bytes{chain_});
    const Digest chain = hash_.update(bytes.first(kRecordHeader + record.payload)).finish();
    Digest stored;
    std::memcpy(stored.data(), bytes.data() + record.size - 32, stored.size());
    if (chain != stored) {
      fault(record.first_seq, "chain_broken",
            fmt::format("{} at {}: the chain hash is wrong", name, at));
    }
    if (record.first_seq != next_seq_) {
      fault(record.first_seq, "sequence_gap",
            fmt::format("{} at {}: begins with event {}, event {} must follow", name, at,
                        record.first_seq, next_seq_));
    }
    if (scan_.batches > 0 && record.time_ms < scan_.last_time_ms) {
      fault(record.first_seq, "time_went_back",
            fmt::format("{} at {}: {} ms before the batch before it", name, at,
                        scan_.last_time_ms - record.time_ms));
    }
    if (record.events == 0)
      fault(record.first_seq, "empty_batch", fmt::format("{} at {}: no events", name, at));
    chain_ = stored;
    next_seq_ = record.first_seq + record.events;
    scan_.last_time_ms = record.time_ms;
    ++scan_.batches;
    const auto snapshot = snapshot_chains_.find(next_seq_ - 1);
    if (snapshot != snapshot_chains_.end() && snapshot->second != chain_) {
      fault(next_seq_ - 1, "chain_broken",
            fmt::format("a snapshot after event {} has seen another chain", next_seq_ - 1));
    }
    on_batch_({record.first_seq, record.time_ms, record.events,
               bytes.subspan(kRecordHeader, record.payload)});
  }

  // The document's rules for a place in the last segment where there is no valid record.
  Tail judge_tail(Bytes file, std::size_t at) const {
    const Bytes rest = file.subspan(at);
    if (zero(rest)) return Tail::end;
    for (std::size_t later = at + kAlign; later + kRecordHeader <= file.size(); later += kAlign) {
      if (record_header(file, later)) return Tail::damaged;
    }
    if (zero(rest.first(std::min(kRecordHeader, rest.size())))) return Tail::torn;
    const auto record = record_header(file, at);
    if (!record || record->size > rest.size()) return Tail::damaged;
    if (!zero(rest.subspan(record->size))) return Tail::damaged;
    const std::size_t end = at + record->size;
    for (std::size_t sector = at / kSector * kSector + kSector; sector < end; sector += kSector) {
      if (zero(file.subspan(sector, std::min(end, sector + kSector) - sector))) return Tail::torn;
    }
    return Tail::damaged;
  }

  // Valid records from `at` on; where they end.
  std::size_t read_records(Bytes file, std::size_t at, const std::string& name) {
    while (file.size() - at >= kRecordHeader) {
      const auto record = record_header(file, at);
      if (!record || !whole(file, at, *record)) break;
      take_record(file, at, *record, name);
      at += record->size;
    }
    return at;
  }

  // False: nothing behind this can be read.
  Result<bool> read_segment(const fs::path& path, std::uint64_t number, bool last) {
    auto file = read_file(path);
    if (!file) return file.error();
    const std::string name = path.filename().string();
    if (!check_segment_header(*file, name, number)) {
      stopped_ = true;
      return false;
    }
    ++scan_.segments;
    std::size_t at = kSegmentHeader;
    Tail tail = Tail::end;
    for (int read = 0; read < kLiveReads; ++read) {
      at = read_records(*file, at, name);
      tail = judge_tail(*file, at);
      if (tail == Tail::end || !last) break;
      // Bytes that are being written at this moment look torn or damaged; a moment later they do
      // not.
      std::this_thread::sleep_for(kLivePause);
      auto again = read_file(path);
      if (!again) return again.error();
      if (*again == *file) break;
      *file = std::move(*again);
    }
    if (tail == Tail::end) return true;
    stopped_ = true;
    if (tail == Tail::torn && last) {
      const auto torn = static_cast<std::size_t>(
          std::find_if(file->rbegin(), file->rend(), [](std::byte b) { return b != std::byte{}; })
              .base() -
          file->begin());
      scan_.notes.push_back(
          fmt::format("{}: a torn tail of {} bytes at {}: a batch that was never acknowledged",
                      name, torn - at, at));
      stopped_ = false;
      return false;
    }
    fault(next_seq_, "journal_damaged",
          fmt::format("{} at {}: neither a valid record nor the end of the journal", name, at));
    return false;
  }

  const std::string& directory_;
  const std::function<void(const ScannedBatch&)>& on_batch_;
  Scan scan_;
  Sha256 hash_;
  std::array<std::byte, 16> id_{};
  Digest chain_{};
  std::uint64_t next_seq_ = 1;
  std::map<std::uint64_t, Digest> snapshot_chains_;
  bool stopped_ = false;
};

}  // namespace

Result<Scan> scan_journal(const std::string& directory,
                          const std::function<void(const ScannedBatch&)>& on_batch) {
  return Scanner(directory, on_batch).run();
}

}  // namespace onrush::auditor
