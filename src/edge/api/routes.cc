#include "edge/api/routes.h"

#include "edge/api/handlers.h"

namespace onrush::api {
namespace {

using http::Method;

constexpr std::uint8_t kRush = 1 | 2;  // the general listener serves all of rush as well
constexpr std::uint8_t kGeneral = 2;
constexpr std::uint8_t kAdmin = 4;
constexpr auto kPages = static_cast<std::uint8_t>(kGeneral | kAdmin);

// clang-format off
constexpr Route kRoutes[] = {
  {Method::post,    "/api/v1/sales/{sale}/holds",             kRush,    Access::buyer,          nullptr},
  {Method::get,     "/api/v1/sales",                          kRush,    Access::open,           handle::list_sales},
  {Method::get,     "/api/v1/sales/{sale}",                   kRush,    Access::open,           handle::get_sale},
  {Method::get,     "/api/v1/sales/{sale}/live",              kRush,    Access::open,           handle::get_live},
  {Method::get,     "/api/v1/sales/{sale}/gate",              kRush,    Access::open,           handle::get_gate},
  {Method::get,     "/api/v1/sales/{sale}/me",                kRush,    Access::buyer,          handle::get_me},
  {Method::delete_, "/api/v1/sales/{sale}/standby",           kRush,    Access::buyer,          handle::leave_standby},
  {Method::post,    "/api/v1/sales/{sale}/place",             kRush,    Access::buyer,          handle::take_place},
  {Method::get,     "/api/v1/sales/{sale}/place",             kRush,    Access::buyer,          handle::get_place},
  {Method::delete_, "/api/v1/sales/{sale}/place",             kRush,    Access::buyer,          handle::leave_line},
  {Method::post,    "/api/v1/sales/{sale}/pass",              kRush,    Access::buyer,          handle::claim_pass},
  {Method::get,     "/api/v1/sales/{sale}/draw",              kRush,    Access::open,           handle::get_draw},
  {Method::get,     "/api/v1/sales/{sale}/draw/entries",      kRush,    Access::open,           handle::get_draw_entries},
  {Method::get,     "/api/v1/live",                           kRush,    Access::open,           handle::open_live_socket},

  {Method::post,    "/api/v1/accounts",                       kGeneral, Access::open,           handle::sign_up},
  {Method::post,    "/api/v1/sessions",                       kGeneral, Access::open,           handle::sign_in},
  {Method::post,    "/api/v1/sessions/refresh",               kGeneral, Access::open,           handle::refresh_session},
  {Method::delete_, "/api/v1/sessions",                       kGeneral, Access::open,           handle::sign_out},
  {Method::get,     "/api/v1/orders",                         kGeneral, Access::buyer,          handle::list_orders},
  {Method::get,     "/api/v1/orders/{order}",                 kGeneral, Access::buyer_or_order, handle::get_order},
  {Method::put,     "/api/v1/orders/{order}",                 kGeneral, Access::buyer_or_order, handle::confirm_order},
  {Method::delete_, "/api/v1/orders/{order}",                 kGeneral, Access::buyer_or_order, handle::release_order},
  {Method::post,    "/api/v1/orders/{order}/payments",        kGeneral, Access::buyer_or_order, handle::pay_order},
  {Method::post,    "/api/v1/orders/{order}/token",           kGeneral, Access::buyer,          handle::make_order_token},
  {Method::get,     "/api/v1/passes/check",                   kGeneral, Access::open,           handle::check_pass},
  {Method::post,    "/api/v1/payments/{provider}/callback",   kGeneral, Access::open,           handle::take_provider_callback},
  {Method::get,     "/api/v1/config",                         kPages,   Access::open,           handle::get_config},
  {Method::get,     "/openapi.json",                          kPages,   Access::open,           handle::get_openapi},

  {Method::post,    "/api/v1/staff/sessions",                 kAdmin,   Access::open,           handle::staff_sign_in},
  {Method::post,    "/api/v1/staff/sessions/refresh",         kAdmin,   Access::open,           handle::staff_refresh},
  {Method::delete_, "/api/v1/staff/sessions",                 kAdmin,   Access::open,           handle::staff_sign_out},
  {Method::post,    "/api/v1/staff/setup",                    kAdmin,   Access::open,           handle::set_up_owner},
  {Method::get,     "/api/v1/admin/sales",                    kAdmin,   Access::viewer,         handle::admin_list_sales},
  {Method::get,     "/api/v1/admin/sales/{sale}",             kAdmin,   Access::viewer,         handle::admin_get_sale},
  {Method::put,     "/api/v1/admin/sales/{sale}",             kAdmin,   Access::operator_,      handle::admin_put_sale},
  {Method::post,    "/api/v1/admin/sales/{sale}/acts",        kAdmin,   Access::operator_,      handle::admin_act},
  {Method::get,     "/api/v1/admin/funnel",                   kAdmin,   Access::viewer,         handle::admin_get_funnel},
  {Method::get,     "/api/v1/admin/orders",                   kAdmin,   Access::viewer,         handle::admin_list_orders},
  {Method::get,     "/api/v1/admin/orders/{order}",           kAdmin,   Access::viewer,         handle::admin_get_order},
  {Method::put,     "/api/v1/admin/orders/{order}",           kAdmin,   Access::operator_,      handle::admin_confirm},
  {Method::post,    "/api/v1/admin/orders/{order}/refund",    kAdmin,   Access::operator_,      handle::admin_refund},
  {Method::get,     "/api/v1/admin/acts",                     kAdmin,   Access::viewer,         handle::admin_list_acts},
  {Method::get,     "/api/v1/admin/staff",                    kAdmin,   Access::owner,          handle::admin_list_staff},
  {Method::post,    "/api/v1/admin/staff",                    kAdmin,   Access::owner,          handle::admin_put_staff},
  {Method::post,    "/api/v1/admin/tokens",                   kAdmin,   Access::owner,          handle::admin_mint_tokens},
  {Method::get,     "/metrics",                               kAdmin,   Access::open,           handle::get_metrics},
  {Method::get,     "/healthz",                               kAdmin,   Access::open,           handle::get_healthz},
  {Method::get,     "/readyz",                                kAdmin,   Access::open,           handle::get_readyz},

  {Method::get,     "/{asset*}",                              kPages,   Access::open,           handle::get_asset},
};
// clang-format on

// Removes the first segment, "/abc/de" → "abc"; false at the end.
bool take_segment(std::string_view& path, std::string_view& segment) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return true;
}

bool fits(std::string_view pattern, std::string_view path, PathParams& params) {
  std::size_t next_param = 0;
  std::string_view wanted, given;
  while (take_segment(pattern, wanted)) {
    if (wanted.ends_with("*}")) {
      params[next_param] = path;
      return true;
    }
    if (!take_segment(path, given)) return false;
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      params[next_param++] = given;
    } else if (wanted != given) {
      return false;
    }
  }
  return path.empty();
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

const Route& holds_route() {
  return kRoutes[0];
}

std::string_view sale_of_holds_path(std::string_view path) {
  constexpr std::string_view kBefore = "/api/v1/sales/";
  constexpr std::string_view kAfter = "/holds";
  if (path.size() <= kBefore.size() + kAfter.size() || !path.starts_with(kBefore) ||
      !path.ends_with(kAfter)) {
    return {};
  }
  const std::string_view sale =
      path.substr(kBefore.size(), path.size() - kBefore.size() - kAfter.size());
  return sale.find('/') == std::string_view::npos ? sale : std::string_view{};
}

RouteMatch match_route(http::Method method, std::string_view path, Listener listener) {
  if (method == Method::head) method = Method::get;
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if ((route.listeners & static_cast<std::uint8_t>(listener)) == 0) continue;
    PathParams params{};
    if (!fits(route.path, path, params)) continue;
    if (route.method == method) {
      // The catch-all for pages must not turn a wrong method on an API path into "no such page".
      if (route.path.ends_with("*}") && !match.allowed.empty()) return match;
      match.route = &route;
      match.params = params;
      match.allowed = {};
      return match;
    }
    if (match.allowed.empty()) match.allowed = to_string(route.method);
  }
  return match;
}

std::string_view to_string(http::Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      return "OTHER";
  }
  return "OTHER";
}

std::string_view to_string(Access access) {
  switch (access) {
    case Access::open:
      return "open";
    case Access::buyer:
      return "buyer";
    case Access::buyer_or_order:
      return "buyer_or_order";
    case Access::viewer:
      return "viewer";
    case Access::operator_:
      return "operator";
    case Access::owner:
      return "owner";
  }
  return "";
}

std::string_view to_string(Listener listener) {
  switch (listener) {
    case Listener::rush:
      return "rush";
    case Listener::general:
      return "general";
    case Listener::admin:
      return "admin";
  }
  return "";
}

}  // namespace onrush::api
