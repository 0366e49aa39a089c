#include "edge/http/response_writer.h"

#include <charconv>

namespace onrush::http {
namespace {

struct StatusLine {
  int status;
  std::string_view line;
};

// Ordered by how often they are sent.
constexpr StatusLine kStatusLines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {425, "HTTP/1.1 425 Too Early\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {301, "HTTP/1.1 301 Moved Permanently\r\n"},
    {302, "HTTP/1.1 302 Found\r\n"},
    {303, "HTTP/1.1 303 See Other\r\n"},
    {307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {308, "HTTP/1.1 308 Permanent Redirect\r\n"},
    {402, "HTTP/1.1 402 Payment Required\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {411, "HTTP/1.1 411 Length Required\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {421, "HTTP/1.1 421 Misdirected Request\r\n"},
    {426, "HTTP/1.1 426 Upgrade Required\r\n"},
    {428, "HTTP/1.1 428 Precondition Required\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {502, "HTTP/1.1 502 Bad Gateway\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_status_line(std::string& out, int status) {
  for (const StatusLine& entry : kStatusLines) {
    if (entry.status == status) {
      out.append(entry.line);
      return;
    }
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(status));
  out.append(" \r\n");  // the reason phrase may be empty, its space may not
}

std::string_view title(int status) {
  for (const StatusLine& entry : kStatusLines) {
    if (entry.status == status) return entry.line.substr(13, entry.line.size() - 15);
  }
  return "Error";
}

std::string_view refusal_code(int status) {
  switch (status) {
    case 408:
      return "request_timeout";
    case 411:
      return "length_required";
    case 413:
      return "body_too_large";
    case 417:
      return "expectation_failed";
    case 426:
      return "upgrade_required";
    case 431:
      return "headers_too_large";
    case 500:
      return "internal";
    case 501:
      return "not_implemented";
    case 503:
      return "busy";
    case 505:
      return "version_not_supported";
    default:
      return "bad_request";
  }
}

constexpr std::string_view kClose = "Connection: close\r\n";

}  // namespace

void append_response(std::string& out, const Response& response, const Framing& framing) {
  append_status_line(out, response.status);
  out.append(framing.date_line);
  if (framing.close) out.append(kClose);
  // 204 and 304 have no body by definition; a 204 may not even state a length.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    if (!response.body.empty() && !response.content_type.empty()) {
      out.append("Content-Type: ").append(response.content_type).append("\r\n");
    }
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  out.append(response.headers).append("\r\n");
  if (!bodiless && !framing.head_only) out.append(response.body);
}

void append_prepared(std::string& out, std::string_view prepared, const Framing& framing) {
  const std::size_t line = prepared.find('\n') + 1;
  out.append(prepared.substr(0, line));
  out.append(framing.date_line);
  if (framing.close) out.append(kClose);
  std::string_view rest = prepared.substr(line);
  if (framing.head_only) rest = rest.substr(0, rest.find("\r\n\r\n") + 4);
  out.append(rest);
}

std::string date_line(std::time_t now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  gmtime_r(&now, &t);
  char text[64];
  std::snprintf(text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour,
                t.tm_min, t.tm_sec);
  return text;
}

Response refusal(int status) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  const std::string code(refusal_code(status));
  response.body = R"({"type":"https://onrush.dev/problems/)" + code + R"(","title":")" +
                  std::string(title(status)) + R"(","status":)" + std::to_string(status) +
                  R"(,"code":")" + code + R"("})";
  response.headers = "Cache-Control: no-store\r\n";
  if (status == 503) response.headers += "Retry-After: 2\r\n";
  if (status == 426) response.headers += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  return response;
}

}  // namespace onrush::http
