#include "adapters/sql/changes.h"

#include <fmt/format.h>

#include <string_view>
#include <type_traits>
#include <utility>

#include "adapters/sql/connection.h"

namespace onrush::sql {

namespace {

using sale::OrderState;
using sale::PaymentState;
namespace event = sale::event;

[[noreturn]] void contradiction(std::uint64_t seq, std::string_view what) {
  throw SqlFailure(corrupt(fmt::format("event {}: {}", seq, what)));
}

// Applies the events of one moment; exists for the length of one event.
class Step {
 public:
  Step(Changes& changes, std::uint64_t seq, std::int64_t at) : c_(changes), seq_(seq), at_(at) {}

  void operator()(const event::SaleDefined& e) {
    const sale::SaleRules& rules = *e.rules;
    const auto [it, first] = c_.sales.try_emplace(number(e.sale));
    SaleRecord& sale = it->second;
    if (first) sale.defined_at = at_;
    if (!first && sale.key != rules.key) contradiction(seq_, "a sale changes its key");
    sale.key = rules.key;
    sale.title_en = rules.title.en;
    sale.title_zh = rules.title.zh;
    sale.currency = rules.currency;
    set_times(sale, rules.lobby_at, rules.opens_at, rules.closes_at);
    sale.items.clear();
    for (const auto& item : rules.items) {
      sale.items.push_back({item.key, item.title.en, item.title.zh, item.stock, item.price.minor});
    }
    sale.items_changed = true;
    act(e.sale, e.actor, "define", "");
  }

  void operator()(const event::PhaseChanged& e) {
    SaleRecord& row = touch(e.sale);
    row.phase = static_cast<std::int64_t>(e.to);
    // A settled sale keeps why it closed: that matters longer than that it has drained.
    if (e.to != sale::Phase::settled) row.reason = static_cast<std::int64_t>(e.reason);
    act(e.sale, e.actor, phase_act(e), e.note);
  }

  void operator()(const event::Restocked& e) {
    SaleRecord& sale = touch(e.sale);
    if (e.item.value() >= sale.items.size()) contradiction(seq_, "no such item");
    auto& item = sale.items[e.item.value()];
    item.stock += e.count;
    sale.items_changed = true;
    act(e.sale, e.actor, "restock", fmt::format("{} +{}", item.key, e.count));
  }

  void operator()(const event::Rescheduled& e) {
    set_times(touch(e.sale), e.lobby_at, e.opens_at, e.closes_at);
    act(e.sale, e.actor, "reschedule",
        fmt::format("lobby {}, opens {}, closes {}", to_rfc3339(e.lobby_at), to_rfc3339(e.opens_at),
                    to_rfc3339(e.closes_at)));
  }

  void operator()(const event::HoldGranted& e) {
    const auto [it, fresh] = c_.orders.try_emplace(e.order.value());
    if (!fresh) contradiction(seq_, "an order is granted twice");
    check_sale(e.sale, e.units);
    OrderChange& row = it->second;
    row.sale = number(e.sale);
    row.buyer = key(e.buyer);
    row.created_at = row.updated_at = at_;
    row.deadline = to_millis(e.deadline);
    row.amount = e.amount.minor;
    row.version = 1;
    row.units_changed = true;
    row.units = e.units;
    buyer(e.buyer).orders += 1;
    if (e.standby.value() != 0) {
      StandbyChange& entry = standby(e.standby);
      entry.order = key(e.order);
      end_standby(entry, StandbyState::granted);
      mail(ports::MailKind::standby_turn, e.order, e.buyer);
    }
  }

  void operator()(const event::HoldEnded& e) {
    switch (e.how) {
      case event::HoldEnd::expired:
        return change(e.order, OrderState::expired);
      case event::HoldEnd::declined:
        return change(e.order, OrderState::declined);
      case event::HoldEnd::released:
      case event::HoldEnd::cancelled:
        return change(e.order, OrderState::released);
    }
  }

  void operator()(const event::OrderConfirmed& e) {
    change(e.order, OrderState::paid);
    act(e.sale, e.actor, "confirm", order_text(e.order));
    mail(ports::MailKind::order_paid, e.order, e.buyer);
  }

  void operator()(const event::StandbyJoined& e) {
    const auto [it, fresh] = c_.standby.try_emplace(e.standby.value());
    if (!fresh) contradiction(seq_, "a standby entry joins twice");
    StandbyChange& entry = it->second;
    entry.sale = number(e.sale);
    entry.buyer = key(e.buyer);
    entry.joined_at = entry.updated_at = at_;
    entry.changed = true;
    entry.lines = e.lines;
    buyer(e.buyer);
  }

