// The client of the sandbox: what the payment desk sees of it. See docs/payments.md for the HTTP
// calls.
#pragma once

#include <memory>
#include <string>

#include "adapters/payment_sandbox/http_client.h"
#include "base/hmac.h"
#include "ports/payment_provider.h"

namespace onrush::payment_sandbox {

struct ProviderConfig {
  std::string base_url;         // e.g. "http://127.0.0.1:8083", without a slash at the end
  std::string api_key;          // shared with the server
  std::string callback_secret;  // shared with the server
  Millis timeout{5'000};        // of each call
};

class SandboxProvider final : public ports::PaymentProvider {
 public:
  explicit SandboxProvider(ProviderConfig config);

  std::string name() const override { return "sandbox"; }
  Result<std::string> create(const ports::PaymentIntent& intent) override;
  Result<ports::ProviderNotice> query(sale::PaymentId payment) override;
  Status refund(sale::PaymentId payment, sale::Money amount) override;
  Result<ports::ProviderNotice> read_callback(std::string_view body,
                                              std::string_view signature_header,
                                              TimePoint now) const override;
  std::string signature_header() const override;

 private:
  Result<HttpAnswer> call(const std::string& method, const std::string& path,
                          const std::string& body = {});

  const ProviderConfig config_;
  const HmacSha256 callback_key_;
  HttpClient http_;
};

}  // namespace onrush::payment_sandbox
