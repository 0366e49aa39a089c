// The payload of a token as text: a small strict reader and a writer that share one form,
// {"sub":"42","role":"buyer","ord":"7312…","iat":1795000000,"exp":1795003600}.
#pragma once

#include <string>
#include <string_view>

#include "accounts/tokens.h"

namespace onrush::accounts {

// Reads sub, role, ord, sal, num, iat and exp into `claims` (its `kind` says which of them must be
// there). Claims with other names are skipped. False: not a JSON object, a known claim twice or not
// in canonical form, or one that is missing. Allocates nothing.
[[nodiscard]] bool read_claims(std::string_view json, Claims& claims);

// Times are cut to whole seconds, so a token never lives longer than asked for.
[[nodiscard]] std::string write_claims(const Claims& claims);

}  // namespace onrush::accounts
