// Text as it is searched: lower case for ASCII letters, other letters as they are. Done here and
// not in SQL, because databases differ in what lower() and LIKE do.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace onrush::sql {

[[nodiscard]] std::string lower_case(std::string_view text);

// All parts in lower case, one a line, so that no word matches across two of them.
[[nodiscard]] std::string search_text(std::initializer_list<std::string_view> parts);

// The distinct words between white space, in lower case.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// A LIKE pattern (escape character '!') of everything that holds `word`.
[[nodiscard]] std::string like_pattern(std::string_view word);

}  // namespace onrush::sql
