#include "accounts/tokens.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/hmac.h"

namespace onrush::accounts {
namespace {

const TimePoint kNow = from_millis(1'795'000'000'000);

Claims buyer_claims() {
  Claims claims;
  claims.subject = sale::BuyerId{42};
  claims.issued_at = kNow;
  claims.expires_at = kNow + std::chrono::hours{1};
  return claims;
}

std::string encoded(std::string_view text) {
  return to_base64url(std::as_bytes(std::span(text)));
}

// Signs any payload under any header with a real key: what only the holder of the key could do.
std::string signed_with(const TokenKey& key, std::string_view header, std::string_view payload) {
  const std::string input = encoded(header) + '.' + encoded(payload);
  return input + '.' + to_base64url(HmacSha256(Bytes(key.secret)).mac(input));
}

std::string header_of(const TokenKey& key, std::string_view algorithm = "HS256") {
  return R"({"alg":")" + std::string(algorithm) + R"(","kid":")" + key.kid + R"(","typ":"JWT"})";
}

class TokensTest : public ::testing::Test {
 protected:
  std::optional<TokenFault> fault(std::string_view token, TokenKind kind = TokenKind::buyer,
                                  TimePoint now = kNow) {
    const auto result = tokens.verify(token, kind, now);
    if (result) return std::nullopt;
    return result.error();
  }

  std::optional<TokenFault> fault_of_payload(std::string_view payload,
                                             TokenKind kind = TokenKind::buyer) {
    const TokenKey& key = ring.keys(kind).front();
    return fault(signed_with(key, header_of(key), payload), kind);
  }

  KeyRing ring = KeyRing::derive("a master secret for tests");
  Tokens tokens{ring};
};

TEST_F(TokensTest, what_was_signed_is_read_back) {
  for (const TokenKind kind :
       {TokenKind::buyer, TokenKind::staff, TokenKind::order, TokenKind::refresh, TokenKind::setup,
        TokenKind::staff_refresh, TokenKind::place, TokenKind::pass, TokenKind::challenge}) {
    Claims claims = buyer_claims();
    claims.kind = kind;
    claims.subject = sale::BuyerId{18'446'744'073'709'551'615u};
    claims.role = ports::Role::operator_;
    if (kind == TokenKind::order) claims.order = sale::OrderId{7'312'345'678'901'234'567};
    if (is_of_one_sale(kind)) {
      claims.sale = sale::SaleNo{4'294'967'295u};
      claims.number = 18'446'744'073'709'551'615u;
    }
    const auto read = tokens.verify(tokens.sign(claims), kind, kNow);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read->kind, kind);
    EXPECT_EQ(read->subject, claims.subject);
    EXPECT_EQ(read->role, claims.role);
    EXPECT_EQ(read->order, claims.order);
    EXPECT_EQ(read->sale, claims.sale);
    EXPECT_EQ(read->number, claims.number);
    EXPECT_EQ(read->issued_at, claims.issued_at);
    EXPECT_EQ(read->expires_at, claims.expires_at);
  }
}

TEST_F(TokensTest, a_token_is_an_ordinary_jwt) {
  const std::string token = tokens.sign(buyer_claims());
  const std::string_view text = token;
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  std::array<std::byte, 256> out{};
  auto size = read_base64url(text.substr(0, first), out);
  ASSERT_TRUE(size);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(out.data()), *size),
            header_of(ring.keys(TokenKind::buyer).front()));
  size = read_base64url(text.substr(first + 1, second - first - 1), out);
  ASSERT_TRUE(size);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(out.data()), *size),
            R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600})");
}

TEST_F(TokensTest, a_token_ends_at_its_expiry_to_the_millisecond) {
  const Claims claims = buyer_claims();
  const std::string token = tokens.sign(claims);
  EXPECT_EQ(fault(token, TokenKind::buyer, claims.expires_at - Millis{1}), std::nullopt);
  EXPECT_EQ(fault(token, TokenKind::buyer, claims.expires_at), TokenFault::expired);
}

TEST_F(TokensTest, no_bit_of_a_token_may_change) {
  const std::string token = tokens.sign(buyer_claims());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_TRUE(fault(changed)) << "byte " << i << " bit " << bit;
    }
  }
}

