#include "journal_builder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>

#include "base/crc32c.h"
#include "sale/event_codec.h"

namespace onrush::auditor {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void put_text(std::vector<std::byte>& bytes, std::size_t at, std::string_view text) {
  std::memcpy(bytes.data() + at, text.data(), text.size());
}

}  // namespace

JournalBuilder::JournalBuilder() {
  static std::atomic<int> number{0};
  directory_ = std::filesystem::temp_directory_path() /
               fmt::format("onrush-audit-{}-{}", ::getpid(), number++);
  std::filesystem::create_directories(directory_);
  for (std::size_t i = 0; i < id_.size(); ++i) id_[i] = static_cast<std::byte>(i + 1);
  chain = sha256(Bytes{id_});
  new_segment();
}

JournalBuilder::~JournalBuilder() {
  std::filesystem::remove_all(directory_);
}

void JournalBuilder::new_segment() {
  Segment segment;
  segment.first_seq = next_seq;
  segment.bytes.resize(kSegmentBytes);
  auto& b = segment.bytes;
  put_text(b, 0, "ONRUSHJ1");
  put(b, 8, std::uint32_t{1});
  std::memcpy(b.data() + 16, id_.data(), id_.size());
  put(b, 32, next_seq);
  put(b, 40, std::uint64_t{kSegmentBytes});
  std::memcpy(b.data() + 48, chain.data(), chain.size());
  put(b, 12, crc32c(Bytes{b}.first(512)));
  segments.push_back(std::move(segment));
  record_at.clear();
}

void JournalBuilder::add(const TestBatch& batch) {
  std::vector<std::byte> payload;
  ByteWriter writer{payload};
  for (const sale::Event& event : batch.events) sale::encode(event, writer);
  const std::size_t size = (64 + payload.size() + 40 + 63) / 64 * 64;
  if (segments.back().used + size > kSegmentBytes) new_segment();
  std::vector<std::byte> r(size);
  put_text(r, 0, "BTCH");
  put(r, 8, static_cast<std::uint64_t>(static_cast<std::int64_t>(next_seq) + seq_error));
  put(r, 16, batch.time_ms);
  put(r, 24, static_cast<std::uint32_t>(batch.events.size()));
  put(r, 28, static_cast<std::uint32_t>(payload.size()));
  put(r, 32, crc32c(Bytes{payload}));
  std::memcpy(r.data() + 40, id_.data(), id_.size());
  put(r, 4, crc32c(Bytes{r}.subspan(8, 56)));
  std::memcpy(r.data() + 64, payload.data(), payload.size());
  put_text(r, size - 40, "BATCHEND");
  Sha256 hash;
  hash.update(Bytes{chain}).update(Bytes{r}.first(64)).update(Bytes{payload});
  chain = hash.finish();
  if (chain_error) chain[0] ^= std::byte{1};
  std::memcpy(r.data() + size - 32, chain.data(), chain.size());
  Segment& segment = segments.back();
  std::memcpy(segment.bytes.data() + segment.used, r.data(), size);
  record_at.push_back(segment.used);
  segment.used += size;
  next_seq = static_cast<std::uint64_t>(static_cast<std::int64_t>(next_seq) + seq_error) +
             batch.events.size();
  seq_error = 0;
  chain_error = false;
}

std::string JournalBuilder::write() {
  for (const Segment& segment : segments) {
    std::ofstream file(directory_ / fmt::format("journal-{:020}.seg", segment.first_seq),
                       std::ios::binary);
    file.write(reinterpret_cast<const char*>(segment.bytes.data()),
               static_cast<std::streamsize>(segment.bytes.size()));
  }
  return directory_.string();
}

void JournalBuilder::write_snapshot(std::uint64_t last_seq, const Digest& at) {
  std::vector<std::byte> b(160);
  put_text(b, 0, "ONRUSHS1");
  put(b, 8, std::uint32_t{1});
  std::memcpy(b.data() + 16, id_.data(), id_.size());
  put(b, 32, last_seq);
  std::memcpy(b.data() + 48, at.data(), at.size());
  put(b, 12, crc32c(Bytes{b}));
  std::ofstream file(directory_ / fmt::format("snapshot-{:020}.snap", last_seq), std::ios::binary);
  file.write(reinterpret_cast<const char*>(b.data()), static_cast<std::streamsize>(b.size()));
}

}  // namespace onrush::auditor
