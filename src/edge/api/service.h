// The three services, one object for each worker of a listener:
//
//   match the route → who asks (Access) → handler → answer
//
// with the hot path of holds taken out in front. Guards (rate limits, waiting room, challenges)
// belong between "who asks" and the handler, and in HoldDesk between the token and the latch.
#pragma once

#include <memory>

#include "edge/api/context.h"
#include "edge/http/server.h"

namespace onrush::api {

[[nodiscard]] std::unique_ptr<http::Service> make_rush_service(ApiContext& context,
                                                               http::Worker& worker);
[[nodiscard]] std::unique_ptr<http::Service> make_general_service(ApiContext& context,
                                                                  http::Worker& worker);
[[nodiscard]] std::unique_ptr<http::Service> make_admin_service(ApiContext& context,
                                                                http::Worker& worker);

}  // namespace onrush::api
