// WebSocket connections with our own framing (RFC 6455): an idle one costs a few hundred bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace onrush::http {

// A complete, encoded, unmasked text frame, shared by all receivers of a broadcast.
using SharedFrame = std::shared_ptr<const std::string>;
[[nodiscard]] SharedFrame encode_text_frame(std::string_view json);

// Owned by its worker; valid until WebSocketEvents::on_close has been called. Worker thread only.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Queues a frame. `replaceable`: a newer frame with the same non-zero `topic` that is still
  // unsent replaces it (newest state, not every state). A receiver whose queue is over its bound is
  // closed with 1013 and counted.
  virtual void send(SharedFrame frame, std::uint64_t topic = 0) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // For the owner's own bookkeeping.
  std::uint64_t user_id = 0;
  std::uint32_t user_slot = 0;
};

// Frames that break the rules (unmasked, over 4 KiB, bad UTF-8, reserved bits) close the connection
// with the RFC's code before any of this is called. Pings are answered and sent by the server
// itself.
class WebSocketEvents {
 public:
  virtual ~WebSocketEvents() = default;
  virtual void on_text(WebSocket& socket, std::string_view text) = 0;
  virtual void on_close(WebSocket& socket) = 0;
};

}  // namespace onrush::http
