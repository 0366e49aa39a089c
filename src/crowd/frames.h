// WebSocket framing of a client (RFC 6455): masked out, unmasked in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace onrush::crowd {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

struct Frame {
  Opcode opcode = Opcode::text;
  bool final = true;
  std::string_view payload;
};

enum class FrameParse { incomplete, complete, malformed };
inline constexpr std::size_t kFrameMax = 1024 * 1024;

// Reads the frame at the front of `bytes`; `used` is its length when complete. Masked frames from a
// server, reserved bits and frames over kFrameMax are malformed.
[[nodiscard]] FrameParse parse_frame(std::string_view bytes, Frame& frame, std::size_t& used);

// Appends one final, masked frame of at most 64 KiB - 1.
void write_frame(Opcode opcode, std::string_view payload, std::uint32_t mask, std::string& out);

}  // namespace onrush::crowd
