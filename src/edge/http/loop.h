// One worker thread: its event loop, its listening socket, its connections and its Service.
// Everything but post() and the counters belongs to the worker's thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "edge/http/asio_types.h"
#include "edge/http/buffer_pool.h"
#include "edge/http/server.h"
#include "edge/http/session.h"
#include "edge/http/task_queue.h"
#include "edge/http/timer_wheel.h"

namespace onrush::http {

// Written by one worker only, read by anybody: no locked instruction on the hot path.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n = 1) { value_.store(get() - n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct LoopCounters {
  Counter requests, accepted, refused, bad_requests, timeouts, websockets_open, dropped_slow,
      service_failures, accept_failures;
};

class WebSocketSession;

class Loop final : public Worker {
 public:
  // `open` counts the connections of all workers; `listener` is a listening socket, now owned.
  Loop(unsigned index, const ServerConfig& config, int listener, std::atomic<std::uint32_t>& open);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] unsigned index() const override { return index_; }
  void post(std::function<void()> task) override;
  void every(std::chrono::milliseconds interval, std::function<void()> task) override;

  // The worker's thread: makes the service, reports by `ready`, serves until finish().
  void run(const Server::MakeService& make_service, const std::function<void()>& ready);
  // Stops accepting and asks every connection to end; on the worker's thread.
  void drain();
  // Closes what is left and lets run() return; on the worker's thread.
  void finish();

  // For sessions.
  [[nodiscard]] asio::io_context& context() { return context_; }
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] TimerWheel& wheel() { return wheel_; }
  [[nodiscard]] BufferPool& buffers() { return buffers_; }
  [[nodiscard]] Service& service() { return *service_; }
  [[nodiscard]] LoopCounters& counters() { return counters_; }
  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  [[nodiscard]] bool draining() const { return draining_; }
  // From any thread: drain() has been carried out, so the open count tells what is left.
  [[nodiscard]] bool drained() const { return drained_.load(); }
  [[nodiscard]] std::string_view date() const { return date_; }
  // Emptied; for one answer, not to be held over any call.
  [[nodiscard]] std::string& write_scratch();
  [[nodiscard]] std::span<char> read_scratch() { return read_scratch_; }
  void service_failed(std::string_view what) const;

  // The session of a slot, or null if it has gone.
  [[nodiscard]] Session* find(std::uint32_t slot, std::uint32_t generation) const;
  [[nodiscard]] std::uint32_t generation(std::uint32_t slot) const {
    return slots_[slot].generation;
  }
  // A closed session: its slot is free at once, it is deleted when its last operation has ended.
  void retire(Session& session);
  // An upgrade: `next` takes over the slot of `previous`, which is deleted later.
  void replace(Session& previous, std::unique_ptr<WebSocketSession> next);
  // Has WebSocketSession::settle called soon, outside of any call by the owner.
  void settle_soon(WebSocketSession& session);
  // Has WebSocketSession::flush called soon, in turn with other work.
  void flush_soon(WebSocketSession& session);

  [[nodiscard]] bool on_own_thread() const { return current_ == this; }

 private:
  struct Slot {
    Session* session = nullptr;
    std::uint32_t generation = 0;
  };

  void wait_for_connections();
  void accept_ready();
  void admit(int fd, const void* address);
  void wait_for_tasks();
  void wait_for_tick();
  void tick();
  void schedule_reap();
  void reap();
  void schedule_flush();
  void flush_some();
  std::uint32_t take_slot(Session& session);

  static thread_local Loop* current_;

  const unsigned index_;
  const ServerConfig& config_;
  const ServerLimits limits_;
  std::atomic<std::uint32_t>& open_;
  TaskQueue tasks_;
  LoopCounters counters_;

  asio::io_context context_;
  Acceptor acceptor_;
  Descriptor wakeup_;
  Timer tick_timer_;
  std::vector<std::unique_ptr<Timer>> periodic_;
  std::uint64_t wakeup_count_ = 0;
  std::vector<std::function<void()>> running_;

  TimerWheel wheel_;
  BufferPool buffers_;
  std::unique_ptr<Service> service_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Session*> retired_;
  std::vector<WebSocketSession*> to_settle_;
  std::vector<WebSocketSession*> to_flush_;
  std::size_t flushed_ = 0;  // how far flush_some has come in to_flush_
  std::chrono::steady_clock::time_point next_tick_;
  std::string date_;
  std::time_t date_second_ = 0;
  std::string write_scratch_;
  std::array<char, 65536> read_scratch_;
  bool accept_paused_ = false;
  bool reap_scheduled_ = false;
  bool flush_scheduled_ = false;
  bool draining_ = false;
  std::atomic<bool> drained_{false};
  bool finishing_ = false;
};

}  // namespace onrush::http
