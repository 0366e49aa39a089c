// One HTTP/1.1 connection: reads a request, hands it to the Service, writes the answer, reads the
// next.
//
//   parked ──readable──► reading ──head and body complete──► handling ──answer──► (writing) ──►
//   reading
//      ▲                    │  quiet for a second                                      │
//      └────────────────────┘                              refusal, close ──► lingering ──► closed
//
// Parked: waits for the next request without holding a read buffer.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "edge/http/buffer_pool.h"
#include "edge/http/head_parser.h"
#include "edge/http/message.h"
#include "edge/http/response_writer.h"
#include "edge/http/session.h"
#include "edge/http/websocket.h"

namespace onrush::http {

class HttpSession final : public Session {
 public:
  HttpSession(Loop& loop, Socket socket, const std::array<std::uint8_t, 16>& remote);
  ~HttpSession() override;

  void start();
  // Answers a refusal of our own and ends the connection.
  void refuse(int status);

  // By the Responder.
  void answer(const Response& response);
  void answer_prepared(std::string_view bytes);
  WebSocket* upgrade(WebSocketEvents& events);

  void on_deadline() override;
  void drain() override;
  HttpSession* as_http() override { return this; }

  // The client has closed his side, or the connection has failed. Only while it is handled.
  [[nodiscard]] bool peer_has_left();

 private:
  enum class State : std::uint8_t { parked, reading, handling, writing, ending };
  // What the deadline is for, while reading.
  enum class Waiting : std::uint8_t { first_byte, head, body, next_request, idle };

  void park();
  void start_read();
  void on_bytes(std::size_t n);
  void process();
  bool next_request();
  void await_head();
  void await_body(bool expects_continue);
  void dispatch(Head& head);
  void make_room(std::size_t total);
  [[nodiscard]] Framing framing() const;
  void send(std::string_view bytes);
  void wait_to_write();
  void answered();
  void expect_next();
  void timed_out();
  [[nodiscard]] std::string_view unread() const {
    return {buffer_.data.get() + begin_, end_ - begin_};
  }

  ReadBuffer buffer_;
  std::uint32_t begin_ = 0;  // of the current request
  std::uint32_t end_ = 0;    // of what has been read
  HeadScanner scanner_;
  std::uint32_t total_ = 0;  // size of the request, once its head is known
  std::uint32_t sent_ = 0;
  std::string unsent_;          // what the kernel did not take; only while writing
  Head* upgradable_ = nullptr;  // only during Service::handle
  std::array<std::uint8_t, 16> remote_;
  State state_ = State::parked;
  Waiting waiting_ = Waiting::first_byte;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool refused_ = false;
  bool processing_ = false;
};

}  // namespace onrush::http