TEST_F(TokensTest, a_token_cut_or_lengthened_anywhere_is_refused) {
  const std::string token = tokens.sign(buyer_claims());
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_TRUE(fault(std::string_view(token).substr(0, size))) << size;
    EXPECT_TRUE(fault(std::string_view(token).substr(token.size() - size))) << size;
  }
  for (const char* more : {".", "A", "=", "==", " ", ".A", "\n"}) {
    EXPECT_TRUE(fault(token + more));
    EXPECT_TRUE(fault(more + token));
  }
  EXPECT_TRUE(fault(std::string(100'000, 'A')));
  EXPECT_TRUE(fault(std::string(100'000, '.')));
}

// Whoever sends kilobytes does not get them hashed.
TEST_F(TokensTest, a_token_longer_than_any_of_ours_is_refused_before_its_signature_is_computed) {
  const TokenKey& key = ring.keys(TokenKind::buyer).front();
  std::string forged = signed_with(key, header_of(key), std::string(400, ' '));
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(fault(forged), TokenFault::bad_signature);
  forged = signed_with(key, header_of(key), std::string(4'000, ' '));
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(fault(forged), TokenFault::malformed);
}

TEST_F(TokensTest, the_algorithm_is_never_taken_from_the_token) {
  const TokenKey& key = ring.keys(TokenKind::buyer).front();
  const std::string payload = R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600})";
  for (const char* algorithm : {"none", "None", "RS256", "HS512", "hs256", ""}) {
    EXPECT_EQ(fault(signed_with(key, header_of(key, algorithm), payload)), TokenFault::unknown_key);
  }
  EXPECT_EQ(fault(encoded(R"({"alg":"none"})") + '.' + encoded(payload) + '.'),
            TokenFault::unknown_key);
  // The same header written otherwise is another header.
  EXPECT_EQ(
      fault(signed_with(key, R"({"typ":"JWT","alg":"HS256","kid":")" + key.kid + R"("})", payload)),
      TokenFault::unknown_key);
  EXPECT_EQ(fault("not a token"), TokenFault::malformed);
  EXPECT_EQ(fault(""), TokenFault::malformed);
}

TEST_F(TokensTest, a_token_of_one_kind_is_no_token_of_another) {
  for (int made = 0; made < static_cast<int>(kTokenKinds); ++made) {
    for (int asked = 0; asked < static_cast<int>(kTokenKinds); ++asked) {
      if (made == asked) continue;
      Claims claims = buyer_claims();
      claims.kind = static_cast<TokenKind>(made);
      claims.role = ports::Role::owner;
      claims.order = sale::OrderId{1};
      claims.sale = sale::SaleNo{1};
      claims.number = 1;
      EXPECT_EQ(fault(tokens.sign(claims), static_cast<TokenKind>(asked)), TokenFault::wrong_kind);
    }
  }
}

TEST_F(TokensTest, the_key_of_one_kind_does_not_sign_under_the_name_of_another) {
  const TokenKey& buyer = ring.keys(TokenKind::buyer).front();
  const TokenKey& staff = ring.keys(TokenKind::staff).front();
  EXPECT_NE(buyer.secret, staff.secret);
  const std::string forged = signed_with(
      buyer, header_of(staff), R"({"sub":"42","role":"owner","iat":1795000000,"exp":1795003600})");
  EXPECT_EQ(fault(forged, TokenKind::staff), TokenFault::bad_signature);
}

TEST_F(TokensTest, a_signature_from_another_master_secret_is_forged) {
  Tokens other{KeyRing::derive("another master secret")};
  EXPECT_EQ(fault(other.sign(buyer_claims())), TokenFault::unknown_key);
  TokenKey stranger = ring.keys(TokenKind::buyer).front();
  stranger.secret[0] ^= std::byte{1};
  EXPECT_EQ(fault(signed_with(stranger, header_of(stranger),
                              R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600})")),
            TokenFault::bad_signature);
}

TEST_F(TokensTest, two_generations_of_keys_are_live_and_the_newer_signs) {
  const std::string old_token = tokens.sign(buyer_claims());
  Tokens rotated{KeyRing::derive("a newer master secret", "a master secret for tests")};
  EXPECT_TRUE(rotated.verify(old_token, TokenKind::buyer, kNow));
  EXPECT_EQ(fault(rotated.sign(buyer_claims())), TokenFault::unknown_key)
      << "signed with the newer key";
  Tokens later{KeyRing::derive("a newest master secret", "a newer master secret")};
  EXPECT_FALSE(later.verify(old_token, TokenKind::buyer, kNow));
  EXPECT_TRUE(later.verify(rotated.sign(buyer_claims()), TokenKind::buyer, kNow));
}

TEST_F(TokensTest, key_names_fit_their_form_and_differ) {
  const KeyRing both = KeyRing::derive("one", "two");
  std::vector<std::string> seen;
  for (int kind = 0; kind < static_cast<int>(kTokenKinds); ++kind) {
    ASSERT_EQ(both.keys(static_cast<TokenKind>(kind)).size(), 2u);
    for (const TokenKey& key : both.keys(static_cast<TokenKind>(kind))) {
      EXPECT_TRUE(key.kid.size() >= 1 && key.kid.size() <= 16);
      EXPECT_EQ(std::count(seen.begin(), seen.end(), key.kid), 0);
      seen.push_back(key.kid);
    }
  }
  EXPECT_EQ(KeyRing::derive("one", "one").keys(TokenKind::buyer).size(), 1u);
}

TEST_F(TokensTest, claims_that_nobody_knows_are_skipped) {
  EXPECT_EQ(fault_of_payload(R"({"iss":"x\"y","sub":"42","n":[1,{"a":null},-2.5e3],"role":"buyer",)"
                             R"("iat":1795000000,"t":true,"exp":1795003600,"o":{}})"),
            std::nullopt);
}

TEST_F(TokensTest, a_signed_payload_must_still_be_strict) {
  const std::vector<std::string> bad = {
      "",
      "{}",
      "[]",
      R"({"sub":"42","role":"buyer","iat":1795000000})",                    // no exp
      R"({"role":"buyer","iat":1795000000,"exp":1795003600})",              // no sub
      R"({"sub":"42","iat":1795000000,"exp":1795003600})",                  // no role
      R"({"sub":"042","role":"buyer","iat":1795000000,"exp":1795003600})",  // leading zero
      R"({"sub":"+42","role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":"-1","role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":" 42","role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":"","role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":"0","role":"buyer","iat":1795000000,"exp":1795003600})",  // nobody
      R"({"sub":"18446744073709551616","role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":42,"role":"buyer","iat":1795000000,"exp":1795003600})",        // not a string
      R"({"sub":"\u0034","role":"buyer","iat":1795000000,"exp":1795003600})",  // escaped
      R"({"sub":"42","role":"king","iat":1795000000,"exp":1795003600})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600.0})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1.8e9})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":01795003600})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":-1})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":"1795003600"})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":9223372036854775807})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600,"exp":1895003600})",  // twice
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600,"ord":"7"})",  // not of this
                                                                                     // kind
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600} )"
      "x",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600)",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600,})",
      R"({"sub":"42" "role":"buyer","iat":1795000000,"exp":1795003600})",
      R"({"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600,"x":nope})",
      R"({"x":[[[[[[[[[[[[1]]]]]]]]]]]],"sub":"42","role":"buyer","iat":1795000000,"exp":1795003600})",
  };
  for (const std::string& payload : bad) {
    EXPECT_EQ(fault_of_payload(payload), TokenFault::malformed) << payload;
  }
  EXPECT_EQ(fault_of_payload(R"({"sub":"1","role":"buyer","iat":1795000000,"exp":1795003600})",
                             TokenKind::staff),
            TokenFault::malformed)
      << "a shopper is not staff";
  EXPECT_EQ(fault_of_payload(R"({"sub":"1","role":"buyer","iat":1795000000,"exp":1795003600})",
                             TokenKind::order),
            TokenFault::malformed)
      << "an order token names its order";
}

