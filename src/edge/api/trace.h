// W3C trace context: the trace that a request belongs to, taken from `traceparent` or made anew.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onrush::api {

struct Trace {
  std::array<char, 32> trace_id{};  // lower-case hex
  std::array<char, 16> span_id{};   // of our own work on it
  bool sampled = false;

  [[nodiscard]] std::string_view id() const { return {trace_id.data(), trace_id.size()}; }
  [[nodiscard]] std::string traceparent() const;  // "00-…-…-01"
};

// Makes ids for one thread. Trace ids need to be distinct, not secret.
class TraceSource {
 public:
  TraceSource();
  // Continues the caller's trace, or begins one when the header is absent or malformed.
  [[nodiscard]] Trace begin(std::string_view traceparent);

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

}  // namespace onrush::api
