// Wall-clock time in whole milliseconds, and its RFC 3339 text form.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace onrush {

using Millis = std::chrono::milliseconds;
// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
using TimePoint = std::chrono::sys_time<Millis>;

[[nodiscard]] constexpr std::int64_t to_millis(TimePoint t) {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr TimePoint from_millis(std::int64_t ms) {
  return TimePoint{Millis{ms}};
}

// "2026-11-22T08:30:00.250Z": always UTC, always three decimals.
[[nodiscard]] std::string to_rfc3339(TimePoint t);
// Appends the 24 characters of to_rfc3339 without allocating; `out` must have room for 24.
void write_rfc3339(TimePoint t, char* out);
// Accepts "Z" or a numeric offset and up to nine decimals (cut to milliseconds). Error: invalid.
[[nodiscard]] Result<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace onrush
