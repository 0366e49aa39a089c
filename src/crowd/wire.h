// Wire: many keep-alive HTTP/1.1 and WebSocket connections to a few servers, on one epoll.
//
// A request names a tag; its bytes are asked for only when a connection is at hand, so that a
// hundred thousand waiting requests cost 24 bytes each. One request at a time on a connection (no
// pipelining).
//
// Every request ends in exactly one on_answer or on_failure. Events are handed over from inside
// poll() only, never from inside request(). Thread rule: one thread.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crowd/answer.h"

namespace onrush::crowd {

using EndpointNo = std::uint16_t;
enum class Failure : std::uint8_t { connect, closed, timeout, malformed };

class WireEvents {
 public:
  virtual ~WireEvents() = default;
  // Appends the whole request of this tag.
  virtual void write_request(std::uint64_t tag, std::string& out) = 0;
  virtual void on_answer(std::uint64_t tag, const Answer& answer) = 0;
  virtual void on_failure(std::uint64_t tag, Failure failure) = 0;
  // WebSockets: the upgrade is done; append frames to `out` to send them.
  virtual void on_socket_open(std::uint64_t tag, std::string& out) = 0;
  // False: hang up.
  virtual bool on_socket_text(std::uint64_t tag, std::string_view text) = 0;
  virtual void on_socket_closed(std::uint64_t tag) = 0;
};

struct WireLimits {
  std::uint32_t connections = 2'000;   // to one endpoint, WebSockets not counted
  std::uint32_t source_addresses = 1;  // 127.0.0.1 …; 1 leaves the choice to the kernel
  Millis timeout{10'000};              // from the sending of a request, and for waiting to be sent
};

struct WireCounts {
  std::uint64_t connections = 0;  // opened
  std::uint64_t stale_retries =
      0;  // requests sent again because an idle connection had been closed
};

// Microseconds of the monotonic clock.
[[nodiscard]] std::int64_t monotonic_us();
// "host:port" with an IPv4 address or "localhost". Error: invalid.
[[nodiscard]] Result<sockaddr_in> parse_address(std::string_view host_port);
[[nodiscard]] bool is_loopback(const sockaddr_in& address);

class Wire {
 public:
  // Error: retryable, when the kernel gives no epoll.
  [[nodiscard]] static Result<Wire> create(WireEvents& events, WireLimits limits);
  ~Wire();
  Wire(Wire&&) noexcept;
  Wire& operator=(Wire&&) = delete;

  // The same address gives the same number.
  EndpointNo endpoint(const sockaddr_in& address);
  void request(EndpointNo endpoint, std::uint64_t tag);
  // A connection of its own, for a request that asks for an upgrade.
  void open_socket(EndpointNo endpoint, std::uint64_t tag);
  // Opens idle connections until there are `count` (within the limit).
  void warm(EndpointNo endpoint, std::uint32_t count);
  // Moves bytes and hands over events; waits for at most `wait_us`.
  void poll(std::int64_t wait_us);
  [[nodiscard]] const WireCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  enum class State : std::uint8_t { closed, connecting, idle, busy, upgrading, socket };
  struct Connection {
    int fd = -1;
    std::uint32_t life = 0;  // distinguishes the users of this slot
    std::uint32_t turn = 0;  // distinguishes the requests of one connection
    State state = State::closed;
    bool has_request = false;
    bool wants_socket = false;
    bool reused = false;
    bool in_idle = false;  // its slot is in the endpoint's idle queue
    EndpointNo endpoint = 0;
    std::uint64_t tag = 0;
    std::size_t sent = 0;
    std::string out;
    std::string in;       // of an answer or frame that is not complete yet
    std::string message;  // of a fragmented WebSocket message
  };
  struct Waiting {
    std::uint64_t tag;
    std::int64_t since_us;
  };
  struct Endpoint {
    sockaddr_in address{};
    std::uint32_t open = 0;  // connections, sockets not counted
    std::deque<std::uint32_t> idle;
    std::deque<Waiting> waiting;
  };
  struct Deadline {
    std::int64_t at_us;
    std::uint32_t slot, life, turn;
  };
  struct Failed {
    std::uint64_t tag;
    Failure failure;
    bool socket;
  };

  Wire(WireEvents& events, WireLimits limits, int epoll);
  std::uint32_t take_slot();
  bool open(EndpointNo endpoint, std::uint32_t& slot, bool socket);
  void open_for(EndpointNo endpoint, std::uint64_t tag);
  void start(std::uint32_t slot, std::uint64_t tag);
  void write_out(std::uint32_t slot);
  void connected(std::uint32_t slot);
  void readable(std::uint32_t slot);
  bool consume(std::uint32_t slot, std::string_view bytes, std::size_t& used);
  bool take_answer(std::uint32_t slot, std::string_view bytes, std::size_t& used);
  bool take_frame(std::uint32_t slot, std::string_view bytes, std::size_t& used);
  void release(std::uint32_t slot);
  void shut(std::uint32_t slot);
  void broke(std::uint32_t slot, Failure failure);
  void serve_waiting(EndpointNo endpoint);
  void expire(std::int64_t now_us);
  void tell_failures();

  WireEvents& events_;
  WireLimits limits_;
  int epoll_ = -1;
  std::vector<Endpoint> endpoints_;
  std::deque<Connection> connections_;
  std::vector<std::uint32_t> free_slots_;
  std::deque<Deadline> deadlines_;
  std::vector<Failed> failed_;
  std::vector<char> buffer_;
  std::size_t in_flight_ = 0;
  std::uint32_t next_source_ = 0;
  WireCounts counts_;
};

}  // namespace onrush::crowd
