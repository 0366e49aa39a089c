// The published vectors: RFC 4231 (HMAC), RFC 5869 (HKDF), RFC 4648 (base64), RFC 7515 A.1 (JWS).
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/base64url.h"
#include "base/constant_time.h"
#include "base/hex.h"
#include "base/hkdf.h"
#include "base/hmac.h"

namespace onrush {
namespace {

std::vector<std::byte> bytes(std::string_view hex) {
  std::vector<std::byte> out(hex.size() / 2);
  EXPECT_TRUE(read_hex(hex, out));
  return out;
}

std::string repeated(std::string_view hex_byte, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += hex_byte;
  return text;
}

Bytes of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct HmacCase {
  std::string key_hex;
  std::string data_hex;
  std::string mac_hex;
};

std::string hex_of(std::string_view text) {
  return to_hex(of(text));
}

TEST(Hmac, gives_the_macs_of_rfc_4231) {
  const std::vector<HmacCase> cases = {
      {repeated("0b", 20), hex_of("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {hex_of("Jefe"), hex_of("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {repeated("aa", 20), repeated("dd", 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"0102030405060708090a0b0c0d0e0f10111213141516171819", repeated("cd", 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {repeated("aa", 131), hex_of("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {repeated("aa", 131),
       hex_of(
           "This is a test using a larger than block-size key and a larger than block-size data. "
           "The key needs to be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const HmacCase& c : cases) {
    const HmacSha256 hmac{Bytes(bytes(c.key_hex))};
    const auto data = bytes(c.data_hex);
    const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    EXPECT_EQ(to_hex(hmac.mac(text)), c.mac_hex);
    EXPECT_EQ(to_hex(hmac.mac(text)), c.mac_hex) << "a second time from the same saved states";
    for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
      EXPECT_EQ(to_hex(hmac.mac({text.substr(0, cut), text.substr(cut)})), c.mac_hex);
    }
  }
}

TEST(Hkdf, gives_the_keys_of_rfc_5869) {
  std::array<std::byte, 42> okm{};
  hkdf_sha256(bytes(repeated("0b", 22)), bytes("000102030405060708090a0b0c"),
              "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", okm);
  EXPECT_EQ(to_hex(okm),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");

  hkdf_sha256(bytes(repeated("0b", 22)), {}, "", okm);
  EXPECT_EQ(to_hex(okm),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");

  std::vector<std::byte> ikm, salt, info;
  for (int i = 0; i < 80; ++i) {
    ikm.push_back(static_cast<std::byte>(i));
    salt.push_back(static_cast<std::byte>(0x60 + i));
    info.push_back(static_cast<std::byte>(0xb0 + i));
  }
  std::array<std::byte, 82> longer{};
  hkdf_sha256(ikm, salt, {reinterpret_cast<const char*>(info.data()), info.size()}, longer);
  EXPECT_EQ(
      to_hex(longer),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
      "0e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST(Base64url, follows_rfc_4648) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe", "_---"}};
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(to_base64url(of(plain)), text);
    std::array<std::byte, 16> out{};
    const auto size = read_base64url(text, out);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(to_hex(Bytes(out).first(*size)), hex_of(plain));
  }
}

TEST(Base64url, has_one_text_form_for_each_value) {
  std::array<std::byte, 16> out{};
  for (const char* bad : {"Zg==", "Zg=", "Zm8=", "Z", "Zm9vY", "Zm 9", "Zm9+", "Zm9/", "Zm9\n",
                          "Zh", "Zm9vYmF", "\x80\x80\x80\x80"}) {
    EXPECT_FALSE(read_base64url(bad, out)) << bad;
  }
  // Of the 64 last characters of a two-character group, only the four with zero low bits are
  // canonical.
  int accepted = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text = {'Z', static_cast<char>(c)};
    accepted += read_base64url(text, out).has_value() ? 1 : 0;
  }
  EXPECT_EQ(accepted, 4);
  EXPECT_FALSE(read_base64url("AAAAAAAAAAAAAAAAAAAAAAAA", out)) << "18 bytes do not fit into 16";
}

TEST(Jws, the_mac_of_rfc_7515_appendix_a1) {
  std::array<std::byte, 64> key{};
  ASSERT_TRUE(
      read_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjA"
                     "zZr1Z9CAow",
                     key));
  const Mac mac = HmacSha256(Bytes(key))
                      .mac(
                          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
                          "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
  EXPECT_EQ(to_base64url(mac), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Hex, refuses_what_is_not_hexadecimal_or_of_another_length) {
  std::array<std::byte, 2> out{};
  EXPECT_TRUE(read_hex("0aFf", out));
  EXPECT_EQ(to_hex(out), "0aff");
  for (const char* bad : {"", "0a", "0aff0", "0aff00", "0agf", "0a f"})
    EXPECT_FALSE(read_hex(bad, out)) << bad;
}

TEST(ConstantTime, equal_means_same_length_and_same_bytes) {
  EXPECT_TRUE(equal_constant_time(std::string_view("abc"), std::string_view("abc")));
  EXPECT_FALSE(equal_constant_time(std::string_view("abc"), std::string_view("abd")));
  EXPECT_FALSE(equal_constant_time(std::string_view("abc"), std::string_view("ab")));
}

}  // namespace
}  // namespace onrush
