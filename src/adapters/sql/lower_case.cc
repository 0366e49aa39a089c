#include "adapters/sql/lower_case.h"

#include <algorithm>

namespace onrush::sql {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string search_text(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) {
    if (!text.empty()) text += '\n';
    text += lower_case(part);
  }
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  std::vector<std::string> words;
  while (true) {
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const auto size = std::min(text.find_first_of(kSpace), text.size());
    std::string word = lower_case(text.substr(0, size));
    if (std::find(words.begin(), words.end(), word) == words.end())
      words.push_back(std::move(word));
    text.remove_prefix(size);
  }
}

std::string like_pattern(std::string_view word) {
  std::string pattern = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  pattern += '%';
  return pattern;
}

}  // namespace onrush::sql
