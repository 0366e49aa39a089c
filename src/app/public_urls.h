// How browsers reach a listener, and what they then send as Origin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"

namespace onrush::app {

// The configured URL, or one made of the endpoint's address and the port that it was given.
[[nodiscard]] std::string url_of(const std::string& configured, const Endpoint& endpoint,
                                 std::uint16_t port);

// "https://shop.example/path" → "https://shop.example": what browsers send as Origin.
[[nodiscard]] std::string origin_of(const std::string& url);

// "http://127.0.0.1:8080" is "http://localhost:8080" as well; other origins have no second name.
[[nodiscard]] std::vector<std::string> localhost_alias(const std::string& origin);

}  // namespace onrush::app
