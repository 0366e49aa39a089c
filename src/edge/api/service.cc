#include "edge/api/service.h"

#include "edge/api/hold_desk.h"
#include "edge/api/line_gate.h"
#include "edge/api/staff_roles.h"
#include "edge/api/station.h"

namespace onrush::api {
namespace {

using accounts::TokenKind;

ports::Role least_role(Access access) {
  switch (access) {
    case Access::viewer:
      return ports::Role::viewer;
    case Access::operator_:
      return ports::Role::operator_;
    case Access::owner:
      return ports::Role::owner;
    case Access::open:
    case Access::buyer:
    case Access::buyer_or_order:
      break;
  }
  return ports::Role::buyer;
}

class ApiService final : public http::Service {
 public:
  ApiService(ApiContext& context, http::Worker& worker, Listener listener)
      : station_(context, worker, listener), holds_(station_), line_(station_) {}

  void handle(const http::Request& request, http::Responder responder) override {
    if (request.method == http::Method::post && station_.listener != Listener::admin) {
      const std::string_view sale = sale_of_holds_path(request.path);
      if (!sale.empty()) return holds_.handle(sale, request, std::move(responder));
      if (line_.refuses(request, responder)) return;
    }
    const RouteMatch match = match_route(request.method, request.path, station_.listener);
    auto call = std::make_shared<Call>(station_, request, match.route, std::move(responder));
    if (request.method == http::Method::options) return preflight(request, *call);
    if (match.route == nullptr) return no_route(match, *call);
    if (!admit(*match.route, request, match.params, *call)) return;
    match.route->handler(station_, request, match.params, std::move(call));
  }

 private:
  // The one place where access is decided. False: answered.
  bool admit(const Route& route, const http::Request& request, const PathParams& params,
             Call& call) {
    if (route.access == Access::open) return true;
    const std::string_view token = bearer_token(request.header(http::Header::authorization));
    const TimePoint now = station_.context.clock.now();
    if (route.access == Access::buyer || route.access == Access::buyer_or_order) {
      if (const auto claims = station_.tokens.verify(token, TokenKind::buyer, now)) {
        call.claims = *claims;
        return true;
      }
      if (route.access == Access::buyer_or_order && admit_order_token(token, params[0], now, call))
        return true;
    } else if (const auto claims = station_.tokens.verify(token, TokenKind::staff, now)) {
      call.claims = *claims;
      const ports::Role role =
          station_.context.staff_roles.effective(claims->subject, claims->role);
      if (role >= least_role(route.access)) return true;
      call.fail(problem::kForbidden,
                "This needs the role " + std::string(to_string(route.access)) + ".");
      return false;
    }
    call.fail(problem::kUnauthorized);
    return false;
  }

  bool admit_order_token(std::string_view token, std::string_view order, TimePoint now,
                         Call& call) {
    const auto claims = station_.tokens.verify(token, TokenKind::order, now);
    if (!claims || parse_id(order) != claims->order.value()) return false;
    call.claims = *claims;
    return true;
  }

  void preflight(const http::Request& request, Call& call) {
    http::Response response;
    response.status = 204;
    if (station_.trusted_origin(request.header(http::Header::origin)) &&
        station_.listener != Listener::admin) {
      response.headers =
          "Access-Control-Allow-Methods: GET, POST, PUT, DELETE\r\n"
          "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
          "traceparent, X-Onrush-Channel, Onrush-Place, Onrush-Pass\r\n"
          "Access-Control-Max-Age: 7200\r\n";
    }
    call.send(std::move(response));
  }

  static void no_route(const RouteMatch& match, Call& call) {
    if (match.allowed.empty()) return call.fail(problem::kNotFound);
    http::Response response = to_response({problem::kMethodNotAllowed}, call.trace().id());
    response.headers.append("Allow: ").append(match.allowed).append("\r\n");
    call.send(std::move(response));
  }

  Station station_;
  HoldDesk holds_;
  LineGate line_;
};

}  // namespace

std::unique_ptr<http::Service> make_rush_service(ApiContext& context, http::Worker& worker) {
  return std::make_unique<ApiService>(context, worker, Listener::rush);
}
std::unique_ptr<http::Service> make_general_service(ApiContext& context, http::Worker& worker) {
  return std::make_unique<ApiService>(context, worker, Listener::general);
}
std::unique_ptr<http::Service> make_admin_service(ApiContext& context, http::Worker& worker) {
  return std::make_unique<ApiService>(context, worker, Listener::admin);
}

}  // namespace onrush::api
