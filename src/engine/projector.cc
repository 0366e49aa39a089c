#include "engine/projector.h"

#include "base/thread_name.h"

#include <algorithm>
#include <span>
#include <utility>

namespace onrush::engine {
namespace {

std::uint64_t last_seq_of(const ports::JournalBatch& batch) {
  return batch.first_seq + batch.events.size() - 1;
}

// Reads batches into chunk[0..used) until there are no more or `events_max` is reached.
Status read_chunk(ports::JournalReader& reader, std::vector<ports::JournalBatch>& chunk,
                  std::size_t& used, std::size_t events_max) {
  std::size_t events = 0;
  while (events < events_max) {
    if (used == chunk.size()) chunk.emplace_back();
    const auto more = reader.next(chunk[used]);
    if (!more) return more.error();
    if (!more.value()) break;
    events += chunk[used].events.size();
    ++used;
  }
  return {};
}

}  // namespace

Projector::Projector(ports::ReadModelWriter& model, OpenReader open_reader, ProjectorConfig config)
    : model_(model),
      open_reader_(std::move(open_reader)),
      config_(std::move(config)),
      thread_([this] { run(); }) {}

Projector::~Projector() {
  stop();
}

void Projector::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Projector::wait_for(std::uint64_t seq, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return position() >= seq || failed() || stopping_; });
  return position() >= seq;
}

bool Projector::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

void Projector::advance(std::uint64_t position) {
  {
    const std::lock_guard lock(mutex_);
    position_.store(position, std::memory_order_release);
  }
  changed_.notify_all();
}

void Projector::run() {
  name_this_thread("projector");
  auto wait = config_.retry_first;
  while (true) {
    const Status done = project();
    std::chrono::milliseconds next{0};
    if (done) {
      wait = config_.retry_first;
      std::size_t events = 0;
      for (const auto& batch : std::span(chunk_).first(used_)) events += batch.events.size();
      next = until_next(events);
      used_ = 0;
    } else {
      if (config_.on_error) config_.on_error(done.error());
      if (done.error().kind != ErrorKind::retryable) {
        failed_.store(true, std::memory_order_release);
        changed_.notify_all();
        return;
      }
      next = wait;
      wait = std::min(wait * 2, config_.retry_longest);
    }
    if (!pause(next)) return;
  }
}

// After a chunk of that many events.
std::chrono::milliseconds Projector::until_next(std::size_t events) const {
  if (events == 0) return config_.poll;
  const bool more_waits = events >= config_.chunk_events_max;
  return more_waits || events < config_.gather_from_events ? std::chrono::milliseconds{0}
                                                           : config_.gather;
}

// One chunk. What was read but could not be applied stays in the chunk for the next try.
Status Projector::project() {
  if (reader_ == nullptr) {
    const auto position = model_.position();
    if (!position) return position.error();
    reader_ = open_reader_(position.value() + 1);
    advance(position.value());
  }
  if (used_ == 0) {
    if (Status s = read_chunk(*reader_, chunk_, used_, config_.chunk_events_max); !s) return s;
  }
  if (used_ == 0) return {};
  if (Status s = model_.apply(std::span(chunk_).first(used_)); !s) return s;
  advance(last_seq_of(chunk_[used_ - 1]));
  return {};
}

Status rebuild(ports::ReadModelWriter& model, ports::JournalReader& from_first,
               std::uint64_t last_seq, std::size_t chunk_events_max) {
  auto position = model.position();
  if (!position) return position.error();
  if (position.value() != 0) return rejected("the read model is not empty");
  std::vector<ports::JournalBatch> chunk;
  std::uint64_t done = 0;
  while (done < last_seq) {
    std::size_t used = 0;
    if (Status s = read_chunk(from_first, chunk, used, chunk_events_max); !s) return s;
    if (used == 0) return corrupt("the journal ends before event " + std::to_string(last_seq));
    if (Status s = model.apply(std::span(chunk).first(used)); !s) return s;
    done = last_seq_of(chunk[used - 1]);
  }
  return {};
}

}  // namespace onrush::engine
