#include "edge/http/loop.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "edge/http/http_session.h"
#include "edge/http/response_writer.h"
#include "edge/http/websocket_session.h"

namespace onrush::http {
namespace {

constexpr int kAcceptBatch = 64;  // then other connections get their turn
constexpr std::size_t kFlushBatch = 64;
// Refused connections that may be open at a time to see their 503; more are closed without a word.
constexpr std::uint32_t kRefusedOpenMax = 256;
constexpr std::size_t kScratchKept = 256 * 1024;

std::array<std::uint8_t, 16> remote_address(const sockaddr_storage& from) {
  std::array<std::uint8_t, 16> out{};
  if (from.ss_family == AF_INET6) {
    std::memcpy(out.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  } else {
    out[10] = out[11] = 0xff;
    std::memcpy(out.data() + 12, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  }
  return out;
}

}  // namespace

thread_local Loop* Loop::current_ = nullptr;

// The context is used by its own thread only (tasks come in through TaskQueue), so Asio's locks are
// off.
Loop::Loop(unsigned index, const ServerConfig& config, int listener,
           std::atomic<std::uint32_t>& open)
    : index_(index),
      config_(config),
      limits_(config.limits),
      open_(open),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      acceptor_(context_),
      wakeup_(context_),
      tick_timer_(context_) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  acceptor_.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                   listener);
}

Loop::~Loop() = default;

void Loop::post(std::function<void()> task) {
  tasks_.push(std::move(task));
}

void Loop::every(std::chrono::milliseconds interval, std::function<void()> task) {
  if (finishing_) return;
  Timer& timer = *periodic_.emplace_back(std::make_unique<Timer>(context_));
  timer.expires_after(interval);
  // The handler hands itself on from shot to shot.
  struct Shot {
    Loop* loop;
    Timer* timer;
    std::chrono::milliseconds interval;
    std::function<void()> task;
    void operator()(error_code error) {
      if (error || loop->finishing_) return;
      task();
      // From the planned time, not from now: no drift. A late loop skips shots, it does not bunch
      // them.
      const auto now = std::chrono::steady_clock::now();
      timer->expires_at(std::max(timer->expiry() + interval, now));
      timer->async_wait(std::move(*this));
    }
  };
  timer.async_wait(Shot{this, &timer, interval, std::move(task)});
}

void Loop::run(const Server::MakeService& make_service, const std::function<void()>& ready) {
  current_ = this;
  wakeup_.assign(tasks_.duplicate_event_fd());  // throws without a free descriptor: start() fails
  service_ = make_service(*this);
  ready();
  date_second_ = std::time(nullptr);
  date_ = date_line(date_second_);
  next_tick_ = std::chrono::steady_clock::now();
  wait_for_tasks();
  wait_for_tick();
  wait_for_connections();
  context_.run();
  service_.reset();  // may still drop responders: their connections have gone
  periodic_.clear();
  current_ = nullptr;
}

void Loop::drain() {
  if (draining_) return;
  accept_ready();  // the queue's connections have been promised an answer by the kernel
  draining_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].session != nullptr) slots_[i].session->drain();
  }
  if (service_ != nullptr) service_->drain();
  drained_.store(true);
}

void Loop::finish() {
  drain();
  finishing_ = true;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].session != nullptr) slots_[i].session->close();
  }
  tasks_.close();
  error_code ignored;
  wakeup_.close(ignored);
  tick_timer_.cancel();
  for (const auto& timer : periodic_) timer->cancel();
}

std::string& Loop::write_scratch() {
  if (write_scratch_.capacity() > kScratchKept) {
    write_scratch_ = std::string();
  } else {
    write_scratch_.clear();
  }
  return write_scratch_;
}

void Loop::service_failed(std::string_view what) const {
  if (config_.on_service_failure) config_.on_service_failure(what);
}

void Loop::wait_for_connections() {
  acceptor_.async_wait(asio::socket_base::wait_read, [this](error_code error) {
    if (error || draining_) return;
    accept_ready();
    if (!accept_paused_) wait_for_connections();
  });
}

void Loop::accept_ready() {
  if (draining_) return;
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd, &from);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      // Out of descriptors or memory: the connection stays in the queue and would wake us at once
      // again, for ever. The next tick tries again.
      counters_.accept_failures.add();
      accept_paused_ = true;
    }
    return;
  }
}

