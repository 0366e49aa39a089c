// Strict JSON reading: what the ordinary parser lets pass is refused here.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "base/result.h"

namespace onrush::sale {

// Refuses duplicate keys (of which the ordinary parser silently keeps the last), nesting beyond 8,
// texts beyond 4 MiB, and whatever is not JSON. Error: invalid, naming the place ("items[1].stock:
// …").
[[nodiscard]] Result<boost::json::value> parse_strict_json(std::string_view text);

}  // namespace onrush::sale
