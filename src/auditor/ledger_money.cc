// Payments: where each captured amount is, and what it has bought.
#include <fmt/format.h>

#include <algorithm>

#include "auditor/ledger.h"

namespace onrush::auditor {

using sale::OrderState;
using sale::PaymentState;

Ledger::Payment* Ledger::payment_of(sale::PaymentId id, sale::OrderId order) {
  const auto found = payments_.find(id.value());
  if (found != payments_.end() && found->second.order == order.value()) return &found->second;
  broken("unknown_payment",
         fmt::format("payment {} of order {} was never started", id.value(), order.value()));
  return nullptr;
}

// An order whose hold had ended has units again, of the same items as before.
void Ledger::regrant(Sale& s, std::uint64_t id, Order& order, const sale::Units& units) {
  auto before = lines_of(order.units);
  auto now = lines_of(units);
  std::sort(before.begin(), before.end());
  std::sort(now.begin(), now.end());
  if (before != now) {
    return broken("late_order", fmt::format("order {} was given other items than it had", id));
  }
  take(s, id, units, true);
  order.units = units;
  order.state = OrderState::paid;
}

void Ledger::leave_paid_line(Sale& s, std::uint64_t id, const Order& order) {
  for (const sale::Line& line : lines_of(order.units)) {
    auto& queue = s.items[line.item.value()].paid_line;
    queue.erase(std::remove(queue.begin(), queue.end(), id), queue.end());
  }
}

void Ledger::on(const sale::event::PaymentStarted& e) {
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr) return;
  must_be(*order, e.order.value(), {OrderState::awaiting_payment});
  if (order->amount != e.amount.minor)
    broken("money", fmt::format("payment {} asks for a wrong amount", e.payment.value()));
  Payment payment;
  payment.order = e.order.value();
  if (!payments_.emplace(e.payment.value(), payment).second) {
    return broken("order_twice", fmt::format("payment {} was started twice", e.payment.value()));
  }
  order->payments.push_back(e.payment.value());
}

void Ledger::on(const sale::event::PaymentDeclined& e) {
  Payment* payment = payment_of(e.payment, e.order);
  if (order_of(e.sale, e.order, e.buyer) == nullptr || payment == nullptr) return;
  if (payment->state != PaymentState::started && payment->state != PaymentState::unknown) {
    return broken("payment_state",
                  fmt::format("payment {} was declined after it was over", e.payment.value()));
  }
  payment->state = PaymentState::declined;
}

void Ledger::on(const sale::event::PaymentUnknown& e) {
  Payment* payment = payment_of(e.payment, e.order);
  if (order_of(e.sale, e.order, e.buyer) == nullptr || payment == nullptr) return;
  if (payment->state != PaymentState::started) {
    return broken("payment_state",
                  fmt::format("payment {} became unknown after it was over", e.payment.value()));
  }
  payment->state = PaymentState::unknown;
}

void Ledger::on(const sale::event::PaymentCaptured& e) {
  Payment* payment = payment_of(e.payment, e.order);
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr || payment == nullptr) return;
  Sale& s = *sale_of(e.sale);
  if (payment->place != Place::nowhere) {
    return broken("captured_twice",
                  fmt::format("payment {} was captured twice", e.payment.value()));
  }
  payment->captured = e.amount.minor;
  payment->state = PaymentState::captured;
  if (e.amount.minor <= 0)
    broken("money", fmt::format("payment {} captured nothing", e.payment.value()));
  if (e.use == sale::event::MoneyUse::refund) {
    payment->place = Place::refund;
    return;
  }
  if (e.amount.minor != order->amount) {
    broken("money", fmt::format("order {} of {} was fulfilled by {}", e.order.value(),
                                order->amount, e.amount.minor));
  }
  const sale::Lines lines = lines_of(order->units);
  if (e.use == sale::event::MoneyUse::standby) {
    must_be(
        *order, e.order.value(),
        {OrderState::expired, OrderState::released, OrderState::declined, OrderState::refunded});
    payment->place = Place::standby;
    order->state = OrderState::paid_standby;
    for (const sale::Line& line : lines)
      s.items[line.item.value()].paid_line.push_back(e.order.value());
    count_buyer(s, order->buyer, lines, true);
    return check_limits(s, order->buyer);
  }
  payment->place = Place::fulfilled;
  if (order->state == OrderState::awaiting_payment) {
    order->state = OrderState::paid;
    return pay(s, *order);
  }
  must_be(*order, e.order.value(),
          {OrderState::expired, OrderState::released, OrderState::declined, OrderState::refunded});
  if (order->state == OrderState::paid || order->state == OrderState::paid_standby) return;
  if (!nobody_waits(s, lines)) {
    broken("standby_order",
           fmt::format("late order {} was fulfilled past those who wait", e.order.value()));
  }
  regrant(s, e.order.value(), *order, e.units);
  count_buyer(s, order->buyer, lines, true);
  check_limits(s, order->buyer);
}

