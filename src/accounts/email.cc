#include "accounts/email.h"

#include <algorithm>

namespace onrush::accounts {
namespace {

constexpr std::size_t kEmailMax = 254;  // RFC 5321, a path without its brackets
constexpr std::size_t kLocalMax = 64;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool dots_are_well_placed(std::string_view part) {
  return !part.empty() && part.front() != '.' && part.back() != '.' &&
         part.find("..") == std::string_view::npos;
}

bool is_local_part(std::string_view local) {
  constexpr std::string_view kAtext = "!#$%&'*+-/=?^_`{|}~.";
  return local.size() <= kLocalMax && dots_are_well_placed(local) &&
         std::all_of(local.begin(), local.end(), [&](char c) {
           return is_alnum(c) || kAtext.find(c) != std::string_view::npos;
         });
}

bool is_domain(std::string_view domain) {
  return dots_are_well_placed(domain) && domain.front() != '-' && domain.back() != '-' &&
         std::all_of(domain.begin(), domain.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '.'; });
}

}  // namespace

Result<std::string> normalise_email(std::string_view text) {
  if (text.empty()) return invalid("An e-mail address is needed.");
  if (text.size() > kEmailMax) return invalid("The e-mail address is longer than 254 characters.");
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) {
    return invalid("An e-mail address has exactly one @.");
  }
  const std::string_view domain = text.substr(at + 1);
  if (!is_local_part(text.substr(0, at)) || !is_domain(domain)) {
    return invalid("This is not an e-mail address, e.g. name@example.org.");
  }
  std::string email(text);
  std::transform(email.begin() + static_cast<std::ptrdiff_t>(at), email.end(),
                 email.begin() + static_cast<std::ptrdiff_t>(at), [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                 });
  return email;
}

}  // namespace onrush::accounts
