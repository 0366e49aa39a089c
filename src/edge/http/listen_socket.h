// Listening sockets, made before any thread runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace onrush::http {

struct Listeners {
  std::vector<int> descriptors;  // owned by the caller
  std::uint16_t port = 0;
};

// `count` sockets on one address and port, among which the kernel spreads the connections. Error:
// rejected, also when another program (or a second instance of this one) has the port.
[[nodiscard]] Result<Listeners> open_listeners(const std::string& address, std::uint16_t port,
                                               unsigned count);

}  // namespace onrush::http
