#include "engine/snapshots.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/crc32c.h"

namespace onrush::engine {
namespace {

constexpr std::size_t kHeaderBytes = 160;
constexpr char kMagic[] = "ONRUSHS1";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kKept = 2;
constexpr std::uint64_t kStateBytesMax = 64ULL << 30;

std::string snapshot_name(std::uint64_t seq) {
  return journal::numbered_name("snapshot-", seq, ".snap");
}

std::vector<std::byte> encode_header(const journal::Checkpoint& point, Bytes state) {
  std::vector<std::byte> out;
  out.reserve(kHeaderBytes);
  ByteWriter writer(out);
  writer.put_raw(kMagic, 8);
  writer.put(kVersion);
  writer.put(std::uint32_t{0});
  writer.put_raw(point.journal.data(), point.journal.size());
  writer.put(point.seq);
  writer.put(point.time_ms);
  writer.put_raw(point.chain.data(), point.chain.size());
  writer.put(static_cast<std::uint64_t>(state.size()));
  const Digest hash = sha256(state);
  writer.put_raw(hash.data(), hash.size());
  out.resize(kHeaderBytes);
  const std::uint32_t crc = crc32c(out);
  std::memcpy(&out[12], &crc, sizeof crc);
  return out;
}

struct Header {
  journal::Checkpoint point;
  std::uint64_t state_bytes = 0;
  Digest state_hash{};
};

std::optional<Header> parse_header(std::array<std::byte, kHeaderBytes> bytes) {
  std::uint32_t stored = 0;
  std::memcpy(&stored, &bytes[12], sizeof stored);
  std::memset(&bytes[12], 0, sizeof stored);
  if (std::memcmp(bytes.data(), kMagic, 8) != 0 || crc32c(bytes) != stored) return std::nullopt;
  ByteReader in(Bytes(bytes).subspan(8));
  if (in.get<std::uint32_t>() != kVersion) return std::nullopt;
  (void)in.get<std::uint32_t>();
  Header header;
  const auto copy = [&in](auto& to) {
    const Bytes from = in.get_raw(to.size());
    std::memcpy(to.data(), from.data(), to.size());
  };
  copy(header.point.journal);
  header.point.seq = in.get<std::uint64_t>();
  header.point.time_ms = in.get<std::int64_t>();
  copy(header.point.chain);
  header.state_bytes = in.get<std::uint64_t>();
  copy(header.state_hash);
  return header;
}

Result<LoadedSnapshot> load_snapshot(ports::Storage& storage, std::uint64_t seq) {
  auto file = storage.open(snapshot_name(seq), ports::Access::read);
  if (!file) return file.error();
  const auto size = file.value()->size();
  if (!size) return size.error();
  std::array<std::byte, kHeaderBytes> bytes{};
  if (Status s = file.value()->read_at(0, bytes); !s) return s.error();
  const auto header = parse_header(bytes);
  if (!header || header->point.seq != seq) return corrupt("its header is damaged");
  if (header->state_bytes > kStateBytesMax || size.value() != kHeaderBytes + header->state_bytes) {
    return corrupt("it has not the size that its header says");
  }
  std::vector<std::byte> state(header->state_bytes);
  if (Status s = file.value()->read_at(kHeaderBytes, state); !s) return s.error();
  if (sha256(state) != header->state_hash) return corrupt("its contents are damaged");
  ByteReader in(state);
  auto book = sale::Book::load(in);
  if (!book) return book.error();
  if (!in.at_end()) return corrupt("it holds more than a state");
  return LoadedSnapshot{header->point, std::move(book.value())};
}

// Sequences of the snapshots in the directory, newest first.
Result<std::vector<std::uint64_t>> find_snapshots(ports::Storage& storage) {
  const auto names = storage.list();
  if (!names) return names.error();
  std::vector<std::uint64_t> found;
  for (const std::string& name : names.value()) {
    if (const auto seq = journal::number_of(name, "snapshot-", ".snap")) found.push_back(*seq);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

}  // namespace

Result<std::optional<LoadedSnapshot>> load_newest_snapshot(ports::Storage& storage,
                                                           std::vector<std::string>& problems) {
  const auto found = find_snapshots(storage);
  if (!found) return found.error();
  for (const std::uint64_t seq : found.value()) {
    auto loaded = load_snapshot(storage, seq);
    if (loaded) return std::optional<LoadedSnapshot>(std::move(loaded.value()));
    if (loaded.error().kind == ErrorKind::retryable) return loaded.error();
    problems.push_back(storage.describe(snapshot_name(seq)) +
                       " is not used: " + loaded.error().message);
  }
  return std::optional<LoadedSnapshot>();
}

Status write_snapshot(ports::Storage& storage, const journal::Checkpoint& point, Bytes state) {
  const char* const unfinished = "snapshot.tmp";
  auto file = storage.create(unfinished, 0);
  if (!file) return file.error();
  if (Status s = file.value()->write_at(0, encode_header(point, state)); !s) return s;
  if (Status s = file.value()->write_at(kHeaderBytes, state); !s) return s;
  if (Status s = file.value()->sync(); !s) return s;
  if (Status s = storage.rename(unfinished, snapshot_name(point.seq)); !s) return s;
  if (Status s = storage.sync_directory(); !s) return s;
  const auto found = find_snapshots(storage);
  if (!found) return found.error();
  for (std::size_t i = kKept; i < found.value().size(); ++i) {
    if (Status s = storage.remove(snapshot_name(found.value()[i])); !s) return s;
  }
  return {};
}

SnapshotWriter::SnapshotWriter(ports::Storage& storage, Counters& counters)
    : storage_(storage), counters_(counters), thread_([this] { run(); }) {}

SnapshotWriter::~SnapshotWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SnapshotWriter::submit(const journal::Checkpoint& point, std::vector<std::byte> state) {
  {
    const std::lock_guard lock(mutex_);
    job_ = Job{point, std::move(state)};
  }
  changed_.notify_all();
}

void SnapshotWriter::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !job_ && !writing_; });
}

void SnapshotWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return job_.has_value() || stopping_; });
    if (!job_) return;
    const Job job = std::move(*job_);
    job_.reset();
    writing_ = true;
    lock.unlock();
    const Status written = write_snapshot(storage_, job.point, job.state);
    if (written) {
      counters_.snapshots.fetch_add(1, std::memory_order_relaxed);
      counters_.snapshot_seq.store(job.point.seq, std::memory_order_relaxed);
    } else {
      counters_.snapshot_failures.fetch_add(1, std::memory_order_relaxed);
    }
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace onrush::engine
