// One WebSocket connection. Idle, it holds no buffer at all: it waits for readability and reads
// into the worker's shared buffer; outgoing frames are shared with all other receivers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/session.h"
#include "edge/http/websocket.h"
#include "edge/http/websocket_frame.h"

namespace onrush::http {

struct Head;

// 0, or the status that refuses the upgrade (400; 426 for a plain request or another version).
[[nodiscard]] int check_upgrade(const Head& head);

class WebSocketSession final : public Session, public WebSocket {
 public:
  WebSocketSession(Loop& loop, Socket socket, WebSocketEvents& events);
  ~WebSocketSession() override;

  // Answers 101. `early`: what the client sent before it could know the answer.
  void start(std::string_view key, std::string_view early);

  void send(SharedFrame frame, std::uint64_t topic) override;
  void close(std::uint16_t code, std::string_view reason) override;

  void on_deadline() override;
  void drain() override;
  void on_closed() override;

  // By the loop, which was asked to by settle_soon and flush_soon.
  void settle();
  void flush_turn();

 private:
  struct Pending {
    SharedFrame frame;
    std::uint64_t topic = 0;
  };
  // Only there while a frame or a message has arrived in part.
  struct Inbound {
    std::string bytes;    // of an unfinished frame
    std::string message;  // payloads of the fragments so far
    bool fragmented = false;
    Utf8Checker text;
  };

  void wait_to_read();
  void read_ready();
  void take_in(std::span<char> bytes);
  // Returns how many bytes were used; the rest is the start of a frame.
  std::size_t consume(std::span<char> bytes);
  void on_frame(const Frame& frame);
  void on_data(const Frame& frame);
  void on_control(const Frame& frame);
  void deliver(std::string_view text);
  [[nodiscard]] Inbound& inbound();
  void release_inbound();

  [[nodiscard]] bool replace_queued(const SharedFrame& frame, std::uint64_t topic);
  [[nodiscard]] bool enqueue(SharedFrame frame, std::uint64_t topic);
  void flush();
  void wait_to_write();
  void drop_slow();
  // Tells the owner, sends `closing` behind what is already on its way, then lingers.
  void end(SharedFrame closing);
  void tell_owner();

  WebSocketEvents* events_;
  Pending first_;  // the frame being sent; the usual queue needs no further memory
  std::unique_ptr<std::vector<Pending>> more_;
  std::unique_ptr<Inbound> inbound_;
  std::uint32_t offset_ = 0;  // bytes of first_ already sent
  std::uint32_t queued_bytes_ = 0;
  std::uint32_t heard_ = 0;  // tick of the last sign of life
  std::uint32_t blocked_since_ = 0;
  bool blocked_ = false;  // waiting for room in the kernel's buffer
  bool flush_queued_ = false;
  bool ended_ = false;
};

}  // namespace onrush::http