  void operator()(const event::StandbyLeft& e) {
    StandbyChange& entry = standby(e.standby);
    switch (e.how) {
      case event::StandbyEnd::left:
        return end_standby(entry, StandbyState::left);
      case event::StandbyEnd::unsatisfiable:
        return end_standby(entry, StandbyState::unsatisfiable);
      case event::StandbyEnd::sold_out:
        return end_standby(entry, StandbyState::sold_out);
      case event::StandbyEnd::closed:
        return end_standby(entry, StandbyState::closed);
    }
  }

  void operator()(const event::PaymentStarted& e) {
    const auto [it, fresh] = c_.payments.try_emplace(e.payment.value());
    if (!fresh) contradiction(seq_, "a payment starts twice");
    PaymentChange& row = it->second;
    row.order = key(e.order);
    row.sale = number(e.sale);
    row.buyer = key(e.buyer);
    row.amount = e.amount.minor;
    row.started_at = row.updated_at = at_;
    row.changed = true;
    buyer(e.buyer);
  }

  void operator()(const event::PaymentDeclined& e) { change(e.payment, PaymentState::declined); }
  void operator()(const event::PaymentUnknown& e) { change(e.payment, PaymentState::unknown); }

  void operator()(const event::PaymentCaptured& e) {
    // Money that must go back is due from the moment it came; RefundDue follows and says why.
    const bool goes_back = e.use == event::MoneyUse::refund;
    change(e.payment, goes_back ? PaymentState::refund_due : PaymentState::captured).captured =
        e.amount.minor;
    if (goes_back) return;
    const bool fulfilled = e.use == event::MoneyUse::fulfilled;
    change(e.order, fulfilled ? OrderState::paid : OrderState::paid_standby);
    grant_anew(e.sale, e.order, e.units);
    if (fulfilled) mail(ports::MailKind::order_paid, e.order, e.buyer);
  }

  void operator()(const event::LateOrderFulfilled& e) {
    change(e.order, OrderState::paid);
    grant_anew(e.sale, e.order, e.units);
    mail(ports::MailKind::order_paid, e.order, e.buyer);
  }

  void operator()(const event::RefundDue& e) {
    // Captured and not for a paid order: the money of a late payer who waited. He has no units, so
    // no OrderRefunded will say that his order ends here.
    PaymentChange& money = payment(e.payment);
    const bool waited =
        money.state == PaymentState::captured && order(e.order).state == OrderState::paid_standby;
    change(e.payment, PaymentState::refund_due).refund_reason = static_cast<std::int64_t>(e.reason);
    if (waited) change(e.order, OrderState::refunded);
  }

  void operator()(const event::RefundSettled& e) {
    change(e.payment, PaymentState::refunded);
    mail(ports::MailKind::order_refunded, e.order, e.buyer);
  }

  void operator()(const event::OrderRefunded& e) {
    change(e.order, OrderState::refunded);
    act(e.sale, e.actor, "refund",
        e.reason.empty() ? order_text(e.order) : order_text(e.order) + ": " + e.reason);
  }

  // The line is not in the read model; what staff did to it is.
  void operator()(const event::PlaceTaken&) {}
  void operator()(const event::PlaceLeft&) {}
  void operator()(const event::DrawRevealed&) {}
  void operator()(const event::LineCalled&) {}
  void operator()(const event::PassClaimed&) {}
  void operator()(const event::Registered&) {}
  void operator()(const event::Unregistered&) {}
  void operator()(const event::LineRateSet& e) {
    act(e.sale, e.actor, "rate", std::to_string(e.rate));
  }
  void operator()(const event::BeaconSet& e) { act(e.sale, e.actor, "beacon", e.value); }
  void operator()(const event::NoticeSet& e) { act(e.sale, e.actor, "notice", e.notice.en); }

 private:
  // Ids are stored as signed 64-bit integers, the only ones that every SQL database has.
  template <class Id>
  std::int64_t key(Id id) const {
    if (id.value() > static_cast<std::uint64_t>(INT64_MAX))
      contradiction(seq_, "an id is too large");
    return static_cast<std::int64_t>(id.value());
  }
  static std::int64_t number(sale::SaleNo sale) { return sale.value(); }
  static std::string order_text(sale::OrderId id) { return fmt::format("order {}", id.value()); }

  SaleRecord& sale_of(sale::SaleNo no) {
    const auto it = c_.sales.find(number(no));
    if (it == c_.sales.end()) contradiction(seq_, "no such sale");
    return it->second;
  }
  SaleRecord& touch(sale::SaleNo no) {
    SaleRecord& sale = sale_of(no);
    sale.updated_at = at_;
    sale.changed = true;
    return sale;
  }
  void set_times(SaleRecord& sale, TimePoint lobby, TimePoint opens, TimePoint closes) const {
    sale.lobby_at = to_millis(lobby);
    sale.opens_at = to_millis(opens);
    sale.closes_at = to_millis(closes);
    sale.updated_at = at_;
    sale.changed = true;
  }
  void check_sale(sale::SaleNo no, const sale::Units& units) {
    const SaleRecord& sale = sale_of(no);
    for (const auto& unit : units) {
      if (unit.item.value() >= sale.items.size()) contradiction(seq_, "no such item");
    }
  }

