// Reads the journal's durable batches from its files, beside the thread that appends to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/journal/format.h"
#include "ports/journal.h"
#include "ports/storage.h"

namespace onrush::journal {

// Decodes exactly `count` events. Error: corrupt.
[[nodiscard]] Status decode_events(Bytes payload, std::uint32_t count,
                                   std::vector<sale::Event>& out);

class FileReader final : public ports::JournalReader {
 public:
  // Begins with the batch that holds `from_seq`. `durable` is the sequence up to which may be read.
  FileReader(ports::Storage& storage, const JournalId& journal,
             std::shared_ptr<const std::atomic<std::uint64_t>> durable, std::uint64_t from_seq);

  [[nodiscard]] Result<bool> next(ports::JournalBatch& batch) override;

 private:
  Status open_segment(std::uint64_t first_seq);
  Result<std::uint64_t> segment_holding(std::uint64_t seq);
  Result<RecordHeader> next_header();
  Status read_record(const RecordHeader& header, ports::JournalBatch& batch);

  ports::Storage& storage_;
  const JournalId journal_;
  const std::shared_ptr<const std::atomic<std::uint64_t>> durable_;
  const std::uint64_t from_seq_;
  std::unique_ptr<ports::File> file_;
  std::string name_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t next_seq_ = 0;  // of the record at offset_, once a file is open
  std::vector<std::byte> record_;
};

}  // namespace onrush::journal
