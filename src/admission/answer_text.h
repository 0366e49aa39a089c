// When two answers to a question are the same: what differs only in case, in width (full-width
// digits and letters of Chinese keyboards), in composition of accents or in spaces around and
// between words is the same. Unicode's NFKC_Casefold (UAX #44), then runs of white space become one
// space, and none is left at the ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onrush::admission {

inline constexpr std::size_t kAnswerMax = 256;  // bytes

// Nothing: no UTF-8, too long, or empty after all.
[[nodiscard]] std::optional<std::string> plain_answer(std::string_view text);

[[nodiscard]] bool same_answer(std::string_view given, std::string_view accepted);

}  // namespace onrush::admission
