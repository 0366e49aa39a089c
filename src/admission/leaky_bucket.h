// A leaky bucket as a meter and a queue: arrivals come in bursts, and leave in order at an even
// rate; when as many wait as there is room for, or the wait would be too long, an arrival is turned
// away.
//
//   arrivals on all threads ──► LeakyBucket::join: one compare-and-swap gives each its turn, a
//                               moment in time; a line that is full turns it away
//                                   └─► DripQueue of the arrival's thread ── at its turn ──► served
//
// The line is the sequence of turns, not a list that threads would have to share: a thread keeps
// its own arrivals, sorted because its turns only grow, and serves them when their moment has come.
// So arrivals are served in order over all threads, as exactly as the threads look at the clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "admission/gcra.h"

namespace onrush::admission {

// Thread-safe, no lock.
class LeakyBucket {
 public:
  // `per_second` >= 1: how fast it drips; never faster. `capacity` >= 1: how many may wait.
  LeakyBucket(std::uint32_t per_second, std::uint32_t capacity, SteadyTime now);

  struct Answer {
    std::optional<SteadyTime> turn;           // joined; `now` or earlier: at once
    std::chrono::nanoseconds retry_after{0};  // turned away: when there may be room
  };
  // `wait_max`: a longer wait is no use to the one who asks.
  [[nodiscard]] Answer join(SteadyTime now, std::chrono::nanoseconds wait_max) noexcept;

  // How many have a turn that is still to come.
  [[nodiscard]] std::uint64_t waiting(SteadyTime now) const noexcept;

  [[nodiscard]] std::uint32_t per_second() const noexcept { return per_second_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  std::uint32_t per_second_, capacity_;
  std::int64_t interval_ns_;
  std::atomic<std::int64_t> next_ns_;  // the next turn to be given
};

// What one thread's arrivals wait in. Not thread-safe.
template <class Entry>
class DripQueue {
 public:
  // Turns must not go back: those of one bucket, in the order in which this thread asked.
  void push(SteadyTime turn, Entry entry) {
    turns_.push_back(turn);
    entries_.push_back(std::move(entry));
  }

  // Serves those whose turn has come. Who has gone in the meantime leaves his turn to the next one
  // of this thread.
  template <class HasGone, class Serve>
  void drip(SteadyTime now, HasGone&& has_gone, Serve&& serve) {
    while (!turns_.empty() && turns_.front() <= now) {
      while (!entries_.empty() && has_gone(entries_.front())) entries_.pop_front();
      if (entries_.empty()) break;
      turns_.pop_front();
      Entry next = std::move(entries_.front());
      entries_.pop_front();
      serve(std::move(next));
    }
    if (entries_.empty()) turns_.clear();
  }

  // Everybody, in order, whatever his turn: the end.
  template <class Visit>
  void empty_into(Visit&& visit) {
    turns_.clear();
    while (!entries_.empty()) {
      Entry next = std::move(entries_.front());
      entries_.pop_front();
      visit(std::move(next));
    }
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::deque<SteadyTime> turns_;  // at least as many as entries
  std::deque<Entry> entries_;
};

}  // namespace onrush::admission
