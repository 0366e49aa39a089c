#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/invariant.h"
#include "base/thread_name.h"
#include "engine/committer.h"
#include "engine/intake.h"
#include "engine/journal/reader.h"
#include "engine/latches.h"
#include "engine/snapshots.h"
#include "engine/writer.h"

namespace onrush::engine {

struct Engine::Parts {
  Parts(EngineConfig settings, ports::Storage& files, const ports::Clock& time)
      : config(std::move(settings)),
        storage(files),
        clock(time),
        rush(config.rush_capacity),
        reserved(config.reserved_capacity),
        book(config.node) {}

  const EngineConfig config;
  ports::Storage& storage;
  const ports::Clock& clock;
  std::unique_ptr<ports::DirectoryLock> lock;
  RecoveryReport report;
  Counters counters;
  Intake rush;
  Intake reserved;
  Bell bell;
  Latches latches;
  sale::Book book;
  std::unique_ptr<journal::Journal> journal;
  std::vector<ports::EventListener*> listeners;
  std::unique_ptr<SnapshotWriter> snapshots;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<Writer> writer;
  std::thread writer_thread;
  std::atomic<bool> failed{false};
  bool started = false;
  bool stopped = false;

  Status recover();
  void save_final_snapshot();
};

namespace {

Status check(const EngineConfig& config) {
  const auto at_least = [](const char* name, std::uint64_t value, std::uint64_t least) -> Status {
    if (value >= least) return {};
    return invalid(fmt::format("engine: {} must be at least {}", name, least));
  };
  if (config.node > 1023) return invalid("engine: node must be 0..1023");
  if (Status s = at_least("rush_capacity", config.rush_capacity, 1); !s) return s;
  if (Status s = at_least("reserved_capacity", config.reserved_capacity, 1); !s) return s;
  if (Status s = at_least("drain_commands_max", config.drain_commands_max, 2); !s) return s;
  if (Status s = at_least("batch_events_max", config.batch_events_max, 1); !s) return s;
  return at_least("segment_bytes", config.segment_bytes, 64 << 10);
}

// Events whose waits for memory overlap during a replay.
constexpr std::size_t kReplayLookAhead = 16;

// What may be on its way to the journal at one time is kept free: two batches, each perhaps one
// event too long, so that what was accepted can be written when the disk is full.
journal::JournalConfig journal_config(const EngineConfig& config) {
  journal::JournalConfig out;
  out.segment_bytes = config.segment_bytes;
  out.reserve_bytes = 2 * config.batch_bytes_max + (config.batch_bytes_max / 4);
  out.space_wait = config.space_wait;
  return out;
}

}  // namespace

Status Engine::Parts::recover() {
  const auto start = std::chrono::steady_clock::now();
  auto locked = storage.lock("LOCK");
  if (!locked) return locked.error();
  lock = std::move(locked.value());

  auto snapshot = load_newest_snapshot(storage, report.snapshot_problems);
  if (!snapshot) return snapshot.error();
  std::optional<journal::Checkpoint> from;
  if (snapshot.value()) {
    from = snapshot.value()->point;
    book = std::move(snapshot.value()->book);
    report.snapshot_seq = from->seq;
  }
  std::vector<sale::Event> events;
  const auto replay = [&](const journal::RecordHeader& header, Bytes payload) -> Status {
    if (Status s = journal::decode_events(payload, header.events, events); !s) return s;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i + kReplayLookAhead < events.size()) book.prefetch(events[i + kReplayLookAhead]);
      if (Status s = book.replay(events[i], from_millis(header.time_ms)); !s) {
        return corrupt(
            fmt::format("event {} cannot follow: {}", header.first_seq + i, s.error().message));
      }
    }
    return {};
  };
  journal::JournalRecovery found;
  auto opened = journal::Journal::open(storage, journal_config(config), from, replay, found);
  if (!opened) return opened.error();
  journal = std::move(opened.value());
  report.segments = found.segments;
  report.events_replayed = found.events;
  report.torn = found.torn;
  report.last_seq = journal->durable_seq();

  (void)book.take_touched();
  for (std::uint32_t n = 1; n <= book.sale_count(); ++n) {
    const sale::SaleSummary summary = book.summary(sale::SaleNo(n));
    latches.set_items(summary.sale, summary.items.size());
    latches.set_reason(summary.sale, summary.reason);
    latches.publish(book, summary.sale, from_millis(journal->head().time_ms));
  }
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return {};
}

