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

// A token of `kind` for the account; buyers get the refresh cookie as well. Worker thread.
void send_session(Station& station, Call& call, int status, const ports::Account& account,
                  accounts::TokenKind kind);
[[nodiscard]] Problem problem_of(const accounts::SignInAnswer& answer);

// The refresh token in the Cookie header, or "".
[[nodiscard]] std::string_view refresh_cookie(const ApiConfig& config,
                                              std::string_view cookie_header);
// The Set-Cookie line; an empty token removes the cookie.
[[nodiscard]] std::string set_refresh_cookie(const ApiConfig& config, std::string_view token);

}  // namespace onrush::api
