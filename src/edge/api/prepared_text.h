// Numbers in prepared answers that are written over for each request, in a room of fixed width:
// what is not needed is blank, which JSON and header fields allow in front of a number.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "base/invariant.h"

namespace onrush::api {

struct Room {
  std::size_t at = 0;
  std::size_t width = 0;  // 0: the answer has no such number
};

// Where `digits`, which stand nowhere before that in `text`, are first found.
inline Room room_of(std::string_view text, std::string_view digits) {
  const std::size_t at = text.find(digits);
  return at == std::string_view::npos ? Room{} : Room{at, digits.size()};
}

inline void write_over(std::string& text, Room room, std::int64_t number) {
  if (room.width == 0) return;
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  INVARIANT(size <= room.width, "a number fits into its room");
  const auto begin = text.begin() + static_cast<std::ptrdiff_t>(room.at);
  const auto blanks = static_cast<std::ptrdiff_t>(room.width - size);
  std::fill_n(begin, blanks, ' ');
  std::copy(digits, end, begin + blanks);
}

}  // namespace onrush::api
