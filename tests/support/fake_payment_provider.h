// A payment provider in memory: can be down, can hold calls back, counts what it did. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "ports/payment_provider.h"

namespace onrush::testing {

class FakePaymentProvider final : public ports::PaymentProvider {
 public:
  using Kind = ports::ProviderNotice::Kind;
  struct Entry {
    Kind kind = Kind::unknown;
    sale::Money amount;
    unsigned created = 0, queried = 0, refunds = 0;
    sale::Money refunded;
  };

  std::string name() const override { return "fake"; }
  std::string signature_header() const override { return "x-fake"; }

  Result<std::string> create(const ports::PaymentIntent& intent) override {
    std::unique_lock lock(mutex_);
    if (auto error = enter(lock)) return *error;
    Entry& entry = entries_[intent.payment];
    entry.amount = intent.amount;
    ++entry.created;
    last_intent_ = intent;
    return "https://pay.example/" + std::to_string(intent.payment.value());
  }

  Result<ports::ProviderNotice> query(sale::PaymentId payment) override {
    std::unique_lock lock(mutex_);
    if (auto error = enter(lock)) return *error;
    Entry& entry = entries_[payment];
    ++entry.queried;
    return ports::ProviderNotice{"", payment, entry.kind, entry.amount};
  }

  Status refund(sale::PaymentId payment, sale::Money amount) override {
    std::unique_lock lock(mutex_);
    if (auto error = enter(lock)) return *error;
    Entry& entry = entries_[payment];
    if (entry.kind != Kind::captured && entry.kind != Kind::refunded)
      return rejected("not captured");
    if (entry.kind == Kind::captured) entry.refunded += amount;  // idempotent, as the port demands
    entry.kind = Kind::refunded;
    ++entry.refunds;
    return {};
  }

  Result<ports::ProviderNotice> read_callback(std::string_view, std::string_view,
                                              TimePoint) const override {
    return invalid("this provider sends no callbacks");
  }

  void set(sale::PaymentId payment, Kind kind, sale::Money amount) {
    const std::lock_guard lock(mutex_);
    entries_[payment].kind = kind;
    entries_[payment].amount = amount;
  }
  void set_down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  void hold_calls(bool hold) {
    const std::lock_guard lock(mutex_);
    holding_ = hold;
    changed_.notify_all();
  }
  void wait_until_inside() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ > 0; });
  }
  Entry entry(sale::PaymentId payment) {
    const std::lock_guard lock(mutex_);
    return entries_[payment];
  }
  ports::PaymentIntent last_intent() {
    const std::lock_guard lock(mutex_);
    return last_intent_;
  }
  unsigned failed_calls() {
    const std::lock_guard lock(mutex_);
    return failed_calls_;
  }

 private:
  std::optional<Error> enter(std::unique_lock<std::mutex>& lock) {
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !holding_; });
    --inside_;
    if (!down_) return std::nullopt;
    ++failed_calls_;
    return retryable("the provider is down");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<sale::PaymentId, Entry> entries_;
  ports::PaymentIntent last_intent_;
  unsigned failed_calls_ = 0;
  int inside_ = 0;
  bool down_ = false;
  bool holding_ = false;
};

}  // namespace onrush::testing
