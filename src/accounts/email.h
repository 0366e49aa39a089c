// What is taken as an e-mail address. Stricter than RFC 5322 on purpose: an address goes into mail
// headers and is compared without case, so only plain ASCII addresses without quoting or list
// syntax are accepted.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace onrush::accounts {

// The address with its domain in lower case. Error: invalid, with a sentence for the person who
// typed it.
[[nodiscard]] Result<std::string> normalise_email(std::string_view text);

}  // namespace onrush::accounts
