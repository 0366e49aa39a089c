// A payment provider: takes money on its own hosted page, and tells us later, perhaps twice or
// never.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "sale/command.h"

namespace onrush::ports {

struct PaymentIntent {
  sale::PaymentId payment;  // our reference; the provider is idempotent by it
  sale::OrderId order;
  sale::Money amount;
  std::string currency;
  std::string description;  // shown on the hosted page
  std::string return_url;   // where the buyer's browser goes afterwards
  TimePoint deadline;       // when the hold ends
};

// A signed message from the provider.
struct ProviderNotice {
  std::string event_id;  // the provider's own id of the message
  sale::PaymentId payment;
  enum class Kind { captured, declined, unknown, refunded } kind = Kind::unknown;
  sale::Money amount;
};

// Every call has a deadline of its own (seconds) and may block: call it off the rush threads.
class PaymentProvider {
 public:
  virtual ~PaymentProvider() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // as in /api/v1/payments/{name}/callback
  // Makes the hosted page ready; its URL. Idempotent by `payment`. Errors: rejected, retryable,
  // unknown.
  [[nodiscard]] virtual Result<std::string> create(const PaymentIntent& intent) = 0;
  // What became of it. Kind::unknown when the provider does not know (yet).
  [[nodiscard]] virtual Result<ProviderNotice> query(sale::PaymentId payment) = 0;
  // Gives all of it back. Idempotent by `payment`.
  [[nodiscard]] virtual Status refund(sale::PaymentId payment, sale::Money amount) = 0;
  // Checks signature and age of a callback, then reads it. Error: invalid (bad signature, too old,
  // malformed); nothing in the body may be believed then.
  [[nodiscard]] virtual Result<ProviderNotice> read_callback(std::string_view body,
                                                             std::string_view signature_header,
                                                             TimePoint now) const = 0;
  // The header that carries the signature, lower case.
  [[nodiscard]] virtual std::string signature_header() const = 0;
};

}  // namespace onrush::ports
