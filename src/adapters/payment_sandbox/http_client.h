// Blocking HTTP calls with a deadline, over kept-alive connections. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace onrush::payment_sandbox {

void start_curl();  // idempotent; libcurl wants it once, before any thread uses it

struct HttpAnswer {
  long status = 0;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(Millis timeout);
  ~HttpClient();

  // Any status is an answer. Errors: retryable (not connected: certainly not sent),
  // unknown_outcome. `body` is ignored for GET. Header lines are "name: value".
  [[nodiscard]] Result<HttpAnswer> call(const std::string& method, const std::string& url,
                                        const std::vector<std::string>& headers,
                                        const std::string& body);

 private:
  void* take_handle();
  void give_back(void* handle);

  const Millis timeout_;
  std::mutex mutex_;
  std::vector<void*> idle_;  // curl easy handles, each with its connection
};

}  // namespace onrush::payment_sandbox
