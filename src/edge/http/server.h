// HTTP/1.1 and WebSocket server: N worker threads, each with its own event loop, its own
// SO_REUSEPORT listening socket and its own Service, so that the hot path shares nothing and takes
// no lock.
//
// Limits and refusals are those of docs/security.md: header 8 KiB, body 64 KiB, header deadline,
// write deadline, smuggling forms closed with 400. Requests of one connection are answered in
// order, one at a time; a pipelined request waits in the buffer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "edge/http/message.h"

namespace onrush::http {

class Worker;

// The right to answer one request, exactly once. Move-only; may be kept and used later from any
// thread; dropped unanswered, it sends 500. An answer for a connection that has gone is dropped
// silently.
class Responder {
 public:
  Responder() = default;
  Responder(Worker* worker, std::uint32_t slot, std::uint32_t generation);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  // On the worker's own thread: writes into the connection's buffer at once, no allocation.
  // On another thread: carried over by Worker::post.
  void send(const Response& response);
  // A complete response from prepare(); copied.
  void send_prepared(std::string_view bytes);

  // Nobody is there to be answered: the connection has ended, or its client has closed his side of
  // it. On the worker's own thread; one system call.
  [[nodiscard]] bool has_gone() const;

  // Answers 101 and makes the connection a WebSocket (RFC 6455) of this worker. Only on the
  // worker's thread and only if the request was a valid upgrade (else 400/426 is sent by itself and
  // null comes back). See websocket.h for what may be done with it.
  class WebSocket* upgrade(const Request& request, class WebSocketEvents& events);

 private:
  Worker* worker_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

// One per worker; all calls come on that worker's thread.
class Service {
 public:
  virtual ~Service() = default;
  virtual void handle(const Request& request, Responder responder) = 0;
  // The server stops: what is kept to be answered later is to be answered soon.
  virtual void drain() {}
};

struct ServerStats {  // sums over workers, read at any time
  std::uint64_t requests = 0, connections_accepted = 0, connections_refused = 0, bad_requests = 0,
                timeouts = 0, websockets_open = 0, connections_open = 0, websocket_dropped_slow = 0,
                service_failures = 0,  // exceptions out of Service::handle, answered 500
      accept_failures = 0;  // out of descriptors or memory; accepting pauses for a moment
};

// The event loop that a Service belongs to.
class Worker {
 public:
  virtual ~Worker() = default;
  [[nodiscard]] virtual unsigned index() const = 0;
  // Runs `task` on this worker's thread, soon. Thread-safe. Dropped if the server has stopped.
  virtual void post(std::function<void()> task) = 0;
  // Calls `task` on this worker's thread every `interval` until the server stops. Worker thread
  // only.
  virtual void every(std::chrono::milliseconds interval, std::function<void()> task) = 0;
};

struct ServerLimits {
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  std::chrono::milliseconds header_deadline{10'000};  // from the first byte to the end of the head
  std::chrono::milliseconds body_deadline{20'000};   // from the end of the head to that of the body
  std::chrono::milliseconds write_deadline{20'000};  // for an answer, and the time it takes at
  std::size_t write_bytes_per_second_min = 16 * 1024;   // this rate
  std::chrono::milliseconds idle_deadline{75'000};      // between requests
  std::chrono::milliseconds websocket_ping{30'000};     // silence after which the server pings
  std::chrono::milliseconds websocket_silence{75'000};  // silence after which it closes
  std::uint32_t connections_max = 19'000;  // per process share; beyond it accept-and-close with 503
};

struct ServerConfig {
  std::string name;  // "rush", "general", "admin": for logs and metrics
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::port()
  unsigned workers = 1;
  ServerLimits limits;
  // What an exception out of Service::handle said, for the log. Called on worker threads.
  std::function<void(std::string_view what)> on_service_failure;
};

class Server {
 public:
  using MakeService = std::function<std::unique_ptr<Service>(Worker&)>;
  // Binds and listens at once (error: rejected, with the address in the message), serves after
  // start(). `make_service` runs in start(), on the worker's own thread, for one worker after the
  // other; the service is destroyed on that thread too. The server must outlive every Responder
  // that it handed out.
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(ServerConfig config,
                                                              MakeService make_service);
  virtual ~Server() = default;

  virtual void start() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Not from a worker's thread. Stops accepting, answers what is under way (Connection: close),
  // closes WebSockets with 1001, waits up to `grace`, then closes what is left and joins the
  // threads. Idempotent.
  virtual void stop(std::chrono::milliseconds grace) = 0;
  [[nodiscard]] virtual ServerStats stats() const = 0;
  // Seconds of CPU used by the workers' threads so far.
  [[nodiscard]] virtual double cpu_seconds() const = 0;
};

}  // namespace onrush::http
