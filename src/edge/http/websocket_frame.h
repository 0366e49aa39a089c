// The wire format of RFC 6455: no state, no sockets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace onrush::http {

inline constexpr std::size_t kMessageMax = 4096;
inline constexpr std::size_t kControlMax = 125;

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// Close codes of RFC 6455 §7.4.1.
enum CloseCode : std::uint16_t {
  kCloseNormal = 1000,
  kCloseGoingAway = 1001,
  kCloseProtocolError = 1002,
  kCloseUnsupported = 1003,
  kCloseBadText = 1007,
  kCloseTooBig = 1009,
  kCloseInternal = 1011,
  kCloseTryAgainLater = 1013,
};

// A whole, unmasked frame as servers send it.
[[nodiscard]] std::string encode_frame(Opcode opcode, std::string_view payload);
[[nodiscard]] std::string encode_close(std::uint16_t code, std::string_view reason);

struct Frame {
  Opcode opcode = Opcode::text;
  bool final = true;
  std::span<char> payload;
};

struct FrameRead {
  enum class Outcome : std::uint8_t { incomplete, frame, violation };
  Outcome outcome = Outcome::incomplete;
  std::uint16_t close_code = 0;  // of a violation
  std::size_t size = 0;          // bytes of the frame
  Frame frame;
};

// Reads one frame of a client from the front of `bytes` and unmasks it in place. Violations show as
// soon as the frame's first bytes are there; a frame too big is not waited for.
[[nodiscard]] FrameRead read_frame(std::span<char> bytes);

// Checks text that may be cut anywhere between calls.
class Utf8Checker {
 public:
  // False once the text cannot become valid any more.
  [[nodiscard]] bool feed(std::string_view bytes);
  // True between characters.
  [[nodiscard]] bool complete() const { return more_ == 0; }
  void reset() { *this = Utf8Checker(); }

 private:
  std::uint8_t more_ = 0;     // continuation bytes still to come
  std::uint8_t low_ = 0x80;   // bounds of the next one: they exclude overlong forms,
  std::uint8_t high_ = 0xbf;  // surrogates, and what lies beyond U+10FFFF
};

// What a close frame says; 1005 for an empty one. Returns false if it breaks the rules (`code` then
// holds the code to close with).
[[nodiscard]] bool read_close(std::string_view payload, std::uint16_t& code);

// The Sec-WebSocket-Accept of a Sec-WebSocket-Key.
[[nodiscard]] std::string accept_key(std::string_view key);
// 16 bytes in base64.
[[nodiscard]] bool valid_key(std::string_view key);

}  // namespace onrush::http
