// Payments: started, settled by the provider (late, twice, in any order), refunded.
#include "sale/decision.h"

namespace onrush::sale {
namespace {

// A buyer whose card is refused again and again does not get to fill the memory.
constexpr int kPaymentsPerOrderMax = 50;

Outcome payment_outcome(const Decision& d, Index payment, bool repeated = false) {
  Outcome outcome = order_outcome(d, Verdict::done, d.book.payments[payment].order, repeated);
  outcome.payment = PaymentId{d.book.payments[payment].id};
  return outcome;
}

Outcome order_refused(const Decision& d, Index order, const char* message) {
  Outcome outcome = order_outcome(d, Verdict::wrong_state, order);
  outcome.message = message;
  return outcome;
}

// What every payment event names.
struct PaymentFacts {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
};

PaymentFacts facts_of(const BookState& book, Index index) {
  const Payment& payment = book.payments[index];
  const Order& order = book.orders[payment.order];
  return {SaleNo{order.sale}, PaymentId{payment.id}, OrderId{order.id}, BuyerId{order.buyer}};
}

void capture(Decision& d, const PaymentFacts& f, Money amount, event::MoneyUse use,
             Units units = {}) {
  d.emit(
      event::PaymentCaptured{f.sale, f.payment, f.order, f.buyer, amount, use, std::move(units)});
}

void capture_and_refund(Decision& d, const PaymentFacts& f, Money amount,
                        event::RefundReason reason) {
  capture(d, f, amount, event::MoneyUse::refund);
  d.emit(event::RefundDue{f.sale, f.payment, f.order, f.buyer, amount, reason});
}

// Money for an order whose hold is over: by the sale's policy new units, the front of the line, or
// back.
void capture_late(Decision& d, const PaymentFacts& f, Money amount, const Order& order) {
  const SaleState& s = *d.book.sale(f.sale);
  const Lines lines = d.book.lines_of(order);
  const bool may_have = s.rules->late_money != LateMoney::refund && s.phase != Phase::settled &&
                        !s.cancelled() &&
                        within_limits(d.book, s, s.buyers.find(f.buyer.value()), lines);
  if (may_have && all_free(s, lines) && !anyone_waits(s, lines)) {
    return capture(d, f, amount, event::MoneyUse::fulfilled, pick_units(s, lines));
  }
  if (may_have && s.rules->late_money == LateMoney::regrant_or_standby && can_return(s, lines)) {
    return capture(d, f, amount, event::MoneyUse::standby);
  }
  capture_and_refund(d, f, amount, event::RefundReason::late);
}

bool overflows(const SaleState& s, Money amount) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(s.money.captured.minor, amount.minor, &sum);
}

Outcome settle_captured(Decision& d, Index index, Money amount) {
  const Payment& payment = d.book.payments[index];
  if (payment.money != MoneyAt::nowhere) return payment_outcome(d, index, true);
  const PaymentFacts f = facts_of(d.book, index);
  const Order& order = d.book.orders[payment.order];
  if (amount.minor <= 0) return refusal(Verdict::invalid, "A captured amount must be positive.");
  if (overflows(*d.book.sale(f.sale), amount)) {
    return refusal(Verdict::invalid, "The captured amount is beyond what can be counted.");
  }
  if (order.state == OrderState::paid || order.state == OrderState::paid_standby) {
    capture_and_refund(d, f, amount, event::RefundReason::duplicate);
  } else if (amount.minor != order.amount) {
    capture_and_refund(d, f, amount, event::RefundReason::amount_mismatch);
  } else if (order.state == OrderState::awaiting_payment) {
    capture(d, f, amount, event::MoneyUse::fulfilled);
  } else {
    capture_late(d, f, amount, order);
  }
  follow_up(d, f.sale, kFollowUpsPerCommand);
  return payment_outcome(d, index);
}

Outcome settle_declined(Decision& d, Index index) {
  const Payment& payment = d.book.payments[index];
  // Over already: refused before, or captured, and then the money wins.
  if (payment.state != PaymentState::started && payment.state != PaymentState::unknown) {
    return payment_outcome(d, index, true);
  }
  const PaymentFacts f = facts_of(d.book, index);
  d.emit(event::PaymentDeclined{f.sale, f.payment, f.order, f.buyer});
  if (d.book.orders[payment.order].state == OrderState::awaiting_payment &&
      d.book.sale(f.sale)->rules->decline_ends_hold) {
    d.emit(event::HoldEnded{f.sale, f.order, f.buyer, event::HoldEnd::declined});
    follow_up(d, f.sale, kFollowUpsPerCommand);
  }
  return payment_outcome(d, index);
}

Outcome settle_unknown(Decision& d, Index index) {
  if (d.book.payments[index].state != PaymentState::started) return payment_outcome(d, index, true);
  const PaymentFacts f = facts_of(d.book, index);
  d.emit(event::PaymentUnknown{f.sale, f.payment, f.order, f.buyer});
  return payment_outcome(d, index);
}

}  // namespace

