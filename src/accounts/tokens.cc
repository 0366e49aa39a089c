#include "accounts/tokens.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "accounts/claims_text.h"
#include "base/base64url.h"
#include "base/constant_time.h"
#include "base/hmac.h"
#include "base/invariant.h"

namespace onrush::accounts {
namespace {

constexpr std::size_t kTokenMax = 1'024;
constexpr std::size_t kPayloadMax = 512;
constexpr std::size_t kSignatureText = base64url_size(sizeof(Mac));

std::string header_of(const std::string& kid) {
  const std::string json = R"({"alg":"HS256","kid":")" + kid + R"(","typ":"JWT"})";
  return to_base64url(std::as_bytes(std::span(json))) + '.';
}

// A key, and the one header text (with its dot) under which it is used. The header of a token is
// never parsed: it is compared, so there is no algorithm in it to be believed.
struct LiveKey {
  std::string header;
  HmacSha256 hmac;
};

bool has_three_parts(std::string_view token) {
  if (token.size() > kTokenMax || std::count(token.begin(), token.end(), '.') != 2) return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

struct Tokens::Impl {
  std::array<std::vector<LiveKey>, kTokenKinds> keys;

  const std::vector<LiveKey>& of(TokenKind kind) const {
    return keys[static_cast<std::size_t>(kind)];
  }

  static const LiveKey* find(const std::vector<LiveKey>& keys, std::string_view token) {
    for (const LiveKey& key : keys) {
      if (token.starts_with(key.header)) return &key;
    }
    return nullptr;
  }

  // Off the fast path: says what is wrong with a header that is not one of ours for this kind.
  TokenFault fault_of(std::string_view token) const {
    if (!has_three_parts(token)) return TokenFault::malformed;
    const bool other_kind = std::any_of(keys.begin(), keys.end(),
                                        [&](const auto& of_kind) { return find(of_kind, token); });
    return other_kind ? TokenFault::wrong_kind : TokenFault::unknown_key;
  }
};

Tokens::Tokens(const KeyRing& ring) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < impl_->keys.size(); ++i) {
    for (const TokenKey& key : ring.keys(static_cast<TokenKind>(i))) {
      impl_->keys[i].push_back({header_of(key.kid), HmacSha256(Bytes(key.secret))});
    }
  }
}

Tokens::~Tokens() = default;
Tokens::Tokens(Tokens&&) noexcept = default;
Tokens& Tokens::operator=(Tokens&&) noexcept = default;

std::string Tokens::sign(const Claims& claims) {
  const auto& keys = impl_->of(claims.kind);
  INVARIANT(!keys.empty(), "every kind of token has a key");
  const LiveKey& key = keys.front();
  const std::string payload = write_claims(claims);
  std::string token = key.header;
  token += to_base64url(std::as_bytes(std::span(payload)));
  const Mac mac = key.hmac.mac(token);
  token += '.';
  token += to_base64url(Bytes(mac));
  return token;
}

boost::system::result<Claims, TokenFault> Tokens::verify(std::string_view token, TokenKind kind,
                                                         TimePoint now) {
  const LiveKey* key = Impl::find(impl_->of(kind), token);
  if (key == nullptr) return impl_->fault_of(token);
  if (token.size() > kTokenMax || token.size() < key->header.size() + 1 + kSignatureText) {
    return TokenFault::malformed;
  }
  const std::size_t dot = token.size() - kSignatureText - 1;
  if (token[dot] != '.') return TokenFault::malformed;

  Mac given;
  if (!read_base64url(token.substr(dot + 1), given)) return TokenFault::malformed;
  const Mac expected = key->hmac.mac(token.substr(0, dot));
  if (!equal_constant_time(Bytes(given), Bytes(expected))) return TokenFault::bad_signature;

  // Only what carries our signature is read at all.
  std::array<std::byte, kPayloadMax> payload;
  const auto size =
      read_base64url(token.substr(key->header.size(), dot - key->header.size()), payload);
  if (!size) return TokenFault::malformed;
  Claims claims;
  claims.kind = kind;
  if (!read_claims({reinterpret_cast<const char*>(payload.data()), *size}, claims)) {
    return TokenFault::malformed;
  }
  if (now >= claims.expires_at) return TokenFault::expired;
  return claims;
}

std::optional<sale::BuyerId> Tokens::subject_named_in(std::string_view buyer_token) const {
  const LiveKey* key = Impl::find(impl_->of(TokenKind::buyer), buyer_token);
  if (key == nullptr) return std::nullopt;
  // As write_claims() begins: {"sub":"123", … A multiple of four characters is whole bytes.
  constexpr std::size_t kText = 40;
  constexpr std::string_view kBegin = R"({"sub":")";
  std::array<std::byte, kText / 4 * 3> begin;
  const std::string_view text = buyer_token.substr(key->header.size());
  if (text.size() < kText || !read_base64url(text.substr(0, kText), begin)) return std::nullopt;
  std::string_view json(reinterpret_cast<const char*>(begin.data()), begin.size());
  if (!json.starts_with(kBegin)) return std::nullopt;
  json.remove_prefix(kBegin.size());
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), id);
  if (error != std::errc{} || end == json.data() + json.size() || *end != '"') return std::nullopt;
  return sale::BuyerId{id};
}

std::string_view to_string(TokenFault fault) {
  switch (fault) {
    case TokenFault::malformed:
      return "malformed";
    case TokenFault::unknown_key:
      return "unknown_key";
    case TokenFault::bad_signature:
      return "bad_signature";
    case TokenFault::expired:
      return "expired";
    case TokenFault::wrong_kind:
      return "wrong_kind";
  }
  return "unknown";
}

void throw_exception_from_error(TokenFault fault, const boost::source_location&) {
  throw std::runtime_error("token refused: " + std::string(to_string(fault)));
}

}  // namespace onrush::accounts