  OrderChange& order(sale::OrderId id) {
    const auto it = c_.orders.find(id.value());
    if (it == c_.orders.end()) contradiction(seq_, "no such order");
    return it->second;
  }
  void change(sale::OrderId id, OrderState to) {
    OrderChange& row = order(id);
    BuyerChange& owner = buyer(sale::BuyerId{static_cast<std::uint64_t>(row.buyer)});
    if (row.state != OrderState::paid && to == OrderState::paid) owner.orders_paid += 1;
    if (row.state == OrderState::paid && to != OrderState::paid) owner.orders_paid -= 1;
    row.state = to;
    row.version += 1;
    row.updated_at = at_;
  }
  void grant_anew(sale::SaleNo no, sale::OrderId id, const sale::Units& units) {
    if (units.empty()) return;  // it kept the units of its hold
    check_sale(no, units);
    OrderChange& row = order(id);
    row.units_changed = true;
    row.units = units;
  }

  PaymentChange& payment(sale::PaymentId id) {
    const auto it = c_.payments.find(id.value());
    if (it == c_.payments.end()) contradiction(seq_, "no such payment");
    return it->second;
  }
  PaymentChange& change(sale::PaymentId id, PaymentState to) {
    PaymentChange& row = payment(id);
    row.state = to;
    row.updated_at = at_;
    row.changed = true;
    return row;
  }

  StandbyChange& standby(sale::StandbyId id) {
    const auto it = c_.standby.find(id.value());
    if (it == c_.standby.end()) contradiction(seq_, "no such standby entry");
    return it->second;
  }
  void end_standby(StandbyChange& entry, StandbyState how) const {
    entry.state = how;
    entry.updated_at = at_;
    entry.changed = true;
  }

  BuyerChange& buyer(sale::BuyerId id) {
    const auto [it, fresh] = c_.buyers.try_emplace(static_cast<std::uint64_t>(key(id)));
    if (fresh) it->second.first_seen_at = at_;
    it->second.last_seen_at = at_;
    return it->second;
  }

  void act(sale::SaleNo sale, const std::string& actor, std::string_view what, std::string detail) {
    if (actor.empty()) return;  // the clock's or the buyer's doing
    c_.acts.push_back(
        {key(sale::OrderId{seq_}), at_, number(sale), actor, std::string(what), std::move(detail)});
  }
  void mail(ports::MailKind kind, sale::OrderId id, sale::BuyerId to) {
    c_.mails.push_back(
        {key(sale::OrderId{seq_}), key(id), static_cast<std::int64_t>(kind), key(to), at_});
  }

  static std::string_view phase_act(const event::PhaseChanged& e) {
    switch (e.to) {
      case sale::Phase::draft:
        return "withdraw";
      case sale::Phase::announced:
      case sale::Phase::lobby:
        return "announce";
      case sale::Phase::open:
        return e.from == sale::Phase::paused ? "resume" : "open";
      case sale::Phase::paused:
        return "pause";
      case sale::Phase::closed:
        return e.reason == sale::PhaseReason::cancelled ? "cancel" : "close";
      case sale::Phase::settled:
        return "settle";
    }
    return "";
  }

  Changes& c_;
  std::uint64_t seq_;
  std::int64_t at_;
};

}  // namespace

void Changes::apply(const sale::Event& event, std::uint64_t seq, TimePoint at) {
  std::visit(Step(*this, seq, to_millis(at)), event);
}

Wanted wanted_rows(std::span<const ports::JournalBatch> batches) {
  Wanted wanted;
  Wanted made;
  using Ids = std::unordered_set<std::uint64_t>;
  const auto want = [&](Ids Wanted::*kind, std::uint64_t id) {
    if (id != 0 && !(made.*kind).contains(id)) (wanted.*kind).insert(id);
  };
  const auto visit = [&](const auto& e) {
    using E = std::decay_t<decltype(e)>;
    if constexpr (std::is_same_v<E, event::HoldGranted>) {
      want(&Wanted::standby, e.standby.value());
      made.orders.insert(e.order.value());
    } else if constexpr (std::is_same_v<E, event::StandbyJoined>) {
      made.standby.insert(e.standby.value());
    } else if constexpr (std::is_same_v<E, event::StandbyLeft>) {
      want(&Wanted::standby, e.standby.value());
    } else if constexpr (std::is_same_v<E, event::PaymentStarted>) {
      made.payments.insert(e.payment.value());
    } else {
      if constexpr (requires { e.order; }) want(&Wanted::orders, e.order.value());
      if constexpr (requires { e.payment; }) want(&Wanted::payments, e.payment.value());
    }
  };
  for (const auto& batch : batches) {
    for (const auto& one : batch.events) std::visit(visit, one);
  }
  return wanted;
}

}  // namespace onrush::sql
