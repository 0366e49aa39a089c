// Looking ahead, for the commands that come by the thousand. Only hints: what is missing here costs
// time and nothing else.
#include <type_traits>
#include <variant>

#include "sale/book_state.h"

namespace onrush::sale {
namespace {

// The buyer of a sale whom a command is about, or nobody.
struct Whose {
  SaleNo sale;
  BuyerId buyer;
};

Whose whose(const Command& command) {
  if (const auto* hold = std::get_if<command::RequestHold>(&command)) {
    return {hold->sale, hold->buyer};
  }
  if (const auto* look = std::get_if<command::LookUpBuyer>(&command)) {
    return {look->sale, look->buyer};
  }
  if (const auto* take = std::get_if<command::TakePlace>(&command))
    return {take->sale, take->buyer};
  if (const auto* claim = std::get_if<command::ClaimPass>(&command))
    return {claim->sale, claim->buyer};
  if (const auto* look = std::get_if<command::LookUpPlace>(&command))
    return {look->sale, look->buyer};
  return {};
}

// The order that a command names, or none.
OrderId order_named(const Command& command) {
  if (const auto* start = std::get_if<command::StartPayment>(&command)) return start->order;
  if (const auto* release = std::get_if<command::ReleaseHold>(&command)) return release->order;
  if (const auto* confirm = std::get_if<command::ConfirmOrder>(&command)) return confirm->order;
  if (const auto* look = std::get_if<command::LookUpOrder>(&command)) return look->order;
  return {};
}

// Of the events that name an order, all but HoldGranted are about one that exists.
template <class E>
concept OfAnOrder = requires(const E& e) {
  e.order;
}
&&!std::is_same_v<E, event::HoldGranted>;
// These add something to a buyer.
template <class E>
concept ForABuyer =
    std::is_same_v<E, event::HoldGranted> || std::is_same_v<E, event::StandbyJoined>;

}  // namespace

void BookState::prefetch(const Command& command) const {
  const Whose of = whose(command);
  if (const SaleState* s = sale(of.sale)) {
    s->buyers.prefetch(of.buyer.value());
    if (s->queue != nullptr) s->queue->places.prefetch(of.buyer.value());
  } else if (const OrderId order = order_named(command); order.value() != 0) {
    orders.prefetch(order.value());
  } else if (const auto* settle = std::get_if<command::SettlePayment>(&command)) {
    payments.prefetch(settle->payment.value());
  }
}

void BookState::prefetch(const Event& event) const {
  std::visit(
      [this]<class E>(const E& e) {
        if constexpr (ForABuyer<E>) {
          if (const SaleState* s = sale(e.sale)) s->buyers.prefetch(e.buyer.value());
        } else if constexpr (OfAnOrder<E>) {
          orders.prefetch(e.order.value());
        }
      },
      event);
}

void BookState::prefetch_records(const Command& command) const {
  const Whose of = whose(command);
  if (const SaleState* s = sale(of.sale)) {
    const BuyerRefs* refs = s->buyers.find(of.buyer.value());
    if (refs == nullptr) return;
    if (refs->order != kNone) orders.prefetch_at(refs->order);
    if (refs->entry != kNone) entries.prefetch_at(refs->entry);
  } else if (const auto* settle = std::get_if<command::SettlePayment>(&command)) {
    const Index payment = payments.find(settle->payment.value());
    if (payment != kNone) orders.prefetch_at(payments[payment].order);
  }
}

}  // namespace onrush::sale