void Loop::admit(int fd, const void* address) {
  const std::uint32_t open = open_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (open > limits_.connections_max + kRefusedOpenMax) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    counters_.refused.add();
    ::close(fd);
    return;
  }
  const auto& from = *static_cast<const sockaddr_storage*>(address);
  Socket socket(context_);
  error_code error;
  socket.assign(from.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd, error);
  if (error) {  // the reactor has no room for it
    open_.fetch_sub(1, std::memory_order_relaxed);
    counters_.accept_failures.add();
    ::close(fd);
    return;
  }
  auto* session = new HttpSession(*this, std::move(socket), remote_address(from));
  session->set_slot(take_slot(*session));
  if (open > limits_.connections_max) {
    counters_.refused.add();
    session->refuse(503);
  } else {
    counters_.accepted.add();
    session->start();
  }
}

void Loop::wait_for_tasks() {
  wakeup_.async_read_some(asio::buffer(&wakeup_count_, sizeof wakeup_count_),
                          [this](error_code error, std::size_t) {
                            if (error) return;
                            tasks_.take(running_);
                            for (auto& task : running_) task();
                            running_.clear();
                            if (!finishing_) wait_for_tasks();
                          });
}

void Loop::wait_for_tick() {
  next_tick_ += kTick;
  tick_timer_.expires_at(next_tick_);
  tick_timer_.async_wait([this](error_code error) {
    if (error || finishing_) return;
    tick();
    wait_for_tick();
  });
}

void Loop::tick() {
  if (const std::time_t now = std::time(nullptr); now != date_second_) {
    date_second_ = now;
    date_ = date_line(now);
  }
  wheel_.advance([](TimerWheel::Entry& entry) { static_cast<Session&>(entry).on_deadline(); });
  if (accept_paused_ && !draining_) {
    accept_paused_ = false;
    wait_for_connections();
  }
}

std::uint32_t Loop::take_slot(Session& session) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot].session = &session;
  ++slots_[slot].generation;
  return slot;
}

Session* Loop::find(std::uint32_t slot, std::uint32_t generation) const {
  if (slot >= slots_.size() || slots_[slot].generation != generation) return nullptr;
  return slots_[slot].session;
}

void Loop::retire(Session& session) {
  Slot& slot = slots_[session.slot()];
  if (slot.session == &session) {
    slot.session = nullptr;
    ++slot.generation;
    free_slots_.push_back(session.slot());
    open_.fetch_sub(1, std::memory_order_relaxed);
  }
  retired_.push_back(&session);
  schedule_reap();
}

void Loop::replace(Session& previous, std::unique_ptr<WebSocketSession> next) {
  next->set_slot(previous.slot());
  slots_[previous.slot()].session = next.release();
  previous.close();  // its socket has been moved out
}

void Loop::settle_soon(WebSocketSession& session) {
  to_settle_.push_back(&session);
  schedule_reap();
}

void Loop::schedule_reap() {
  if (reap_scheduled_) return;
  reap_scheduled_ = true;
  asio::post(context_, [this] { reap(); });
}

void Loop::reap() {
  reap_scheduled_ = false;
  // A settled owner may close further sockets: these come in the next round.
  const auto settling = std::exchange(to_settle_, {});
  for (WebSocketSession* session : settling) session->settle();
  std::erase_if(retired_, [this](Session* session) {
    if (!session->deletable()) return false;
    delete session;
    return true;
  });
  if (!retired_.empty()) schedule_reap();
}

void Loop::flush_soon(WebSocketSession& session) {
  to_flush_.push_back(&session);
  schedule_flush();
}

void Loop::schedule_flush() {
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  asio::post(context_, [this] { flush_some(); });
}

// A broadcast to thousands takes tens of milliseconds: in slices, so that requests get through
// between.
void Loop::flush_some() {
  flush_scheduled_ = false;
  const std::size_t end = std::min(flushed_ + kFlushBatch, to_flush_.size());
  while (flushed_ < end) to_flush_[flushed_++]->flush_turn();
  if (flushed_ == to_flush_.size()) {
    to_flush_.clear();
    flushed_ = 0;
  } else {
    schedule_flush();
  }
}

}  // namespace onrush::http
