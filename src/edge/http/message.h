// Requests and answers of our HTTP server, free of any library's types.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace onrush::http {

enum class Method : std::uint8_t { get, head, post, put, delete_, options, other };

// The request headers that anything here reads; all others are checked and dropped.
enum class Header : std::uint8_t {
  host,
  authorization,
  content_type,
  idempotency_key,
  if_none_match,
  traceparent,
  origin,
  cookie,
  user_agent,
  accept_language,
  accept_encoding,
  x_forwarded_for,
  x_onrush_channel,
  onrush_place,
  onrush_pass,
  onrush_challenge,
  x_onrush_signature,  // payment callbacks
  referer,
  count_,
};

// Valid only during Service::handle: the views point into the connection's buffer.
struct Request {
  Method method = Method::other;
  std::string_view target;  // as sent
  std::string_view path;    // up to '?', not decoded
  std::string_view query;   // after '?', not decoded
  std::string_view body;
  std::array<std::string_view, static_cast<std::size_t>(Header::count_)> headers{};
  std::array<std::uint8_t, 16> remote{};  // IPv6, or IPv4-mapped

  [[nodiscard]] std::string_view header(Header h) const {
    return headers[static_cast<std::size_t>(h)];
  }
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // must be a literal
  std::string body;
  std::string headers;  // further "Name: value\r\n" lines
};

// Writes the head and body of a complete HTTP/1.1 response (Content-Length set, keep-alive
// implied), for answers that are prepared once and sent many times.
[[nodiscard]] std::string prepare(const Response& response);

}  // namespace onrush::http
