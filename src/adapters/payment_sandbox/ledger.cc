#include "adapters/payment_sandbox/ledger.h"

#include <boost/json.hpp>
#include <charconv>

namespace onrush::payment_sandbox {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kPhases = {"open", "captured", "declined", "refunded"};

std::string created_line(const SandboxPayment& p) {
  return json::serialize(json::object{{"op", "created"},
                                      {"payment", p.payment.value()},
                                      {"order", p.order.value()},
                                      {"amount", p.amount.minor},
                                      {"currency", p.currency},
                                      {"description", p.description},
                                      {"return_url", p.return_url},
                                      {"behaviour", p.behaviour},
                                      {"deadline", to_millis(p.deadline)},
                                      {"at", to_millis(p.created_at)}});
}

std::string change_line(const SandboxPayment& p) {
  return json::serialize(json::object{{"op", to_string(p.phase)},
                                      {"payment", p.payment.value()},
                                      {"behaviour", p.behaviour},
                                      {"at", to_millis(p.changed_at)}});
}

// Throws what Boost.JSON throws when a member is missing or of another type.
SandboxPayment read_created(const json::object& line) {
  SandboxPayment p;
  p.payment = sale::PaymentId{line.at("payment").to_number<std::uint64_t>()};
  p.order = sale::OrderId{line.at("order").to_number<std::uint64_t>()};
  p.amount = sale::Money{line.at("amount").to_number<std::int64_t>()};
  p.currency = json::value_to<std::string>(line.at("currency"));
  p.description = json::value_to<std::string>(line.at("description"));
  p.return_url = json::value_to<std::string>(line.at("return_url"));
  p.behaviour = json::value_to<std::string>(line.at("behaviour"));
  p.deadline = from_millis(line.at("deadline").to_number<std::int64_t>());
  p.created_at = from_millis(line.at("at").to_number<std::int64_t>());
  p.changed_at = p.created_at;
  return p;
}

bool may_follow(PaymentPhase from, PaymentPhase to) {
  switch (to) {
    case PaymentPhase::open:
      return false;
    case PaymentPhase::captured:
    case PaymentPhase::declined:
      return from == PaymentPhase::open;
    case PaymentPhase::refunded:
      return from == PaymentPhase::captured;
  }
  return false;
}

}  // namespace

std::string_view to_string(PaymentPhase phase) {
  return kPhases[static_cast<std::size_t>(phase)];
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
  std::unique_ptr<Ledger> ledger(new Ledger);
  if (path.empty()) return ledger;
  auto log = LineLog::open(path, [&](std::string_view line) { return ledger->read_line(line); });
  if (!log) return log.error();
  ledger->log_ = std::move(*log);
  return ledger;
}

Status Ledger::read_line(std::string_view line) {
  try {
    const json::value value = json::parse(json::string_view(line.data(), line.size()));
    const json::object& object = value.as_object();
    const auto op = json::value_to<std::string>(object.at("op"));
    if (op == "created") {
      SandboxPayment payment = read_created(object);
      const auto id = payment.payment;
      if (!payments_.emplace(id, std::move(payment)).second) return corrupt("a payment made twice");
      return {};
    }
    const auto found =
        payments_.find(sale::PaymentId{object.at("payment").to_number<std::uint64_t>()});
    if (found == payments_.end()) return corrupt("a change of an unknown payment");
    for (std::size_t i = 1; i < kPhases.size(); ++i) {
      if (op != kPhases[i]) continue;
      const auto to = static_cast<PaymentPhase>(i);
      if (!may_follow(found->second.phase, to)) return corrupt("a change that cannot follow");
      found->second.phase = to;
      found->second.behaviour = json::value_to<std::string>(object.at("behaviour"));
      found->second.changed_at = from_millis(object.at("at").to_number<std::int64_t>());
      return {};
    }
    return corrupt("an unknown kind of line");
  } catch (const std::exception&) {
    return corrupt("not a line of a payment file");
  }
}

Result<SandboxPayment> Ledger::create(SandboxPayment payment) {
  std::uint64_t position = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = payments_.try_emplace(payment.payment, payment);
    if (!fresh) {
      if (at->second.order != payment.order || at->second.amount != payment.amount ||
          at->second.currency != payment.currency) {
        return rejected("this payment exists with another order or amount");
      }
      return at->second;
    }
    if (log_) position = log_->append(created_line(payment));
  }
  // No money has moved, so surviving the process is enough; the sync of its capture covers it too.
  if (log_) {
    if (const Status flushed = log_->flush(position); !flushed) return flushed.error();
  }
  return payment;
}

std::optional<SandboxPayment> Ledger::find(sale::PaymentId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = payments_.find(id);
  if (found == payments_.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<SandboxPayment>> Ledger::settled(sale::PaymentId id) {
  const auto payment = find(id);
  if (log_ && payment && payment->phase != PaymentPhase::open) {
    if (const Status synced = log_->sync_all(); !synced) return synced.error();
  }
  return payment;
}

Result<Ledger::Change> Ledger::move(sale::PaymentId id, PaymentPhase to, TimePoint now,
                                    const std::string& behaviour) {
  Change change;
  {
    const std::lock_guard lock(mutex_);
    const auto found = payments_.find(id);
    if (found == payments_.end()) return rejected("no such payment");
    SandboxPayment& payment = found->second;
    change.repeated = payment.phase == to;
    if (!change.repeated && !may_follow(payment.phase, to)) {
      return rejected("the payment is " + std::string(to_string(payment.phase)));
    }
    if (!change.repeated) {
      payment.phase = to;
      payment.changed_at = now;
      if (!behaviour.empty()) payment.behaviour = behaviour;
      if (log_) (void)log_->append(change_line(payment));
    }
    change.payment = payment;
  }
  // A repeat may overtake the sync of the first, so it waits as well.
  if (log_) {
    if (const Status synced = log_->sync_all(); !synced) return synced.error();
  }
  return change;
}

Result<Ledger::Change> Ledger::capture(sale::PaymentId id, TimePoint now,
                                       const std::string& behaviour) {
  return move(id, PaymentPhase::captured, now, behaviour);
}

Result<Ledger::Change> Ledger::decline(sale::PaymentId id, TimePoint now,
                                       const std::string& behaviour) {
  return move(id, PaymentPhase::declined, now, behaviour);
}

Result<Ledger::Change> Ledger::refund(sale::PaymentId id, TimePoint now) {
  return move(id, PaymentPhase::refunded, now, "");
}

TimePoint Ledger::refund_asked(sale::PaymentId id, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto found = payments_.find(id);
  if (found == payments_.end()) return now;
  if (!found->second.refund_asked) found->second.refund_asked = now;
  return *found->second.refund_asked;
}

Totals Ledger::totals() const {
  Totals totals;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, payment] : payments_) {
    switch (payment.phase) {
      case PaymentPhase::open:
        ++totals.open;
        break;
      case PaymentPhase::declined:
        ++totals.declined;
        break;
      case PaymentPhase::refunded:
        ++totals.refunded;
        totals.refunded_sum += payment.amount;
        [[fallthrough]];
      case PaymentPhase::captured:
        ++totals.captured;
        totals.captured_sum += payment.amount;
        break;
    }
  }
  return totals;
}

std::vector<SandboxPayment> Ledger::list(sale::PaymentId after, std::size_t limit) const {
  std::vector<SandboxPayment> found;
  const std::lock_guard lock(mutex_);
  for (auto at = payments_.upper_bound(after); at != payments_.end() && found.size() < limit;
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

}  // namespace onrush::payment_sandbox
