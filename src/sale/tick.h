// What time alone makes happen in one sale: phases, expiries, and what follows from them.
#pragma once

#include <cstddef>
#include <optional>

#include "sale/decision.h"

namespace onrush::sale {

// At most about `events_max` events in the whole decision. True: more is due now.
bool tick_sale(Decision& d, SaleNo no, std::size_t events_max);

// When tick_sale() next has something to do; nothing if never. A time of the past: now.
[[nodiscard]] std::optional<TimePoint> due(const BookState& book, const SaleState& s);

}  // namespace onrush::sale