TEST_F(TokensTest, a_place_a_pass_and_a_challenge_name_their_sale_and_no_other_token_does) {
  const std::string head = R"({"sub":"42","role":"buyer",)";
  const std::string tail = R"("iat":1795000000,"exp":1795003600})";
  for (const TokenKind kind : {TokenKind::place, TokenKind::pass, TokenKind::challenge}) {
    const auto fault_of_sale = [&](std::string_view members) {
      return fault_of_payload(head + std::string(members) + tail, kind);
    };
    EXPECT_EQ(fault_of_sale(R"("sal":"618","num":"9",)"), std::nullopt);
    for (const char* bad :
         {"", R"("sal":"618",)", R"("num":"9",)", R"("sal":"0","num":"9",)",
          R"("sal":"4294967296","num":"9",)", R"("sal":618,"num":"9",)", R"("sal":"618","num":9,)",
          R"("sal":"618","num":"09",)", R"("sal":"618","sal":"618","num":"9",)",
          R"("ord":"7","sal":"618","num":"9",)"}) {
      EXPECT_EQ(fault_of_sale(bad), TokenFault::malformed) << bad;
    }
    EXPECT_EQ(fault_of_sale(R"("sal":"618","num":"0",)"),
              kind == TokenKind::challenge ? std::nullopt : std::optional(TokenFault::malformed))
        << "places and passes are numbered from one";
  }
  for (const char* members : {R"("sal":"618",)", R"("num":"9",)", R"("sal":"618","num":"9",)"}) {
    EXPECT_EQ(fault_of_payload(head + members + tail), TokenFault::malformed) << members;
  }
}

}  // namespace
}  // namespace onrush::accounts
