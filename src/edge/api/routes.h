// The one table of all routes. What is not in it does not exist; who may call what is decided here
// and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "edge/api/context.h"
#include "edge/http/message.h"

namespace onrush::api {

class Call;
class Station;
using CallPtr = std::shared_ptr<Call>;

// Who may call a route.
enum class Access : std::uint8_t {
  open,            // anybody; the handler may check something else (a cookie, a signature)
  buyer,           // a buyer's token
  buyer_or_order,  // a buyer's token, or the order token of the order in the path
  viewer,
  operator_,
  owner,  // a staff token with at least this role
};
[[nodiscard]] std::string_view to_string(Access);

// The variable segments of the path, in order; views into the request.
using PathParams = std::array<std::string_view, 2>;

// Runs on the worker's thread; the request is valid only during the call. Answers through `call`,
// now or later.
using Handler = void (*)(Station&, const http::Request&, const PathParams&, CallPtr);

struct Route {
  http::Method method;
  std::string_view path;   // template; "{name}" is one segment, "{name*}" at the end is the rest
  std::uint8_t listeners;  // bits of Listener
  Access access;
  Handler handler;  // null for holds, which the hot path of HoldDesk serves
};

[[nodiscard]] std::span<const Route> routes();
[[nodiscard]] std::string_view to_string(http::Method);

struct RouteMatch {
  const Route* route = nullptr;
  PathParams params{};
  std::string_view allowed;  // no route, but the path exists with other methods: the first of them
};
// HEAD is matched as GET. No allocation.
[[nodiscard]] RouteMatch match_route(http::Method method, std::string_view path, Listener listener);

// "/api/v1/sales/{sale}/holds" or "/api/v1/sales/{sale}/holds/{code}"; an empty sale if the path is
// another.
struct HoldsPath {
  std::string_view sale;
  std::string_view code;  // "" if there is none
};
[[nodiscard]] HoldsPath read_holds_path(std::string_view path);
// Both are counted here.
[[nodiscard]] const Route& holds_route();

}  // namespace onrush::api
