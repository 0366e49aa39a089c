// What somebody is told who claims a pass before his turn.
#pragma once

#include <optional>
#include <string_view>

#include "edge/api/station.h"

namespace onrush::api {

// The place that its token (Onrush-Place) proves to be that of the buyer whom the call's own token
// names, if the latch already knows that it has not been called. Nothing: there is no such proof,
// or the box office has to say. The call's own token is not checked.
struct WaitingPlace {
  sale::BuyerId buyer;
  sale::PlaceView place;
};
[[nodiscard]] std::optional<WaitingPlace> waiting_place(Station& station,
                                                        const http::Request& request,
                                                        sale::SaleNo sale,
                                                        const ports::LineStatus& line,
                                                        TimePoint now);

// 425 not_your_turn with the place, and when to ask again.
[[nodiscard]] Problem turn_problem(const live::SaleEntry& sale, const ports::LineStatus& line,
                                   const sale::PlaceView& place, std::string_view place_token,
                                   TimePoint now);

}  // namespace onrush::api
