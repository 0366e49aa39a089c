// The single writer: the one thread that owns the book.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/batch.h"
#include "engine/committer.h"
#include "engine/engine.h"
#include "engine/intake.h"
#include "engine/latches.h"
#include "engine/metrics.h"
#include "ports/clock.h"
#include "sale/book.h"

namespace onrush::engine {

class Writer {
 public:
  struct Shared {
    const EngineConfig& config;
    const ports::Clock& clock;
    journal::Journal& journal;
    Intake& rush;
    Intake& reserved;
    Bell& bell;
    Latches& latches;
    Counters& counters;
  };
  Writer(Shared shared, sale::Book& book, Committer& committer, TimePoint last_time);

  // Until both intakes are finished, or the journal has failed; then every request taken has its
  // answer.
  void run();
  // Runs `look` between two batches on the writer's thread, or here once it has ended; waits for
  // it.
  void inspect(const std::function<void(const sale::Book&)>& look);
  [[nodiscard]] std::uint64_t events_since_snapshot() const { return events_since_snapshot_; }

 private:
  bool turn();
  bool tick();
  std::size_t drain(bool low_on_space);
  std::size_t drain_lane(Intake& lane, std::size_t limit, bool low_on_space);
  std::size_t look_ahead(const Intake& lane) const;
  void answer(Request& request, bool low_on_space);
  void encode_new_events(std::size_t from);
  [[nodiscard]] bool must_wait(const sale::Outcome& outcome) const;
  [[nodiscard]] bool may_take_more(TimePoint now) const;
  void publish();
  void hand_over();
  void refuse_everything();
  void run_inspections(bool last);
  void rest(std::size_t drained);
  TimePoint read_clock();

  Shared on_;
  sale::Book& book_;
  Committer& committer_;
  std::unique_ptr<Batch> open_ = std::make_unique<Batch>();
  ReplyGroups at_once_;
  TimePoint last_time_;
  bool tick_again_ = false;
  std::array<std::uint64_t, kVerdicts> answers_{};
  std::uint64_t events_since_snapshot_ = 0;

  std::mutex inspections_mutex_;
  std::vector<std::packaged_task<void()>> inspections_;
  std::atomic<bool> has_inspections_{false};
  bool ended_ = false;
};

}  // namespace onrush::engine
