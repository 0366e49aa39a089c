// What sign-up, sign-in and refresh answer with: a Session document and the refresh cookie.
#pragma once

#include <string>
#include <string_view>

#include "accounts/accounts.h"
#include "edge/api/station.h"

namespace onrush::api {

// "buyer", "viewer", "operator", "owner".
[[nodiscard]] std::string_view role_name(ports::Role role);
[[nodiscard]] std::optional<ports::Role> parse_role(std::string_view name);

void write_account_members(live::JsonWriter& out, const ports::Account& account);

// A token of `kind` (buyer or staff) for the account, and the refresh cookie that goes with it.
// Worker thread.
void send_session(Station& station, Call& call, int status, const ports::Account& account,
                  accounts::TokenKind kind);
[[nodiscard]] Problem problem_of(const accounts::SignInAnswer& answer);

// Shop and console may be two ports of one host, which share their cookies: so each has a name of
// its own, and the tokens in them are of two kinds. `kind`: of the session, buyer or staff.
//
// The refresh token in the Cookie header, or "".
[[nodiscard]] std::string_view refresh_cookie(const ApiConfig& config, accounts::TokenKind kind,
                                              std::string_view cookie_header);
// The Set-Cookie line; an empty token removes the cookie.
[[nodiscard]] std::string set_refresh_cookie(const ApiConfig& config, accounts::TokenKind kind,
                                             std::string_view token);
[[nodiscard]] constexpr accounts::TokenKind refresh_kind(accounts::TokenKind kind) {
  return kind == accounts::TokenKind::staff ? accounts::TokenKind::staff_refresh
                                            : accounts::TokenKind::refresh;
}

}  // namespace onrush::api
