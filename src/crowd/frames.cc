#include "crowd/frames.h"

namespace onrush::crowd {
namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

bool known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

FrameParse parse_frame(std::string_view bytes, Frame& frame, std::size_t& used) {
  if (bytes.size() < 2) return FrameParse::incomplete;
  const std::uint8_t first = byte_at(bytes, 0);
  const std::uint8_t second = byte_at(bytes, 1);
  const auto opcode = static_cast<std::uint8_t>(first & 0x0f);
  if ((first & 0x70) != 0 || (second & 0x80) != 0 || !known(opcode)) return FrameParse::malformed;
  std::uint64_t size = second & 0x7f;
  std::size_t head = 2;
  if (opcode >= 8 && (size > 125 || (first & 0x80) == 0)) return FrameParse::malformed;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (bytes.size() < head + more) return FrameParse::incomplete;
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte_at(bytes, head + i);
    head += more;
  }
  if (size > kFrameMax) return FrameParse::malformed;
  if (bytes.size() - head < size) return FrameParse::incomplete;
  frame.opcode = static_cast<Opcode>(opcode);
  frame.final = (first & 0x80) != 0;
  frame.payload = bytes.substr(head, static_cast<std::size_t>(size));
  used = head + static_cast<std::size_t>(size);
  return FrameParse::complete;
}

void write_frame(Opcode opcode, std::string_view payload, std::uint32_t mask, std::string& out) {
  out.push_back(static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size() & 0xff));
  }
  char key[4];
  for (int i = 0; i < 4; ++i) key[i] = static_cast<char>(mask >> (24 - 8 * i));
  out.append(key, 4);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ key[i % 4]));
}

}  // namespace onrush::crowd