void Ledger::on(const sale::event::LateOrderFulfilled& e) {
  Payment* payment = payment_of(e.payment, e.order);
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr || payment == nullptr) return;
  must_be(*order, e.order.value(), {OrderState::paid_standby});
  if (order->state != OrderState::paid_standby) return;
  Sale& s = *sale_of(e.sale);
  if (s.phase != sale::Phase::open && (s.phase != sale::Phase::closed || s.cancelled())) {
    broken("grant_while_not_open", fmt::format("late order {} was fulfilled while the sale was {}",
                                               e.order.value(), to_string(s.phase)));
  }
  for (const sale::Line& line : lines_of(order->units)) {
    const auto& queue = s.items[line.item.value()].paid_line;
    if (queue.empty() || queue.front() != e.order.value()) {
      broken("standby_order",
             fmt::format("late order {} was fulfilled before its turn", e.order.value()));
    }
  }
  if (payment->place != Place::standby)
    broken("money", fmt::format("late order {} has no money", e.order.value()));
  payment->place = Place::fulfilled;
  leave_paid_line(s, e.order.value(), *order);
  regrant(s, e.order.value(), *order, e.units);
}

void Ledger::on(const sale::event::RefundDue& e) {
  Payment* payment = payment_of(e.payment, e.order);
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr || payment == nullptr) return;
  Sale& s = *sale_of(e.sale);
  if (payment->state != PaymentState::captured || payment->captured != e.amount.minor) {
    return broken(
        "money", fmt::format("payment {}: a refund of money that is not there", e.payment.value()));
  }
  if (order->state == OrderState::paid_standby && payment->place == Place::standby) {
    const sale::Lines lines = lines_of(order->units);
    if (e.reason == sale::event::RefundReason::no_unit_left && can_return(s, lines)) {
      broken("undersold",
             fmt::format("late order {} was dismissed while its units could still come",
                         e.order.value()));
    }
    leave_paid_line(s, e.order.value(), *order);
    order->state = OrderState::refunded;
    count_buyer(s, order->buyer, lines, false);
  }
  payment->state = PaymentState::refund_due;
  payment->place = Place::refund;
  ++s.refunds_due;
}

void Ledger::on(const sale::event::RefundSettled& e) {
  Payment* payment = payment_of(e.payment, e.order);
  if (order_of(e.sale, e.order, e.buyer) == nullptr || payment == nullptr) return;
  if (payment->state != PaymentState::refund_due || payment->captured != e.amount.minor) {
    return broken("money", fmt::format("payment {}: a refund was settled that was not due",
                                       e.payment.value()));
  }
  payment->state = PaymentState::refunded;
  --sale_of(e.sale)->refunds_due;
}

void Ledger::on(const sale::event::OrderRefunded& e) {
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr) return;
  must_be(*order, e.order.value(), {OrderState::paid, OrderState::paid_standby});
  Sale& s = *sale_of(e.sale);
  if (order->state == OrderState::paid) {
    give_back(s, e.order.value(), *order, true);
  } else if (order->state == OrderState::paid_standby) {
    leave_paid_line(s, e.order.value(), *order);
  } else {
    return;
  }
  order->state = OrderState::refunded;
  count_buyer(s, order->buyer, lines_of(order->units), false);
}

// Every captured amount is where the order's state says that it must be.
void Ledger::check_order_money(std::uint64_t id) {
  const auto found = orders_.find(id);
  if (found == orders_.end()) return;
  const Order& order = found->second;
  int fulfilled = 0, standby = 0;
  for (const std::uint64_t number : order.payments) {
    const Payment& payment = payments_.at(number);
    fulfilled += payment.place == Place::fulfilled ? 1 : 0;
    standby += payment.place == Place::standby ? 1 : 0;
    if (payment.place == Place::refund && payment.state == PaymentState::captured) {
      broken("money", fmt::format("payment {} was captured, and nothing was done with it", number));
    }
  }
  const int wanted = order.state == OrderState::paid && !order.confirmed ? 1 : 0;
  const int waiting = order.state == OrderState::paid_standby ? 1 : 0;
  if (fulfilled != wanted || standby != waiting) {
    broken("money", fmt::format("order {} is {} and has {} fulfilled and {} waiting payments", id,
                                to_string(order.state), fulfilled, standby));
  }
}

}  // namespace onrush::auditor
