#include "edge/http/websocket_frame.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace onrush::http {
namespace {

FrameRead violation(std::uint16_t code) {
  return {FrameRead::Outcome::violation, code, 0, {}};
}

void unmask(std::span<char> payload, const char* key) {
  std::uint32_t word = 0;
  std::memcpy(&word, key, 4);
  std::size_t i = 0;
  for (; i + 4 <= payload.size(); i += 4) {
    std::uint32_t four = 0;
    std::memcpy(&four, payload.data() + i, 4);
    four ^= word;
    std::memcpy(payload.data() + i, &four, 4);
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
}

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  out.push_back(static_cast<char>(0x80 | static_cast<int>(opcode)));
  const std::uint64_t size = payload.size();
  int length_bytes = 0;
  if (size < 126) {
    out.push_back(static_cast<char>(size));
  } else {
    length_bytes = size <= 0xffff ? 2 : 8;
    out.push_back(static_cast<char>(length_bytes == 2 ? 126 : 127));
  }
  for (int i = length_bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(size >> (8 * i)));
  out.append(payload);
  return out;
}

std::string encode_close(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  payload.append(reason.substr(0, kControlMax - 2));
  return encode_frame(Opcode::close, payload);
}

FrameRead read_frame(std::span<char> bytes) {
  if (bytes.empty()) return {};
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto code = static_cast<std::uint8_t>(first & 0x0f);
  const bool final = (first & 0x80) != 0;
  const bool control = code >= 8;
  if ((first & 0x70) != 0) return violation(kCloseProtocolError);  // no extension was agreed on
  if ((code > 2 && code < 8) || code > 10) return violation(kCloseProtocolError);
  if (control && !final) return violation(kCloseProtocolError);
  if (bytes.size() < 2) return {};
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  if ((second & 0x80) == 0) return violation(kCloseProtocolError);  // clients must mask
  std::size_t size = second & 0x7f;
  if (control && size > kControlMax) return violation(kCloseProtocolError);
  if (size == 127) return violation(kCloseTooBig);
  std::size_t head = 2;
  if (size == 126) {
    if (bytes.size() < 4) return {};
    size = static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[2])) << 8 |
           static_cast<std::uint8_t>(bytes[3]);
    if (size < 126) return violation(kCloseProtocolError);  // the shortest form is required
    head = 4;
  }
  if (size > kMessageMax) return violation(kCloseTooBig);
  if (bytes.size() < head + 4 + size) return {};
  FrameRead read{FrameRead::Outcome::frame, 0, head + 4 + size, {}};
  read.frame = {static_cast<Opcode>(code), final, bytes.subspan(head + 4, size)};
  unmask(read.frame.payload, bytes.data() + head);
  return read;
}

bool Utf8Checker::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (more_ > 0) {
      if (byte < low_ || byte > high_) return false;
      low_ = 0x80;
      high_ = 0xbf;
      --more_;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      more_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (byte == 0xe0) low_ = 0xa0;
      if (byte == 0xed) high_ = 0x9f;
      if (byte == 0xf0) low_ = 0x90;
      if (byte == 0xf4) high_ = 0x8f;
    }
  }
  return true;
}

bool read_close(std::string_view payload, std::uint16_t& code) {
  code = 1005;
  if (payload.empty()) return true;
  const bool has_code = payload.size() >= 2;
  if (has_code) {
    code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                      static_cast<std::uint8_t>(payload[1]));
  }
  const bool known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
  if (!has_code || !known) {
    code = kCloseProtocolError;
    return false;
  }
  Utf8Checker reason;
  if (!reason.feed(payload.substr(2)) || !reason.complete()) {
    code = kCloseBadText;
    return false;
  }
  return true;
}

std::string accept_key(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char base64[64];
  const int length = EVP_EncodeBlock(base64, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(base64), static_cast<std::size_t>(length)};
}

bool valid_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return std::all_of(key.begin(), key.end() - 2,
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
}

}  // namespace onrush::http
