// The challenge in front of holds: whoever asks without a token of it is told to solve it first.
// Costs one MAC where the sale asks for a challenge, and nothing where it does not.
#pragma once

#include <cstdint>
#include <optional>

#include "edge/api/challenges.h"
#include "edge/api/door_guards.h"
#include "edge/api/station.h"

namespace onrush::api {

enum class ChallengeLack : std::uint8_t {
  missing,  // no token, or none of this buyer for this sale that is still good
  raised,   // more is asked of him than of everybody, and more than he has solved
};

// What `request` lacks; nothing: it may go on. Looks at the clock for nothing but `now`.
[[nodiscard]] std::optional<ChallengeLack> challenge_lack(Station& station,
                                                          const live::SaleEntry& sale,
                                                          sale::BuyerId buyer,
                                                          const http::Request& request,
                                                          TimePoint now);

// The level of work that he has to show: 0 is what the sale asks of everybody.
[[nodiscard]] unsigned needed_level(Station& station, const live::SaleEntry& sale,
                                    sale::BuyerId buyer, const http::Request& request,
                                    TimePoint now);

// The same as a guard of hold requests: 403 challenge_required.
[[nodiscard]] std::optional<GuardRefusal> challenge_refusal(Station& station,
                                                            const live::SaleEntry& sale,
                                                            sale::BuyerId buyer,
                                                            const http::Request& request,
                                                            TimePoint now);

// Sales with a script score: the click counts, whatever becomes of the request.
inline void note_click(Station& station, const live::SaleEntry& sale, sale::BuyerId buyer,
                       const http::Request& request, TimePoint now) {
  if (!sale.rules->admission.script_score) return;
  station.context.challenges.note_click({sale.sale, buyer},
                                        station.context.rate_limits.network_of(request), now,
                                        sale.rules->opens_at);
}

}  // namespace onrush::api
