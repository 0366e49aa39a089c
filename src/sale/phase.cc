#include "sale/phase.h"

#include "sale/outcome.h"

namespace onrush::sale {

// No defaults: the compiler names the value that a new enumerator forgot.

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::draft:
      return "draft";
    case Phase::announced:
      return "announced";
    case Phase::lobby:
      return "lobby";
    case Phase::open:
      return "open";
    case Phase::paused:
      return "paused";
    case Phase::closed:
      return "closed";
    case Phase::settled:
      return "settled";
  }
  return "?";
}

std::string_view to_string(PhaseReason reason) {
  switch (reason) {
    case PhaseReason::schedule:
      return "schedule";
    case PhaseReason::staff:
      return "staff";
    case PhaseReason::cancelled:
      return "cancelled";
    case PhaseReason::sold_out:
      return "sold_out";
    case PhaseReason::drained:
      return "drained";
  }
  return "?";
}

std::string_view to_string(OrderState state) {
  switch (state) {
    case OrderState::awaiting_payment:
      return "awaiting_payment";
    case OrderState::paid:
      return "paid";
    case OrderState::paid_standby:
      return "paid_standby";
    case OrderState::refunded:
      return "refunded";
    case OrderState::expired:
      return "expired";
    case OrderState::released:
      return "released";
    case OrderState::declined:
      return "declined";
  }
  return "?";
}

std::string_view to_string(PaymentState state) {
  switch (state) {
    case PaymentState::started:
      return "started";
    case PaymentState::unknown:
      return "unknown";
    case PaymentState::declined:
      return "declined";
    case PaymentState::captured:
      return "captured";
    case PaymentState::refund_due:
      return "refund_due";
    case PaymentState::refunded:
      return "refunded";
  }
  return "?";
}

std::string_view to_string(PlaceState state) {
  switch (state) {
    case PlaceState::lobby:
      return "lobby";
    case PlaceState::waiting:
      return "waiting";
    case PlaceState::called:
      return "called";
    case PlaceState::claimed:
      return "claimed";
    case PlaceState::used:
      return "used";
    case PlaceState::left:
      return "left";
  }
  return "?";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::granted:
      return "granted";
    case Verdict::standby:
      return "standby";
    case Verdict::sold_out:
      return "sold_out";
    case Verdict::limit_reached:
      return "limit_reached";
    case Verdict::not_open:
      return "not_open";
    case Verdict::paused:
      return "paused";
    case Verdict::closed:
      return "closed";
    case Verdict::busy:
      return "busy";
    case Verdict::key_conflict:
      return "key_conflict";
    case Verdict::pass_required:
      return "pass_required";
    case Verdict::registration_required:
      return "registration_required";
    case Verdict::place:
      return "place";
    case Verdict::pass:
      return "pass";
    case Verdict::not_your_turn:
      return "not_your_turn";
    case Verdict::line_full:
      return "line_full";
    case Verdict::line_off:
      return "line_off";
    case Verdict::no_place:
      return "no_place";
    case Verdict::done:
      return "done";
    case Verdict::found:
      return "found";
    case Verdict::not_found:
      return "not_found";
    case Verdict::wrong_state:
      return "wrong_state";
    case Verdict::payment_needed:
      return "payment_needed";
    case Verdict::invalid:
      return "invalid";
    case Verdict::unavailable:
      return "unavailable";
  }
  return "?";
}

}  // namespace onrush::sale
