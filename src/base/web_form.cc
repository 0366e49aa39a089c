#include "base/web_form.h"

#include <array>

#include "base/hex.h"

namespace onrush {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      std::array<std::byte, 1> byte;
      if (!read_hex(text.substr(i + 1, 2), byte)) return std::nullopt;
      out += static_cast<char>(byte[0]);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> form_field(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::size_t end = form.find('&');
    const std::string_view pair = form.substr(0, end);
    form = end == std::string_view::npos ? std::string_view{} : form.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return decoded(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

}  // namespace onrush
