// Reads a request head strictly: what two parsers could understand differently is refused, because
// a proxy in front may be the other parser (request smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edge/http/message.h"

namespace onrush::http {

// Finds the end of a head that arrives in pieces; no byte is looked at twice.
class HeadScanner {
 public:
  enum class Outcome : std::uint8_t { incomplete, complete, malformed };

  // `bytes` starts at the head's first byte and holds all that has arrived. Malformed: a line that
  // does not end in CR LF, or one that continues the line before it.
  [[nodiscard]] Outcome scan(std::string_view bytes);
  // Bytes of the head with its empty line, once complete.
  [[nodiscard]] std::size_t head_size() const { return position_; }
  void reset() { position_ = line_ = 0; }

 private:
  std::uint32_t position_ = 0;  // everything before it has been looked at
  std::uint32_t line_ = 0;      // where the current line starts
};

struct Head {
  Request request;  // views into the parsed bytes; body and connection are left alone
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  bool connection_upgrade = false;
  std::string_view upgrade;
  std::string_view websocket_key;
  std::string_view websocket_version;
};

// Parses a complete head. Returns 0, or the status of the refusal (400, 411, 417, 501, 505), after
// which the connection cannot be used any more.
[[nodiscard]] int parse_head(std::string_view bytes, Head& head);

}  // namespace onrush::http
