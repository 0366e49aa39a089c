// Signed tokens (JWT, HS256). The algorithm and the kind follow from the key id, never from what
// the token says; each kind has keys of its own, and two keys of a kind may be live so that they
// can be rotated.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ports/account_store.h"
#include "sale/ids.h"

namespace onrush::accounts {

enum class TokenKind : std::uint8_t {
  buyer,          // a signed-in shopper: asks for holds
  staff,          // a signed-in member of staff, with a role
  order,          // one order: opens its checkout without a session (a link in a mail); short-lived
  refresh,        // sits in an HttpOnly cookie of the shop; only good for a new buyer token
  setup,          // the one-time link by which the owner enters for the first time
  staff_refresh,  // sits in an HttpOnly cookie of the console; only good for a new staff token
  place,          // a buyer's place in the line of one sale: proves that he had it, opens nothing
  pass,           // his turn: lets him ask for a hold in that sale until it expires
  challenge,      // he has answered what that sale asks of its buyers
};
inline constexpr std::size_t kTokenKinds = 9;

// Kinds that are good for one sale only, and say for which.
[[nodiscard]] constexpr bool is_of_one_sale(TokenKind kind) {
  return kind == TokenKind::place || kind == TokenKind::pass || kind == TokenKind::challenge;
}

// The subject of a staff token that was signed with the data directory's own key, by the command
// line: it belongs to no account.
inline constexpr sale::BuyerId kConsole{0xffff'ffff'ffff'ffff};

struct Claims {
  TokenKind kind = TokenKind::buyer;
  sale::BuyerId subject;  // the account
  ports::Role role = ports::Role::buyer;
  sale::OrderId order;       // kind order only
  sale::SaleNo sale;         // kinds of one sale only
  std::uint64_t number = 0;  // the same: the number of the place or pass; free for a challenge
  TimePoint issued_at{};
  TimePoint expires_at{};
};

struct TokenKey {
  std::string kid;  // 1..16 of [A-Za-z0-9_-]
  std::array<std::byte, 32> secret{};
};

// All keys of a process. Per kind one or two; the first signs, all verify.
class KeyRing {
 public:
  // Derives each kind's key from the master secret by HKDF-SHA256 (RFC 5869), kid from the
  // generation. `previous` (may be empty) keeps the keys of the former master secret live for
  // verifying.
  static KeyRing derive(std::string_view master_secret, std::string_view previous = {});
  [[nodiscard]] const std::vector<TokenKey>& keys(TokenKind kind) const;

 private:
  std::array<std::vector<TokenKey>, kTokenKinds> keys_;
};

enum class TokenFault : std::uint8_t { malformed, unknown_key, bad_signature, expired, wrong_kind };
[[nodiscard]] std::string_view to_string(TokenFault);

// Signs and verifies with keyed MAC contexts made once. One per thread: not thread-safe.
class Tokens {
 public:
  explicit Tokens(const KeyRing& ring);
  ~Tokens();
  Tokens(Tokens&&) noexcept;
  Tokens& operator=(Tokens&&) noexcept;

  [[nodiscard]] std::string sign(const Claims& claims);
  // About a microsecond, no allocation. `now` is compared with exp (no leeway).
  [[nodiscard]] boost::system::result<Claims, TokenFault> verify(std::string_view token,
                                                                 TokenKind kind, TimePoint now);
  // Whom a token of the kind buyer names, WITHOUT a check of signature or expiry: good only for
  // choosing between answers of which neither tells or changes anything.
  [[nodiscard]] std::optional<sale::BuyerId> subject_named_in(std::string_view buyer_token) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::accounts

namespace onrush::accounts {
[[noreturn]] void throw_exception_from_error(TokenFault, const boost::source_location&);
}  // namespace onrush::accounts