void Engine::Parts::save_final_snapshot() {
  const journal::Checkpoint head = journal->head();
  if (!config.snapshot_on_stop || failed.load() || head.seq == 0) return;
  if (writer->events_since_snapshot() == 0 && report.snapshot_seq == head.seq) return;
  std::vector<std::byte> state;
  ByteWriter out(state);
  book.save(out);
  snapshots->submit(head, std::move(state));
  snapshots->finish();
}

Result<std::unique_ptr<Engine>> Engine::open(EngineConfig config, ports::Storage& storage,
                                             const ports::Clock& clock) {
  if (Status s = check(config); !s) return s.error();
  // A batch must fit an ordinary segment with room to spare, however small the segments are.
  config.batch_bytes_max = std::min<std::size_t>(config.batch_bytes_max, config.segment_bytes / 8);
  auto parts = std::make_unique<Parts>(std::move(config), storage, clock);
  if (Status s = parts->recover(); !s) return s.error();
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() {
  stop();
}

const RecoveryReport& Engine::recovery() const {
  return parts_->report;
}

void Engine::add_listener(ports::EventListener& listener) {
  INVARIANT(!parts_->started, "listeners are added before the engine starts");
  parts_->listeners.push_back(&listener);
}

void Engine::start() {
  Parts& p = *parts_;
  INVARIANT(!p.started, "an engine is started once");
  p.started = true;
  p.snapshots = std::make_unique<SnapshotWriter>(p.storage, p.counters);
  CommitterSettings settings{p.config.sync_interval, p.listeners, [&p](const std::string& why) {
                               p.failed.store(true);
                               if (p.config.on_failure) p.config.on_failure(why);
                             }};
  p.committer = std::make_unique<Committer>(*p.journal, *p.snapshots, p.counters, p.bell,
                                            std::move(settings));
  const Writer::Shared shared{p.config,   p.clock, *p.journal, p.rush,
                              p.reserved, p.bell,  p.latches,  p.counters};
  const journal::Checkpoint head = p.journal->head();
  const TimePoint last = head.seq == 0 ? TimePoint{} : from_millis(head.time_ms);
  p.writer = std::make_unique<Writer>(shared, p.book, *p.committer, last);
  p.writer_thread = std::thread([&p] {
    name_this_thread("writer");
    p.writer->run();
  });
}

void Engine::stop() {
  Parts& p = *parts_;
  p.rush.close();
  p.reserved.close();
  if (!p.started || p.stopped) return;
  p.stopped = true;
  p.bell.ring();
  p.writer_thread.join();
  p.committer.reset();
  p.save_final_snapshot();
  p.snapshots.reset();
}

bool Engine::submit(sale::Command command, ports::Lane lane, ports::ReplySink& sink,
                    std::uint64_t ticket) noexcept {
  Parts& p = *parts_;
  Request request{std::move(command), &sink, ticket};
  const bool rush = lane == ports::Lane::rush;
  if (!(rush ? p.rush : p.reserved).push(request)) {
    (rush ? p.counters.busy_rush : p.counters.busy_reserved)
        .fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  p.bell.ring();
  return true;
}

ports::ItemStatus Engine::status(sale::SaleNo sale, sale::ItemNo item) const noexcept {
  return parts_->latches.read(sale, item);
}

ports::LineStatus Engine::line(sale::SaleNo sale) const noexcept {
  return parts_->latches.read_line(sale);
}

std::vector<sale::SaleSummary> Engine::summaries() {
  std::vector<sale::SaleSummary> out;
  const auto look = [&out](const sale::Book& book) {
    for (std::uint32_t n = 1; n <= book.sale_count(); ++n)
      out.push_back(book.summary(sale::SaleNo(n)));
  };
  if (parts_->started) {
    parts_->writer->inspect(look);
  } else {
    look(parts_->book);
  }
  return out;
}

std::unique_ptr<ports::JournalReader> Engine::reader(std::uint64_t from_seq) const {
  return parts_->journal->reader(from_seq);
}

std::uint64_t Engine::durable_seq() const noexcept {
  return parts_->journal->durable_seq();
}

EngineMetrics Engine::metrics() const {
  EngineMetrics out;
  parts_->counters.copy_to(out);
  out.rush_depth = parts_->rush.size();
  out.rush_capacity = parts_->rush.capacity();
  out.reserved_depth = parts_->reserved.size();
  out.reserved_capacity = parts_->reserved.capacity();
  const journal::Checkpoint head = parts_->journal->head();
  out.durable_seq = head.seq;
  out.chain = head.chain;
  out.low_on_space = parts_->journal->space() == journal::Space::full;
  out.failed = parts_->failed.load();
  return out;
}

}  // namespace onrush::engine
