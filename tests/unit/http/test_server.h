// A real server on a free loopback port, with a Service whose paths behave as their names say, and
// a raw client that can break every rule.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "edge/http/server.h"
#include "edge/http/websocket.h"

namespace onrush::http {

// What the services of one server have seen; safe to read from the test's thread.
struct Seen {
  std::atomic<int> handled{0};
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::mutex mutex;
  std::vector<std::string> texts;
  std::vector<Responder> kept;
  std::vector<std::thread> threads;
};

class TestServer {
 public:
  explicit TestServer(ServerLimits limits = {}, unsigned workers = 1);
  ~TestServer();

  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  // Runs on each worker's thread; the sockets are those open on that worker.
  void on_sockets(const std::function<void(const std::vector<WebSocket*>&)>& act);
  // True once `condition` holds, false after ten seconds.
  static bool eventually(const std::function<bool()>& condition);

  Seen seen;
  std::unique_ptr<Server> server;

 private:
  friend class TestService;
  std::vector<Worker*> workers_;
  std::vector<class TestService*> services_;
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False if the server has closed or reset the connection.
  bool send(std::string_view bytes) const;
  // One reply; none if the connection ended or ten seconds passed. Told if it answers a HEAD.
  std::optional<Reply> reply(bool to_head = false);
  // Everything until the server closes; nothing if it does not within ten seconds.
  std::optional<std::string> until_closed();
  // Exactly n bytes, or fewer if the connection ended.
  std::string bytes(std::size_t n);
  // True if the server ends the connection (in whichever way) and sends nothing more before that.
  bool ends();
  [[nodiscard]] int fd() const { return fd_; }

  // Performs the upgrade of /ws; the reply's status.
  int upgrade();
  bool send_frame(unsigned first_byte, std::string_view payload, bool masked = true) const;
  struct ServerFrame {
    unsigned opcode = 0;
    std::string payload;
  };
  std::optional<ServerFrame> frame();
  // The code of the next close frame, skipping others; 0 if none comes.
  unsigned close_code();

 private:
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

// "POST /echo" with a body; further header lines end in CR LF.
[[nodiscard]] std::string request(std::string_view method, std::string_view target,
                                  std::string_view headers = {}, std::string_view body = {});

}  // namespace onrush::http
