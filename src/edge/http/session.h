// A connection of one worker, as HTTP or as WebSocket. Worker thread only.
//
// Lifetime: operations capture the bare session. close() closes the socket, which ends them; the
// loop deletes the session when none is left, and never from inside one of the session's own calls.
#pragma once

#include <cstdint>

#include "edge/http/asio_types.h"
#include "edge/http/timer_wheel.h"

namespace onrush::http {

class Loop;
class HttpSession;

class Session : public TimerWheel::Entry {
 public:
  Session(Loop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {}
  virtual ~Session() = default;

  virtual void on_deadline() = 0;
  // The server is stopping: end as soon as it can be done politely.
  virtual void drain() = 0;
  // Null for WebSockets.
  virtual HttpSession* as_http() { return nullptr; }
  // The last call before the connection is gone.
  virtual void on_closed() {}

  // At once and without a word; harmless when repeated.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool deletable() const { return closed_ && operations_ == 0; }
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  void set_slot(std::uint32_t slot) { slot_ = slot; }

 protected:
  struct Received {
    std::size_t bytes = 0;
    bool ended = false;  // by the peer or by an error
  };
  // Reads what is there without waiting.
  Received receive(char* to, std::size_t room);
  // Sends what fits into the kernel's buffer; `failed` if the connection is broken.
  std::size_t transmit(const char* from, std::size_t size, bool& failed);
  // Waits until the peer has closed, throwing away what it still sends: closing with unread bytes
  // would reset the connection and could take our last answer with it.
  void linger();
  [[nodiscard]] bool lingering() const { return lingering_; }

  // Starts an operation whose handler must begin with `if (!finished()) return;`.
  void started() { ++operations_; }
  [[nodiscard]] bool finished() {
    --operations_;
    return !closed_;
  }

  Loop& loop_;
  Socket socket_;

 private:
  void wait_and_discard();

  std::uint32_t slot_ = 0;
  std::uint32_t discarded_ = 0;
  std::uint8_t operations_ = 0;
  bool closed_ = false;
  bool lingering_ = false;
};

}  // namespace onrush::http
