#include "admission/answer_text.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace onrush::admission {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string without_extra_spaces(std::string_view text) {
  std::string out;
  bool pending = false;
  for (const char c : text) {
    if (is_space(c)) {
      pending = !out.empty();
      continue;
    }
    if (pending) out.push_back(' ');
    pending = false;
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::optional<std::string> plain_answer(std::string_view text) {
  if (text.size() > kAnswerMax) return std::nullopt;
  constexpr auto kFold = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  utf8proc_uint8_t* folded = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &folded, kFold);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded, &std::free);
  if (size < 0) return std::nullopt;
  std::string plain =
      without_extra_spaces({reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size)});
  if (plain.empty()) return std::nullopt;
  return plain;
}

bool same_answer(std::string_view given, std::string_view accepted) {
  const auto a = plain_answer(given);
  return a && a == plain_answer(accepted);
}

}  // namespace onrush::admission
