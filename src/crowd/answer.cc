#include "crowd/answer.h"

#include <charconv>
#include <optional>

namespace onrush::crowd {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_text(std::string_view a, std::string_view lower_case) {
  if (a.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower_case[i]) return false;
  }
  return true;
}

template <class T>
bool whole_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One header line. False: it contradicts what went before.
bool read_header(std::string_view line, Answer& answer, std::optional<std::size_t>& length) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same_text(name, "content-length")) {
    std::size_t n = 0;
    if (length || !whole_number(value, n) || n > kBodyMax) return false;
    length = n;
  } else if (same_text(name, "transfer-encoding")) {
    return false;
  } else if (same_text(name, "connection")) {
    if (same_text(value, "close")) answer.keep_alive = false;
  } else if (same_text(name, "retry-after")) {
    int seconds = 0;
    if (whole_number(value, seconds) && seconds >= 0) answer.retry_after_s = seconds;
  } else if (same_text(name, "sec-websocket-accept")) {
    answer.websocket = value == kSocketAccept;
  }
  return true;
}

}  // namespace

Parse parse_answer(std::string_view bytes, Answer& answer, std::size_t& used) {
  answer = {};
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return bytes.size() > kHeaderMax ? Parse::malformed : Parse::incomplete;
  }
  std::string_view head = bytes.substr(0, head_end + 2);
  const std::size_t line_end = head.find("\r\n");
  const std::string_view first = head.substr(0, line_end);
  if (first.size() < 12 || first.substr(0, 7) != "HTTP/1." || first[8] != ' ' ||
      !whole_number(first.substr(9, 3), answer.status) || answer.status < 100) {
    return Parse::malformed;
  }
  if (first[7] == '0') answer.keep_alive = false;
  head.remove_prefix(line_end + 2);
  std::optional<std::size_t> length;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    if (!read_header(head.substr(0, end), answer, length)) return Parse::malformed;
    head.remove_prefix(end + 2);
  }
  const bool bodyless = answer.status < 200 || answer.status == 204 || answer.status == 304;
  if (answer.status != 101) answer.websocket = false;
  if (!bodyless && !length) return Parse::malformed;
  const std::size_t body = bodyless ? 0 : *length;
  if (bytes.size() - (head_end + 4) < body) return Parse::incomplete;
  answer.body = bytes.substr(head_end + 4, body);
  used = head_end + 4 + body;
  return Parse::complete;
}

}  // namespace onrush::crowd
