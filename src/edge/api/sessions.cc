// Sign-up, sign-in, refresh and sign-out.
#include "edge/api/handlers.h"
#include "edge/api/hold_limits.h"
#include "edge/api/session_answers.h"
#include "edge/api/strict_json.h"

namespace onrush::api::handle {
namespace {

constexpr std::size_t kEmailMax = 254;
constexpr std::size_t kPasswordMax = 1024;  // the accounts say what is good; this bounds the work

// Answers on the worker's thread, whatever thread the accounts call back on.
accounts::Accounts::Done session_for(Station& station, const CallPtr& call, int status,
                                     accounts::TokenKind kind) {
  return [&station, call, status, kind](accounts::SignInAnswer answer) {
    station.worker.post([&station, call, status, kind, answer = std::move(answer)] {
      if (!answer.ok) return call->fail(problem_of(answer));
      // Whoever is no staff member learns nothing else than with a wrong password.
      if (kind == accounts::TokenKind::staff && answer.account.role == ports::Role::buyer) {
        return call->fail(problem::kWrongCredentials);
      }
      send_session(station, *call, status, answer.account, kind);
    });
  };
}

struct Credentials {
  std::string email, password, language;
};

std::optional<Credentials> read_credentials(const http::Request& request, bool with_language,
                                            Call& call) {
  const auto body = parse_object(request.body);
  if (!body) {
    call.fail(problem::kMalformed, body.error().message);
    return std::nullopt;
  }
  Fields fields(*body);
  Credentials given;
  given.email = fields.text("email", 1, kEmailMax);
  given.password = fields.text("password", 1, kPasswordMax);
  if (with_language) {
    given.language = fields.text_or("language", "en", 8);
    if (given.language != "en" && given.language != "zh")
      fields.fail("language", "must be \"en\" or \"zh\"");
  }
  if (fields.finish().empty()) return given;
  call.fail(problem::kInvalid, fields.finish());
  return std::nullopt;
}

// A cookie comes by itself with any request that a foreign page provokes; its Origin does not lie.
bool from_our_pages(const Station& station, const http::Request& request, Call& call) {
  if (station.trusted_origin(request.header(http::Header::origin))) return true;
  call.fail(problem::kForbidden, "This call must come from our own pages (Origin).");
  return false;
}

void sign_in_as(Station& station, const http::Request& request, const CallPtr& call,
                accounts::TokenKind kind) {
  if (refuses_address(station, request, *call)) return;
  const auto given = read_credentials(request, false, *call);
  if (!given) return;
  station.context.accounts.sign_in(given->email, given->password,
                                   session_for(station, call, 200, kind));
}

// By the cookie of the listener's own pages. The role is the account's present one.
void refresh_as(Station& station, const http::Request& request, CallPtr call,
                accounts::TokenKind kind) {
  if (!from_our_pages(station, request, *call)) return;
  const std::string_view token =
      refresh_cookie(station.context.config, kind, request.header(http::Header::cookie));
  const auto claims = station.tokens.verify(token, refresh_kind(kind), station.context.clock.now());
  if (!claims) return call->fail(problem::kUnauthorized, "Sign in again.");
  using Found = Result<std::optional<ports::Account>>;
  station.block<Found>(
      std::move(call),
      [&store = station.context.accounts.store(), id = claims->subject] { return store.find(id); },
      [&station, kind](const CallPtr& asked, const Found& account) {
        if (!account)
          return asked->fail(Problem{problem::kUnavailable, "Accounts cannot be read now.", 2, {}});
        const bool left = kind == accounts::TokenKind::staff && account->has_value() &&
                          (*account)->role == ports::Role::buyer;
        if (!account->has_value() || left)
          return asked->fail(problem::kUnauthorized, "Sign in again.");
        send_session(station, *asked, 200, **account, kind);
      });
}

void sign_out_as(Station& station, const http::Request& request, const CallPtr& call,
                 accounts::TokenKind kind) {
  if (!from_our_pages(station, request, *call)) return;
  http::Response response;
  response.status = 204;
  response.headers = set_refresh_cookie(station.context.config, kind, {});
  call->send(std::move(response));
}

}  // namespace

void sign_up(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  if (refuses_address(station, request, *call)) return;
  const auto given = read_credentials(request, true, *call);
  if (!given) return;
  station.context.accounts.sign_up(given->email, given->password, given->language,
                                   ports::Role::buyer,
                                   session_for(station, call, 201, accounts::TokenKind::buyer));
}

void sign_in(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  sign_in_as(station, request, call, accounts::TokenKind::buyer);
}

void staff_sign_in(Station& station, const http::Request& request, const PathParams&,
                   CallPtr call) {
  sign_in_as(station, request, call, accounts::TokenKind::staff);
}

void refresh_session(Station& station, const http::Request& request, const PathParams&,
                     CallPtr call) {
  refresh_as(station, request, std::move(call), accounts::TokenKind::buyer);
}

void staff_refresh(Station& station, const http::Request& request, const PathParams&,
                   CallPtr call) {
  refresh_as(station, request, std::move(call), accounts::TokenKind::staff);
}

void sign_out(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  sign_out_as(station, request, call, accounts::TokenKind::buyer);
}

void staff_sign_out(Station& station, const http::Request& request, const PathParams&,
                    CallPtr call) {
  sign_out_as(station, request, call, accounts::TokenKind::staff);
}

}  // namespace onrush::api::handle
