#include "engine/committer.h"

#include <utility>

#include "base/invariant.h"
#include "base/thread_name.h"

namespace onrush::engine {

using SteadyClock = std::chrono::steady_clock;

Committer::Committer(journal::Journal& journal, SnapshotWriter& snapshots, Counters& counters,
                     Bell& writer_bell, CommitterSettings settings)
    : journal_(journal),
      snapshots_(snapshots),
      counters_(counters),
      writer_bell_(writer_bell),
      settings_(std::move(settings)),
      thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<Batch> Committer::exchange(std::unique_ptr<Batch> full) {
  std::unique_ptr<Batch> empty;
  {
    const std::lock_guard lock(mutex_);
    INVARIANT(handed_over_ == nullptr && spare_ != nullptr, "the committer is ready for a batch");
    in_flight_.store(true, std::memory_order_release);
    ready_.store(false, std::memory_order_seq_cst);
    handed_over_ = std::move(full);
    empty = std::move(spare_);
  }
  changed_.notify_all();
  return empty;
}

std::unique_ptr<Batch> Committer::wait_for_batch() {
  ready_.store(true, std::memory_order_seq_cst);
  writer_bell_.alarm();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return handed_over_ != nullptr || stopping_; });
  return std::move(handed_over_);
}

// A sync costs the CPU some 50 µs whatever its size, so under load it is better to do few.
void Committer::pace(SteadyClock::time_point last_start) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, last_start + settings_.sync_interval, [this] { return stopping_; });
}

void Committer::run() {
  name_this_thread("committer");
  while (std::unique_ptr<Batch> batch = wait_for_batch()) {
    const auto start = SteadyClock::now();
    const bool durable = commit(*batch);
    batch->clear();
    {
      const std::lock_guard lock(mutex_);
      spare_ = std::move(batch);
    }
    if (!durable) {
      // ready_ stays false for good: nothing more is taken.
      writer_bell_.alarm();
      return;
    }
    pace(start);
  }
}

bool Committer::commit(Batch& batch) {
  const std::uint64_t first_seq = journal_.durable_seq() + 1;
  const auto start = SteadyClock::now();
  const Status appended = journal_.append(
      batch.record, static_cast<std::uint32_t>(batch.events.size()), to_millis(batch.at));
  if (!appended) {
    fail(batch, appended.error().message);
    return false;
  }
  counters_.count_sync(SteadyClock::now() - start);
  counters_.batches.fetch_add(1, std::memory_order_relaxed);
  counters_.events.fetch_add(batch.events.size(), std::memory_order_relaxed);
  in_flight_.store(false, std::memory_order_release);
  // Listeners first: who has an answer then also finds what it says in whatever they keep.
  for (ports::EventListener* listener : settings_.listeners) {
    listener->on_events(first_seq, batch.at, batch.events);
  }
  batch.waiting.deliver();
  if (!batch.state.empty()) snapshots_.submit(journal_.head(), std::move(batch.state));
  return true;
}

void Committer::fail(Batch& batch, const std::string& why) {
  failed_.store(true, std::memory_order_release);
  batch.waiting.withdraw("the journal cannot be written");
  batch.waiting.deliver();
  if (settings_.on_failure) settings_.on_failure(why);
}

}  // namespace onrush::engine
