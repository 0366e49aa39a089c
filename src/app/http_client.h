// A small blocking HTTP client for the command line's own calls to a running server.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace onrush::app {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// One request with a deadline. `token`: "" = none. Errors: invalid (not an http URL), retryable
// (not reached), unknown_outcome (no answer in time).
[[nodiscard]] Result<HttpAnswer> http_call(std::string_view method, const std::string& url,
                                           const std::string& body = {},
                                           const std::string& token = {},
                                           Millis timeout = Millis{5'000});

// host:port of a URL.
[[nodiscard]] std::string host_of(const std::string& url);

}  // namespace onrush::app
