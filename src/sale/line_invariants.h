// The promises of a line, recomputed from its places alone and compared with what is kept.
#pragma once

#include <string>

#include "sale/sale_state.h"

namespace onrush::sale {

// The first that is broken, in words, or "".
[[nodiscard]] std::string check_line(const SaleState& s);

}  // namespace onrush::sale
