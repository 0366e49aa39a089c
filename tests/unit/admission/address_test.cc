#include <gtest/gtest.h>

#include "admission/address.h"

namespace onrush::admission {
namespace {

Address at(std::string_view text) {
  const auto parsed = parse_address(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Address{});
}

TEST(Address, neighbours_in_a_network_share_a_key_and_others_do_not) {
  EXPECT_EQ(network_of(at("192.0.2.1")), network_of(at("192.0.2.254")));
  EXPECT_NE(network_of(at("192.0.2.1")), network_of(at("192.0.3.1")));
  EXPECT_EQ(network_of(at("192.0.2.1")), network_of(at("::ffff:192.0.2.77")));
  EXPECT_EQ(network_of(at("2001:db8:1:2::1")), network_of(at("2001:db8:1:2:ffff::9")));
  EXPECT_NE(network_of(at("2001:db8:1:2::1")), network_of(at("2001:db8:1:3::1")));
  EXPECT_NE(network_of(at("::1")), network_of(at("0.0.0.1")));
}

TEST(Address, is_read_with_or_without_a_port) {
  EXPECT_EQ(at("192.0.2.1:4711"), at(" 192.0.2.1\t"));
  EXPECT_EQ(at("[2001:db8::1]:443"), at("2001:db8::1"));
  for (const char* bad :
       {"", " ", "unknown", "_hidden", "192.0.2", "192.0.2.1.5", "[2001:db8::1", "1.2.3.4, 5.6.7.8",
        "2001:db8::1::2", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
}

TEST(Address, forwarded_for_is_believed_only_as_far_as_proxies_are_trusted) {
  const Address peer = at("10.0.0.1");
  const std::string_view list = "6.6.6.6, 192.0.2.1 ,198.51.100.2";
  EXPECT_EQ(client_address(peer, list, 0), peer);
  EXPECT_EQ(client_address(peer, list, 1), at("198.51.100.2"));
  EXPECT_EQ(client_address(peer, list, 2), at("192.0.2.1"));
  EXPECT_EQ(client_address(peer, "192.0.2.1", 2), at("192.0.2.1")) << "a proxy was left out";
  EXPECT_EQ(client_address(peer, "", 1), peer);
  EXPECT_EQ(client_address(peer, "192.0.2.1, unknown", 1), peer);
}

}  // namespace
}  // namespace onrush::admission
