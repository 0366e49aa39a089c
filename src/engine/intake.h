// A bounded queue from many threads to one, without locks, and the bell that wakes the one.
#pragma once

#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "ports/box_office.h"
#include "sale/command.h"

namespace onrush::engine {

struct Request {
  sale::Command command;
  ports::ReplySink* sink = nullptr;
  std::uint64_t ticket = 0;
};

// A ring of cells that each know whose turn it is (D. Vyukov's bounded queue, with one consumer).
//
// 1. push() and close() may be called by any thread, the rest by one.
// 2. A push that returned true is popped exactly once, also when it raced with close().
// 3. After close(), every push returns false.
class Intake {
 public:
  // Room for at least `capacity` requests (rounded up to a power of two).
  explicit Intake(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1), cells_(std::make_unique<Cell[]>(mask_ + 1)) {
    for (std::uint64_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  // Takes `request` only if it returns true; false: full or closed.
  [[nodiscard]] bool push(Request& request) noexcept {
    std::uint64_t at = tail_.load(std::memory_order_relaxed);
    while (true) {
      if ((at & kClosed) != 0) return false;
      Cell& cell = cells_[at & mask_];
      const std::uint64_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        cell.request = std::move(request);
        // Sequentially consistent, so that either the sleeper sees it or Bell::ring sees the
        // sleeper.
        cell.turn.store(at + 1, std::memory_order_seq_cst);
        return true;
      }
      if (turn < at) return false;
      at = tail_.load(std::memory_order_relaxed);
    }
  }

  [[nodiscard]] bool pop(Request& out) noexcept {
    const std::uint64_t at = head_.load(std::memory_order_relaxed);
    Cell& cell = cells_[at & mask_];
    if (cell.turn.load(std::memory_order_acquire) != at + 1) return false;
    out = std::move(cell.request);
    cell.turn.store(at + mask_ + 1, std::memory_order_release);
    head_.store(at + 1, std::memory_order_relaxed);
    return true;
  }

  // The request that the pop after `ahead` others would give, if it is there already; it stays.
  [[nodiscard]] const Request* peek(std::uint64_t ahead) const noexcept {
    const std::uint64_t at = head_.load(std::memory_order_relaxed) + ahead;
    const Cell& cell = cells_[at & mask_];
    return cell.turn.load(std::memory_order_acquire) == at + 1 ? &cell.request : nullptr;
  }

  [[nodiscard]] bool has_next() const noexcept {
    const std::uint64_t at = head_.load(std::memory_order_relaxed);
    return cells_[at & mask_].turn.load(std::memory_order_seq_cst) == at + 1;
  }

  void close() noexcept { tail_.fetch_or(kClosed, std::memory_order_seq_cst); }
  // Closed, and everything that was pushed has been popped.
  [[nodiscard]] bool finished() const noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    return (tail & kClosed) != 0 && (tail & ~kClosed) == head_.load(std::memory_order_relaxed);
  }

  // About; for metrics. Thread-safe.
  [[nodiscard]] std::uint64_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed) & ~kClosed;
    return tail > head ? tail - head : 0;
  }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return mask_ + 1; }

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;
  struct Cell {
    std::atomic<std::uint64_t> turn;
    Request request;
  };

  const std::uint64_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
};

// Wakes one sleeping thread; costs the ringer one load while that thread is awake or dozes.
class Bell {
 public:
  void ring() noexcept {
    if (!asleep_.load(std::memory_order_seq_cst)) return;
    if (!asleep_.exchange(false, std::memory_order_seq_cst)) return;
    { const std::lock_guard lock(mutex_); }  // the sleeper is either before its check or waiting
    rung_.notify_one();
  }

  // Ends a doze, too, and one that is only about to begin.
  void alarm() noexcept {
    {
      const std::lock_guard lock(mutex_);
      alarmed_ = true;
      asleep_.store(false, std::memory_order_relaxed);
    }
    rung_.notify_one();
  }

  // Sleeps until rung, at most `longest`; not at all if `has_work()` is true once ringers can see
  // us asleep.
  template <class HasWork>
  void sleep(std::chrono::microseconds longest, HasWork has_work) {
    std::unique_lock lock(mutex_);
    asleep_.store(true, std::memory_order_seq_cst);
    if (!has_work()) {
      rung_.wait_for(lock, longest, [this] { return !asleep_.load(std::memory_order_relaxed); });
    }
    asleep_.store(false, std::memory_order_relaxed);
    alarmed_ = false;
  }

  // Sleeps for that long; ring() does not wake, alarm() does. For a thread to which work comes so
  // fast that waking it for each piece would cost more than the piece.
  void doze(std::chrono::microseconds longest) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, longest, [this] { return alarmed_; });
    alarmed_ = false;
  }

 private:
  std::atomic<bool> asleep_{false};
  bool alarmed_ = false;  // under mutex_
  std::mutex mutex_;
  std::condition_variable rung_;
};

}  // namespace onrush::engine
