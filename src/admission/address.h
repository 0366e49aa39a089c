// Whom an address stands for, as far as limits are concerned: an IPv4 /24 or an IPv6 /64, because
// one customer easily has all of either.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onrush::admission {

using Address = std::array<std::uint8_t, 16>;  // IPv6, or IPv4-mapped (::ffff:a.b.c.d)

// The key for KeyedGcra; addresses of one network have the same.
[[nodiscard]] std::uint64_t network_of(const Address& address);

// "192.0.2.7", "192.0.2.7:4711", "2001:db8::1" or "[2001:db8::1]:4711", spaces around it allowed.
// Nothing for anything else.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

// The client's address behind `trusted_proxies` proxies that each add the address that they saw to
// the end of X-Forwarded-For: the entry of the outermost of them, the last but (trusted_proxies -
// 1). What stands before it was written by the client himself and is not looked at. A shorter list
// gives its first entry. The peer, if no proxy is trusted or the entry is no address.
[[nodiscard]] Address client_address(const Address& peer, std::string_view forwarded_for,
                                     unsigned trusted_proxies);

}  // namespace onrush::admission
