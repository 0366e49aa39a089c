// What the fake shop's files share.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace onrush::crowd {

inline std::int64_t now_ms() {
  return to_millis(std::chrono::floor<Millis>(std::chrono::system_clock::now()));
}

inline std::uint64_t number_in(std::string_view text) {
  std::uint64_t n = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

inline std::uint64_t number_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? 0 : number_in(text.substr(at + mark.size()));
}

inline std::string problem(std::string_view code) {
  return fmt::format(R"({{"type":"x","title":"t","status":0,"code":"{}"}})", code);
}

}  // namespace onrush::crowd