Outcome decide(Decision& d, const command::StartPayment& c) {
  const Index index = d.book.find_order(c.order);
  if (index == kNone || d.book.orders[index].buyer != c.buyer.value()) {
    return refusal(Verdict::not_found, "There is no such order.");
  }
  const Order& order = d.book.orders[index];
  if (order.state != OrderState::awaiting_payment) {
    return order_refused(d, index, "The order no longer waits for payment.");
  }
  int attempts = 0;
  for (Index p = order.payment; p != kNone; p = d.book.payments[p].older_of_order, ++attempts) {
    const PaymentState state = d.book.payments[p].state;
    if (state == PaymentState::started || state == PaymentState::unknown) {
      return payment_outcome(d, p, true);
    }
  }
  const SaleNo no{order.sale};
  if (order.amount == 0 || d.book.sale(no)->rules->payment == PaymentMode::confirmation) {
    return order_refused(d, index, "The order is booked by confirmation, without a payment.");
  }
  if (to_millis(d.now) >= order.deadline)
    return order_refused(d, index, "The time to pay is over.");
  if (attempts >= kPaymentsPerOrderMax) {
    return order_refused(d, index, "There were too many attempts to pay for this order.");
  }
  d.emit(event::PaymentStarted{no, PaymentId{d.book.next_id(d.now)}, c.order, c.buyer,
                               Money{order.amount}});
  return payment_outcome(d, order.payment);
}

Outcome decide(Decision& d, const command::SettlePayment& c) {
  const Index index = d.book.find_payment(c.payment);
  if (index == kNone) return refusal(Verdict::not_found, "There is no such payment.");
  switch (c.status) {
    case command::PaymentStatus::captured:
      return settle_captured(d, index, c.amount);
    case command::PaymentStatus::declined:
      return settle_declined(d, index);
    case command::PaymentStatus::unknown:
      return settle_unknown(d, index);
  }
  return refusal(Verdict::invalid, "There is no such payment status.");
}

Outcome decide(Decision& d, const command::SettleRefund& c) {
  const Index index = d.book.find_payment(c.payment);
  if (index == kNone) return refusal(Verdict::not_found, "There is no such payment.");
  const Payment& payment = d.book.payments[index];
  if (payment.state == PaymentState::refunded) return payment_outcome(d, index, true);
  if (payment.state != PaymentState::refund_due) {
    Outcome outcome = payment_outcome(d, index);
    outcome.verdict = Verdict::wrong_state;
    outcome.message = "No refund is due for this payment.";
    return outcome;
  }
  const PaymentFacts f = facts_of(d.book, index);
  d.emit(event::RefundSettled{f.sale, f.payment, f.order, f.buyer, Money{payment.captured}});
  follow_up(d, f.sale, kFollowUpsPerCommand);
  return payment_outcome(d, index);
}

void refund_order(Decision& d, Index index, const std::string& actor, const std::string& reason,
                  event::RefundReason why) {
  const Order& order = d.book.orders[index];
  const SaleNo no{order.sale};
  const BuyerId buyer{order.buyer};
  const Index payment = d.book.paying_payment(order);
  d.emit(event::OrderRefunded{no, OrderId{order.id}, buyer, actor, reason});
  if (payment == kNone) return;  // it was confirmed, not paid
  d.emit(event::RefundDue{no, PaymentId{d.book.payments[payment].id}, OrderId{order.id}, buyer,
                          Money{d.book.payments[payment].captured}, why});
}

Outcome decide(Decision& d, const command::RefundOrder& c) {
  const Index index = d.book.find_order(c.order);
  if (index == kNone) return refusal(Verdict::not_found, "There is no such order.");
  const Order& order = d.book.orders[index];
  if (order.state == OrderState::refunded) return order_outcome(d, Verdict::done, index, true);
  if (order.state != OrderState::paid && order.state != OrderState::paid_standby) {
    return order_refused(d, index, "Only a paid order can be refunded.");
  }
  refund_order(d, index, c.actor, c.reason, event::RefundReason::staff);
  const Outcome outcome = order_outcome(d, Verdict::done, index);
  follow_up(d, SaleNo{order.sale}, kFollowUpsPerCommand);
  return outcome;
}

}  // namespace onrush::sale
