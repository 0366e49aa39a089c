// The sandbox's own record of payments: in memory, and line by line in a file if there is one, so
// that a kill of the whole process does not forget captured money.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/payment_sandbox/line_log.h"
#include "base/result.h"
#include "base/time.h"
#include "sale/ids.h"

namespace onrush::payment_sandbox {

//  open ─► captured ─► refunded        open ─► declined
enum class PaymentPhase : std::uint8_t { open, captured, declined, refunded };
[[nodiscard]] std::string_view to_string(PaymentPhase);

struct SandboxPayment {
  sale::PaymentId payment;
  sale::OrderId order;
  sale::Money amount;
  std::string currency;
  std::string description;
  std::string return_url;
  std::string behaviour;  // "" = the server's own plan
  TimePoint deadline{};
  TimePoint created_at{};
  PaymentPhase phase = PaymentPhase::open;
  TimePoint changed_at{};                 // when `phase` was entered
  std::optional<TimePoint> refund_asked;  // the first try; not stored
};

struct Totals {
  std::uint64_t open = 0, captured = 0, declined = 0, refunded = 0;  // payments ever in that phase…
  sale::Money captured_sum, refunded_sum;  // …so refunded ones count as captured too
};

// Thread-safe. A change is on the disk when its call returns.
class Ledger {
 public:
  // "" = memory only. Errors: rejected (cannot open), corrupt.
  static Result<std::unique_ptr<Ledger>> open(const std::string& path);

  // The payment as it is; an existing one when it has the same order and amount, else rejected.
  [[nodiscard]] Result<SandboxPayment> create(SandboxPayment payment);
  // What it says may not be on the disk yet: for pages. settled() says only what is: for queries.
  [[nodiscard]] std::optional<SandboxPayment> find(sale::PaymentId id) const;
  [[nodiscard]] Result<std::optional<SandboxPayment>> settled(sale::PaymentId id);

  struct Change {
    SandboxPayment payment;
    bool repeated = false;  // it was in that phase already
  };
  // `behaviour` replaces the payment's own unless "". Errors: rejected when the phase does not
  // allow it.
  [[nodiscard]] Result<Change> capture(sale::PaymentId id, TimePoint now,
                                       const std::string& behaviour);
  [[nodiscard]] Result<Change> decline(sale::PaymentId id, TimePoint now,
                                       const std::string& behaviour);
  [[nodiscard]] Result<Change> refund(sale::PaymentId id, TimePoint now);
  // Notes the first try of a refund and returns its time.
  TimePoint refund_asked(sale::PaymentId id, TimePoint now);

  [[nodiscard]] Totals totals() const;
  // In order of id, behind `after`.
  [[nodiscard]] std::vector<SandboxPayment> list(sale::PaymentId after, std::size_t limit) const;

 private:
  Ledger() = default;
  Result<Change> move(sale::PaymentId id, PaymentPhase to, TimePoint now,
                      const std::string& behaviour);
  Status read_line(std::string_view line);

  mutable std::mutex mutex_;
  std::map<sale::PaymentId, SandboxPayment> payments_;
  std::unique_ptr<LineLog> log_;
};

}  // namespace onrush::payment_sandbox
