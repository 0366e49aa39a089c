// Reading one HTTP/1.1 response out of bytes that may be incomplete.
#pragma once

#include <cstddef>
#include <string_view>

namespace onrush::crowd {

struct Answer {
  int status = 0;
  std::string_view body;   // valid only during the call that hands it over
  int retry_after_s = -1;  // -1: none given
  bool keep_alive = true;
  bool websocket = false;  // 101 with the right accept value
};

enum class Parse { incomplete, complete, malformed };

// The request's key and the accept value that belongs to it, of RFC 6455's own example. The key
// only proves that the other end speaks the protocol, so a load generator need not draw it.
inline constexpr std::string_view kSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view kSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
inline constexpr std::size_t kHeaderMax = 16 * 1024;
inline constexpr std::size_t kBodyMax = 4 * 1024 * 1024;

// Reads the response at the front of `bytes`; `used` is its length when complete. A body without
// Content-Length is malformed (the server always gives it), except where none may follow.
[[nodiscard]] Parse parse_answer(std::string_view bytes, Answer& answer, std::size_t& used);

}  // namespace onrush::crowd
