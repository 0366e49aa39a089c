// The payment desk: everything between an order and its money. Starts payments, takes the
// provider's notices, asks again where the outcome is unknown, and gives money back where the box
// office says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "ports/box_office.h"
#include "ports/clock.h"
#include "ports/payment_provider.h"
#include "ports/read_model.h"

namespace onrush::checkout {

struct DeskPolicy {
  Millis box_office_timeout{5'000};
  Millis ask_again_after{
      5'000};                   // a payment started this long ago without an outcome is asked about
  Millis poll_interval{1'000};  // how often refunds due and open payments are looked for
  Millis retry_min{500};        // back-off of failing provider calls, doubled with jitter up to…
  Millis retry_max{30'000};
  std::uint32_t batch = 200;      // refunds or queries in one round
  unsigned threads = 2;           // for create(); one more thread does refunds and queries
  std::size_t queue_max = 4'096;  // waiting create() calls; beyond it: busy
};

struct PayAnswer {
  sale::Outcome outcome;  // of StartPayment; verdict done when `url` is set
  std::string url;        // the provider's hosted page
  std::string error;      // "" or why the provider could not be reached (retryable)
};

class PaymentDesk {
 public:
  // `describe` gives the text shown on the hosted page and the return URL for an order.
  struct Describe {
    std::function<std::string(const sale::OrderView&)> description;
    std::function<std::string(const sale::OrderView&)> return_url;
    std::function<std::string(sale::SaleNo)> currency;
  };
  PaymentDesk(ports::BoxOffice& office, ports::PaymentProvider& provider, ports::OrderStore& orders,
              const ports::Clock& clock, Describe describe, DeskPolicy policy);
  ~PaymentDesk();

  void start();  // the background rounds
  void stop();   // idempotent; waits for calls under way, bounded by their deadlines

  // Starts (or finds again) the payment of an order and its hosted page. Answers exactly once, on a
  // thread of the desk, or at once when the queue is full (verdict busy). Thread-safe.
  void pay(sale::OrderId order, sale::BuyerId buyer, std::function<void(PayAnswer)> done);

  // One authenticated notice of the provider. The reply comes after it is durable, so only then may
  // the provider be told 2xx. `busy`/`unavailable`: the provider is to send it again. Thread-safe.
  void settle(const ports::ProviderNotice& notice, std::function<void(sale::Outcome)> done);

  struct Load {
    std::uint64_t refunds_done = 0, refunds_failing = 0, asked_again = 0, provider_errors = 0;
    std::size_t waiting = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::checkout
