#include "edge/api/trace.h"

#include <algorithm>
#include <random>

#include "base/strong_id.h"

namespace onrush::api {
namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

void put_hex(std::uint64_t value, char* out) {
  for (int i = 15; i >= 0; --i) {
    out[i] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
}

// 00-<32 hex>-<16 hex>-<2 hex>; later versions may append fields.
bool well_formed(std::string_view h) {
  if (h.size() < 55 || h[2] != '-' || h[35] != '-' || h[52] != '-') return false;
  if (h.substr(0, 2) == "ff" || (h.substr(0, 2) == "00" && h.size() != 55)) return false;
  return is_hex(h.substr(0, 2)) && is_hex(h.substr(3, 32)) && is_hex(h.substr(36, 16)) &&
         is_hex(h.substr(53, 2)) && !all_zero(h.substr(3, 32)) && !all_zero(h.substr(36, 16));
}

}  // namespace

std::string Trace::traceparent() const {
  std::string text = "00-";
  text.append(trace_id.data(), trace_id.size()).append("-").append(span_id.data(), span_id.size());
  return text.append(sampled ? "-01" : "-00");
}

TraceSource::TraceSource() {
  std::random_device random;
  state_ = (std::uint64_t{random()} << 32) ^ random();
}

std::uint64_t TraceSource::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  return mix_bits(state_) | 1;
}

Trace TraceSource::begin(std::string_view traceparent) {
  Trace trace;
  put_hex(next(), trace.span_id.data());
  if (well_formed(traceparent)) {
    std::copy_n(traceparent.data() + 3, 32, trace.trace_id.begin());
    trace.sampled =
        ((traceparent[54] >= 'a' ? traceparent[54] - 'a' + 10 : traceparent[54] - '0') & 1) != 0;
  } else {
    put_hex(next(), trace.trace_id.data());
    put_hex(next(), trace.trace_id.data() + 16);
  }
  return trace;
}

}  // namespace onrush::api
