#include "base/time.h"

#include <charconv>

namespace onrush {
namespace {

void put_digits(char* out, int width, std::int64_t value) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Reads exactly `width` digits at the front of `text` and removes them.
bool take_digits(std::string_view& text, std::size_t width, int& value) {
  if (text.size() < width) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc{} || end != text.data() + width || value < 0 || text[0] == '-')
    return false;
  text.remove_prefix(width);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".25" → 250; cut, not rounded. Absent → 0.
bool take_fraction(std::string_view& text, int& millis) {
  millis = 0;
  if (!take(text, '.')) return true;
  int digits = 0;
  int weight = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    millis += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  return digits >= 1 && digits <= 9;
}

bool take_offset(std::string_view& text, std::chrono::minutes& offset) {
  offset = {};
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool negative = !text.empty() && text.front() == '-';
  if (!negative && (text.empty() || text.front() != '+')) return false;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_digits(text, 2, hours) || !take(text, ':') || !take_digits(text, 2, minutes))
    return false;
  if (hours > 23 || minutes > 59) return false;
  offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  if (negative) offset = -offset;
  return true;
}

}  // namespace

void write_rfc3339(TimePoint t, char* out) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss<Millis> clock{t - day};
  put_digits(out, 4, static_cast<int>(date.year()));
  out[4] = '-';
  put_digits(out + 5, 2, static_cast<unsigned>(date.month()));
  out[7] = '-';
  put_digits(out + 8, 2, static_cast<unsigned>(date.day()));
  out[10] = 'T';
  put_digits(out + 11, 2, clock.hours().count());
  out[13] = ':';
  put_digits(out + 14, 2, clock.minutes().count());
  out[16] = ':';
  put_digits(out + 17, 2, clock.seconds().count());
  out[19] = '.';
  put_digits(out + 20, 3, clock.subseconds().count());
  out[23] = 'Z';
}

std::string to_rfc3339(TimePoint t) {
  std::string text(24, '\0');
  write_rfc3339(t, text.data());
  return text;
}

Result<TimePoint> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto bad = [] { return invalid("not an RFC 3339 time, e.g. 2026-11-22T08:30:00Z"); };
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, millis = 0;
  minutes offset{};
  if (!take_digits(text, 4, y) || !take(text, '-') || !take_digits(text, 2, mo) ||
      !take(text, '-') || !take_digits(text, 2, d)) {
    return bad();
  }
  if (!take(text, 'T') && !take(text, 't')) return bad();
  if (!take_digits(text, 2, h) || !take(text, ':') || !take_digits(text, 2, mi) ||
      !take(text, ':') || !take_digits(text, 2, s) || !take_fraction(text, millis) ||
      !take_offset(text, offset) || !text.empty()) {
    return bad();
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return bad();
  return TimePoint{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + Millis{millis} - offset;
}

}  // namespace onrush
