// What decisions about a sale's line share.
#pragma once

#include <optional>

#include "sale/decision.h"
#include "sale/line_state.h"

namespace onrush::sale {

// How many more buyers the stock and the standby lines can serve: free units that nobody waits for,
// and room in standby where something may still come back.
[[nodiscard]] std::uint64_t room_of(const SaleState& s);

// Calls the numbers whose turn it is.
void call_line(Decision& d, SaleNo no);
// When call_line() next has something to do, or what the line shows changes by itself.
[[nodiscard]] std::optional<TimePoint> line_due(const SaleState& s);

// What everybody may know of the line; `now` must not be before its last event.
[[nodiscard]] LineSummary line_summary(const SaleState& s, TimePoint now);

// Why the sale's line or registration keeps this buyer from asking for a hold; nothing if neither
// does.
[[nodiscard]] std::optional<Outcome> kept_out(const SaleState& s, BuyerId buyer, TimePoint now);

// Emits a change of phase, and the draw when it is the first opening of a draw sale.
void change_phase(Decision& d, event::PhaseChanged change);

}  // namespace onrush::sale
