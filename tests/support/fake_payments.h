// Orders and their payments, as small as they can be and still follow the rules of money: decides
// the payment commands for a FakeBoxOffice and answers as the order store. Thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ports/read_model.h"
#include "sale/command.h"
#include "sale/outcome.h"

namespace onrush::testing {

class FakePayments final : public ports::OrderStore {
 public:
  explicit FakePayments(TimePoint now) : now_(now) {}

  void add_order(std::uint64_t order, std::uint64_t buyer, std::int64_t amount) {
    const std::lock_guard lock(mutex_);
    orders_[order] = {order, buyer, amount, 0, false};
  }
  // As if the sale had been cancelled: what was captured is to go back.
  void make_refund_due(std::uint64_t payment) {
    const std::lock_guard lock(mutex_);
    payments_.at(payment).state = sale::PaymentState::refund_due;
  }
  sale::PaymentState state(std::uint64_t payment) {
    const std::lock_guard lock(mutex_);
    return payments_.at(payment).state;
  }
  std::size_t count(sale::PaymentState state) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(payments_.begin(), payments_.end(),
                      [&](const auto& p) { return p.second.state == state; }));
  }
  void set_started_at(std::uint64_t payment, TimePoint at) {
    const std::lock_guard lock(mutex_);
    payments_.at(payment).started_at = at;
  }

  sale::Outcome decide(const sale::Command& command) {
    const std::lock_guard lock(mutex_);
    if (const auto* c = std::get_if<sale::command::StartPayment>(&command)) return start(*c);
    if (const auto* c = std::get_if<sale::command::SettlePayment>(&command)) return settle(*c);
    if (const auto* c = std::get_if<sale::command::SettleRefund>(&command)) return refund(*c);
    return verdict(sale::Verdict::invalid);
  }

  Result<std::vector<ports::PaymentRow>> open_payments(TimePoint started_before,
                                                       std::uint32_t limit) override {
    return rows(limit, [&](const ports::PaymentRow& p) {
      return (p.state == sale::PaymentState::started || p.state == sale::PaymentState::unknown) &&
             p.started_at <= started_before;
    });
  }
  Result<std::vector<ports::PaymentRow>> refunds_due(std::uint32_t limit) override {
    return rows(limit, [](const ports::PaymentRow& p) {
      return p.state == sale::PaymentState::refund_due;
    });
  }
  Result<std::vector<ports::PaymentRow>> payments_of(sale::OrderId id) override {
    return rows(1'000, [&](const ports::PaymentRow& p) { return p.order == id; });
  }
  Result<std::vector<ports::OrderRow>> orders(const ports::OrderQuery&) override {
    return std::vector<ports::OrderRow>{};
  }
  Result<std::optional<ports::OrderRow>> order(sale::OrderId) override {
    return std::optional<ports::OrderRow>{};
  }
  Result<std::vector<ports::StaffActRow>> staff_acts(const ports::StaffActQuery&) override {
    return std::vector<ports::StaffActRow>{};
  }
  Result<std::uint64_t> position() override { return std::uint64_t{0}; }

 private:
  struct Order {
    std::uint64_t id, buyer;
    std::int64_t amount;
    std::uint64_t payment;
    bool paid;
  };

  static sale::Outcome verdict(sale::Verdict v) {
    sale::Outcome outcome;
    outcome.verdict = v;
    return outcome;
  }

  sale::Outcome start(const sale::command::StartPayment& c) {
    const auto found = orders_.find(c.order.value());
    if (found == orders_.end() || found->second.buyer != c.buyer.value()) {
      return verdict(sale::Verdict::not_found);
    }
    Order& order = found->second;
    if (order.paid) return verdict(sale::Verdict::wrong_state);
    sale::Outcome outcome;
    outcome.repeated = order.payment != 0;
    if (order.payment == 0) {
      order.payment = ++last_payment_;
      ports::PaymentRow row;
      row.payment = sale::PaymentId{order.payment};
      row.order = c.order;
      row.buyer = c.buyer;
      row.amount = sale::Money{order.amount};
      row.state = sale::PaymentState::started;
      row.started_at = now_;
      payments_[order.payment] = row;
    }
    outcome.payment = sale::PaymentId{order.payment};
    outcome.order.order = c.order;
    outcome.order.buyer = c.buyer;
    outcome.order.amount = sale::Money{order.amount};
    outcome.order.deadline = now_ + std::chrono::minutes{10};
    return outcome;
  }

  sale::Outcome settle(const sale::command::SettlePayment& c) {
    const auto found = payments_.find(c.payment.value());
    if (found == payments_.end()) return verdict(sale::Verdict::not_found);
    ports::PaymentRow& row = found->second;
    sale::Outcome outcome;
    outcome.repeated = true;
    const bool open =
        row.state == sale::PaymentState::started || row.state == sale::PaymentState::unknown;
    if (!open) return outcome;  // settled: late, double and stale notices change nothing
    outcome.repeated = false;
    Order& order = orders_.at(row.order.value());
    switch (c.status) {
      case sale::command::PaymentStatus::captured:
        row.state = sale::PaymentState::captured;
        row.captured = c.amount;
        order.paid = true;
        break;
      case sale::command::PaymentStatus::declined:
        row.state = sale::PaymentState::declined;
        order.payment = 0;
        break;
      case sale::command::PaymentStatus::unknown:
        row.state = sale::PaymentState::unknown;
        break;
    }
    return outcome;
  }

  sale::Outcome refund(const sale::command::SettleRefund& c) {
    const auto found = payments_.find(c.payment.value());
    if (found == payments_.end()) return verdict(sale::Verdict::not_found);
    sale::Outcome outcome;
    outcome.repeated = found->second.state == sale::PaymentState::refunded;
    if (outcome.repeated) return outcome;
    if (found->second.state != sale::PaymentState::refund_due) {
      return verdict(sale::Verdict::wrong_state);
    }
    found->second.state = sale::PaymentState::refunded;
    return outcome;
  }

  template <class Wanted>
  std::vector<ports::PaymentRow> rows(std::uint32_t limit, Wanted wanted) {
    const std::lock_guard lock(mutex_);
    std::vector<ports::PaymentRow> found;
    for (const auto& [id, row] : payments_) {
      if (found.size() < limit && wanted(row)) found.push_back(row);
    }
    return found;
  }

  std::mutex mutex_;
  const TimePoint now_;
  std::map<std::uint64_t, Order> orders_;
  std::map<std::uint64_t, ports::PaymentRow> payments_;
  std::uint64_t last_payment_ = 0;
};

}  // namespace onrush::testing
