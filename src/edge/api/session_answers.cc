#include "edge/api/session_answers.h"

#include <fmt/format.h>

namespace onrush::api {
namespace {

bool is_staff(accounts::TokenKind kind) {
  return kind == accounts::TokenKind::staff;
}

bool is_secure(const ApiConfig& config, accounts::TokenKind kind) {
  return (is_staff(kind) ? config.admin_origin : config.public_origin).starts_with("https://");
}

std::string_view cookie_name(const ApiConfig& config, accounts::TokenKind kind) {
  // "__Host-": the browser itself refuses it from other hosts, over plain HTTP, or for other paths.
  std::string_view name = is_staff(kind) ? "__Host-onrush_staff_refresh" : "__Host-onrush_refresh";
  if (!is_secure(config, kind)) name.remove_prefix(std::string_view("__Host-").size());
  return name;
}

Millis refresh_valid(const ApiConfig& config, accounts::TokenKind kind) {
  return is_staff(kind) ? config.staff_refresh_token_valid : config.refresh_token_valid;
}

accounts::Claims make_claims(const ports::Account& account, accounts::TokenKind kind, TimePoint now,
                             Millis valid) {
  accounts::Claims claims;
  claims.kind = kind;
  claims.subject = account.id;
  claims.role = account.role;
  claims.issued_at = now;
  claims.expires_at = now + valid;
  return claims;
}

}  // namespace

std::string_view role_name(ports::Role role) {
  switch (role) {
    case ports::Role::buyer:
      return "buyer";
    case ports::Role::viewer:
      return "viewer";
    case ports::Role::operator_:
      return "operator";
    case ports::Role::owner:
      return "owner";
  }
  return "";
}

std::optional<ports::Role> parse_role(std::string_view name) {
  for (const auto role :
       {ports::Role::buyer, ports::Role::viewer, ports::Role::operator_, ports::Role::owner}) {
    if (role_name(role) == name) return role;
  }
  return std::nullopt;
}

void write_account_members(live::JsonWriter& out, const ports::Account& account) {
  out.key("id").id(account.id.value()).key("email").text(account.email);
  out.key("language").text(account.language).key("role").text(role_name(account.role));
}

void send_session(Station& station, Call& call, int status, const ports::Account& account,
                  accounts::TokenKind kind) {
  const ApiConfig& config = station.context.config;
  const TimePoint now = station.context.clock.now();
  const auto claims = make_claims(
      account, kind, now, is_staff(kind) ? config.staff_token_valid : config.buyer_token_valid);
  http::Response response;
  response.status = status;
  live::JsonWriter out(response.body);
  out.begin_object().key("token").text(station.tokens.sign(claims));
  out.key("expires_at").time(claims.expires_at).key("account").begin_object();
  write_account_members(out, account);
  out.end_object().end_object();
  const auto refresh = make_claims(account, refresh_kind(kind), now, refresh_valid(config, kind));
  response.headers = set_refresh_cookie(config, kind, station.tokens.sign(refresh));
  call.claims = claims;
  call.send(std::move(response));
}

Problem problem_of(const accounts::SignInAnswer& answer) {
  using accounts::SignInFault;
  switch (answer.fault) {
    case SignInFault::busy:
      return {problem::kBusy,
              "Many people are signing in.",
              std::max(1, answer.retry_after_seconds),
              {}};
    case SignInFault::invalid_input:
      return {problem::kInvalid, answer.message, 0, {}};
    case SignInFault::email_taken:
      return {problem::kEmailTaken, {}, 0, {}};
    case SignInFault::wrong_credentials:
      return {problem::kWrongCredentials, {}, 0, {}};
    case SignInFault::unavailable:
      return {problem::kUnavailable, "Accounts cannot be read now.", 2, {}};
  }
  return {problem::kInternal, {}, 0, {}};
}

std::string_view refresh_cookie(const ApiConfig& config, accounts::TokenKind kind,
                                std::string_view header) {
  return cookie_value(header, cookie_name(config, kind));
}

std::string set_refresh_cookie(const ApiConfig& config, accounts::TokenKind kind,
                               std::string_view token) {
  const auto valid = std::chrono::duration_cast<std::chrono::seconds>(refresh_valid(config, kind));
  // Lax for the shop: shoppers come by links from elsewhere. Nobody links into the console.
  return fmt::format("Set-Cookie: {}={}; Path=/; Max-Age={}; HttpOnly; SameSite={}{}\r\n",
                     cookie_name(config, kind), token, token.empty() ? 0 : valid.count(),
                     is_staff(kind) ? "Strict" : "Lax", is_secure(config, kind) ? "; Secure" : "");
}

}  // namespace onrush::api
