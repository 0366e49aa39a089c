// How payments and refunds change the state, and where each captured amount is (I5).
#include "sale/book_state.h"

namespace onrush::sale {
namespace {

Money& bucket(MoneyTotals& totals, MoneyAt at) {
  switch (at) {
    case MoneyAt::nowhere:
    case MoneyAt::fulfilled:
      break;
    case MoneyAt::standby:
      return totals.standby;
    case MoneyAt::refund:
      return totals.refund_due;
  }
  return totals.fulfilled;
}

bool ended(OrderState state) {
  return state == OrderState::expired || state == OrderState::released ||
         state == OrderState::declined || state == OrderState::refunded;
}

}  // namespace

Problem BookState::expect_payment(SaleNo no, PaymentId id, OrderId order, BuyerId buyer,
                                  Index& payment) {
  Index index = kNone;
  if (const Problem p = expect_order(no, order, buyer, index)) return p;
  payment = find_payment(id);
  if (payment == kNone) return "an unknown payment";
  return payments[payment].order == index ? nullptr : "a payment of another order";
}

Problem BookState::move_money(SaleState& s, Payment& payment, MoneyAt to) {
  const Money amount{payment.captured};
  if (payment.money == MoneyAt::nowhere) {
    Money sum;
    if (__builtin_add_overflow(s.money.captured.minor, amount.minor, &sum.minor)) {
      return "more money than can be counted";
    }
    s.money.captured = sum;
  } else {
    bucket(s.money, payment.money) -= amount;
  }
  bucket(s.money, to) += amount;
  payment.money = to;
  return nullptr;
}

// The order gets units again, of the same items and as many of each.
Problem BookState::grant_anew(SaleState& s, Index index, const Units& units) {
  Order& order = orders[index];
  if (units.size() != order.unit_count) return "a late order with other units than were asked for";
  const Lines wanted = lines_of(order);
  if (const Problem p = take_units(s, index, units)) return p;
  set_units(order, units);
  if (!same_lines(wanted, lines_of(order)))
    return "a late order with other items than were asked for";
  order.state = OrderState::paid;
  return pay_units(s, index);
}

Problem BookState::leave_paid_standby(SaleState& s, Index index) {
  for (const Line& line : lines_of(orders[index])) {
    if (!s.items[line.item.value()].line.leave_paid(index))
      return "an order that is not in standby";
    s.mark(line.item.value());
  }
  --s.waiting;
  return nullptr;
}

Problem BookState::evolve(const event::PaymentStarted& e, TimePoint) {
  Index order = kNone;
  if (const Problem p = expect_order(e.sale, e.order, e.buyer, order)) return p;
  if (orders[order].state != OrderState::awaiting_payment) return "a payment for an ended hold";
  if (orders[order].amount != e.amount.minor) return "a payment of a wrong amount";
  if (const Problem p = take_id(e.payment.value())) return p;
  Payment payment;
  payment.id = e.payment.value();
  payment.order = order;
  payment.older_of_order = orders[order].payment;
  orders[order].payment = payments.size();
  payments.push_back(payment);
  return nullptr;
}

Problem BookState::evolve(const event::PaymentDeclined& e, TimePoint) {
  Index payment = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, payment)) return p;
  PaymentState& state = payments[payment].state;
  if (state != PaymentState::started && state != PaymentState::unknown)
    return "a refusal of a payment that was over";
  state = PaymentState::declined;
  return nullptr;
}

Problem BookState::evolve(const event::PaymentUnknown& e, TimePoint) {
  Index payment = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, payment)) return p;
  if (payments[payment].state != PaymentState::started)
    return "doubt about a payment that was over";
  payments[payment].state = PaymentState::unknown;
  return nullptr;
}

