// The phases of a sale and of an order, and their stable names in API, journal and metrics.
#pragma once

#include <cstdint>
#include <string_view>

namespace onrush::sale {

//  draft ─► announced ─► lobby ─► open ⇄ paused ─► closed ─► settled
// (announced, lobby and paused may also go straight to closed.) Stored in journals: never renumber.
enum class Phase : std::uint8_t { draft, announced, lobby, open, paused, closed, settled };

enum class PhaseReason : std::uint8_t {
  schedule,   // opens_at, lobby_at or closes_at came
  staff,      // an operator's act
  cancelled,  // closed by cancellation: holds are released, paid orders refunded
  sold_out,   // every unit is paid for
  drained,    // closed → settled: nothing held, standby told, refunds done
};

enum class OrderState : std::uint8_t {
  awaiting_payment,  // holds its units until the deadline
  paid,              // has its units for good
  paid_standby,      // late money, waiting first in line for units
  refunded,
  expired,
  released,
  declined,
};

enum class PaymentState : std::uint8_t {
  started,  // the buyer was sent to the provider
  unknown,  // the provider did not say; asked again later
  declined,
  captured,    // money is here and pays for an order (paid or paid_standby)
  refund_due,  // money is here and must go back
  refunded,
};

[[nodiscard]] std::string_view to_string(Phase);
[[nodiscard]] std::string_view to_string(PhaseReason);
[[nodiscard]] std::string_view to_string(OrderState);
[[nodiscard]] std::string_view to_string(PaymentState);

}  // namespace onrush::sale
