#include "app/public_urls.h"

#include <string_view>

namespace onrush::app {

std::string url_of(const std::string& configured, const Endpoint& endpoint, std::uint16_t port) {
  if (!configured.empty()) return configured;
  return "http://" + to_string(Endpoint{endpoint.address, port});
}

std::string origin_of(const std::string& url) {
  const auto start = url.find("//");
  const auto slash = start == std::string::npos ? std::string::npos : url.find('/', start + 2);
  return url.substr(0, slash);
}

std::vector<std::string> localhost_alias(const std::string& origin) {
  constexpr std::string_view kLoopback = "//127.0.0.1";
  const auto at = origin.find(kLoopback);
  if (at == std::string::npos) return {};
  return {std::string(origin).replace(at, kLoopback.size(), "//localhost")};
}

}  // namespace onrush::app
