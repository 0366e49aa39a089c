#include "admission/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace onrush::admission {
namespace {

constexpr std::size_t kMappedPrefix = 12;
constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::uint64_t network_of(const Address& address) {
  if (std::equal(address.begin(), address.begin() + kMappedPrefix, kMapped.begin())) {
    // Apart from every IPv6 network that may send: ff00::/8 is multicast.
    return 0xffff'0000'0000'0000 | (std::uint64_t{address[12]} << 16) |
           (std::uint64_t{address[13]} << 8) | address[14];
  }
  std::uint64_t network = 0;
  for (std::size_t i = 0; i < 8; ++i) network = (network << 8) | address[i];
  return network;
}

std::optional<Address> parse_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::memcpy(terminated.data(), text.data(), text.size());
  Address address = kMapped;
  if (inet_pton(AF_INET, terminated.data(), address.data() + kMappedPrefix) == 1) return address;
  if (inet_pton(AF_INET6, terminated.data(), address.data()) == 1) return address;
  return std::nullopt;
}

Address client_address(const Address& peer, std::string_view forwarded_for,
                       unsigned trusted_proxies) {
  if (trusted_proxies == 0 || forwarded_for.empty()) return peer;
  std::string_view rest = forwarded_for;
  for (unsigned proxy = 1; proxy < trusted_proxies; ++proxy) {
    const std::size_t comma = rest.rfind(',');
    if (comma == std::string_view::npos) break;
    rest = rest.substr(0, comma);
  }
  const std::size_t comma = rest.rfind(',');
  return parse_address(comma == std::string_view::npos ? rest : rest.substr(comma + 1))
      .value_or(peer);
}

}  // namespace onrush::admission