Problem BookState::evolve(const event::PaymentCaptured& e, TimePoint) {
  Index index = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, index)) return p;
  SaleState& s = *sales[e.sale.value() - 1];
  Payment& payment = payments[index];
  Order& order = orders[payment.order];
  if (payment.money != MoneyAt::nowhere) return "money that was captured before";
  if (e.amount.minor <= 0) return "no money";
  if (e.use != event::MoneyUse::fulfilled && !e.units.empty())
    return "units for money that buys none";
  payment.captured = e.amount.minor;
  payment.state = PaymentState::captured;
  if (e.use == event::MoneyUse::refund) return move_money(s, payment, MoneyAt::refund);

  if (e.amount.minor != order.amount) return "an order paid with a wrong amount";
  if (e.use == event::MoneyUse::standby) {
    if (!ended(order.state) || s.cancelled() || s.phase == Phase::settled)
      return "paid standby for an order that cannot wait";
    order.state = OrderState::paid_standby;
    for (const Line& line : lines_of(order)) {
      s.items[line.item.value()].line.join_paid(payment.order);
      s.mark(line.item.value());
    }
    ++s.waiting;
    return move_money(s, payment, MoneyAt::standby);
  }
  if (const Problem p = move_money(s, payment, MoneyAt::fulfilled)) return p;
  if (order.state == OrderState::awaiting_payment) {
    if (!e.units.empty()) return "new units for an order that has its own";
    order.state = OrderState::paid;
    pass_ended_holds(s);
    return pay_units(s, payment.order);
  }
  if (!ended(order.state)) return "an order paid twice";
  return grant_anew(s, payment.order, e.units);
}

Problem BookState::evolve(const event::LateOrderFulfilled& e, TimePoint) {
  Index index = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, index)) return p;
  SaleState& s = *sales[e.sale.value() - 1];
  Payment& payment = payments[index];
  if (payment.money != MoneyAt::standby) return "a late order without its money";
  if (orders[payment.order].state != OrderState::paid_standby)
    return "an order that is not in standby";
  if (const Problem p = leave_paid_standby(s, payment.order)) return p;
  if (const Problem p = move_money(s, payment, MoneyAt::fulfilled)) return p;
  return grant_anew(s, payment.order, e.units);
}

Problem BookState::evolve(const event::RefundDue& e, TimePoint) {
  Index index = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, index)) return p;
  SaleState& s = *sales[e.sale.value() - 1];
  Payment& payment = payments[index];
  Order& order = orders[payment.order];
  if (payment.state != PaymentState::captured || payment.captured != e.amount.minor) {
    return "a refund of money that is not here";
  }
  if (payment.money == MoneyAt::fulfilled && order.state != OrderState::refunded) {
    return "a refund of an order that keeps its units";
  }
  if (payment.money == MoneyAt::standby && order.state == OrderState::paid_standby) {
    if (const Problem p = leave_paid_standby(s, payment.order)) return p;
    order.state = OrderState::refunded;
  }
  payment.state = PaymentState::refund_due;
  ++s.refunds_due;
  return move_money(s, payment, MoneyAt::refund);
}

Problem BookState::evolve(const event::RefundSettled& e, TimePoint) {
  Index index = kNone;
  if (const Problem p = expect_payment(e.sale, e.payment, e.order, e.buyer, index)) return p;
  SaleState& s = *sales[e.sale.value() - 1];
  Payment& payment = payments[index];
  if (payment.state != PaymentState::refund_due || payment.captured != e.amount.minor) {
    return "the end of a refund that is not due";
  }
  payment.state = PaymentState::refunded;
  --s.refunds_due;
  s.money.refund_due -= e.amount;
  s.money.refunded += e.amount;
  return nullptr;
}

Problem BookState::evolve(const event::OrderRefunded& e, TimePoint) {
  Index index = kNone;
  if (const Problem p = expect_order(e.sale, e.order, e.buyer, index)) return p;
  SaleState& s = *sales[e.sale.value() - 1];
  Order& order = orders[index];
  if (order.state == OrderState::paid_standby) {
    order.state = OrderState::refunded;
    return leave_paid_standby(s, index);
  }
  if (order.state != OrderState::paid) return "the refund of an order that is not paid";
  order.state = OrderState::refunded;
  return return_units(s, index, true);
}

}  // namespace onrush::sale
