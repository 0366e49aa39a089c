// A sale file: the JSON by which a merchant describes a sale (docs/sale_file.md). Parsing is pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sale/rules.h"

namespace onrush::sale {

// Parses and checks a whole file. Times may be absolute (RFC 3339) or relative to `now` ("+10s",
// "+5m",
// "+1h"). Unknown and duplicate keys, wrong types and values out of range are errors that name the
// place ("items[1].stock: must be 1..10000000"). Error: invalid.
[[nodiscard]] Result<SaleRules> parse_sale_file(std::string_view json, TimePoint now);

// The canonical file of these rules: parse_sale_file(to_sale_file(r), any) == r, but for the draw's
// secret, which no file holds.
[[nodiscard]] std::string to_sale_file(const SaleRules& rules);

}  // namespace onrush::sale
