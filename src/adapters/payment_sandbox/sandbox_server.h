// The sandbox provider's server, without a transport: the app gives it requests of a listener of
// its own. It takes payments, and only payments. Thread-safe; a call blocks for the sync of its
// file at most.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/payment_sandbox/behaviour.h"
#include "adapters/payment_sandbox/callback_courier.h"
#include "base/result.h"
#include "ports/clock.h"

namespace onrush::payment_sandbox {

struct WebRequest {
  std::string_view method;
  std::string_view path;   // without the query
  std::string_view query;  // behind "?", as sent
  std::string_view body;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // names in lower case
};

struct WebAnswer {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ServerConfig {
  std::string api_key;
  std::string public_url;  // where buyers reach the hosted pages, without a slash at the end
  std::string file;        // where payments are kept; "" = in memory only
  std::string behaviour;   // for payments that say nothing themselves; see behaviour.h
  std::uint64_t seed = 1;  // of every share and jitter
  Millis page_lifetime{86'400'000};  // how long after its deadline a payment may still be made
  CourierConfig courier;             // its url and secret are the merchant's
};

class SandboxServer {
 public:
  // Errors: invalid (configuration), rejected or corrupt (the file).
  static Result<std::unique_ptr<SandboxServer>> open(ServerConfig config,
                                                     const ports::Clock& clock);
  ~SandboxServer();

  [[nodiscard]] WebAnswer handle(const WebRequest& request);
  [[nodiscard]] CallbackCourier::Load callbacks() const;

 private:
  struct Impl;
  explicit SandboxServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::payment_sandbox
