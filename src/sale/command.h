// Commands: everything that can be asked of the state machine. They carry ids and numbers that the
// edge has already resolved; the time of a command is given to Book::apply.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "sale/ids.h"
#include "sale/phase.h"
#include "sale/rules.h"

namespace onrush::sale {

namespace command {

struct RequestHold {
  SaleNo sale;
  BuyerId buyer;
  Lines lines;               // 1..kLinesMax, distinct items, quantity >= 1
  std::uint64_t key = 0;     // hash of (buyer, Idempotency-Key); 0 = none given
  bool join_standby = true;  // when nothing is free: wait in line, or just be told
};
struct LeaveStandby {
  SaleNo sale;
  BuyerId buyer;
  StandbyId standby;  // 0 = every entry of this buyer in the sale
};
struct ReleaseHold {
  OrderId order;
  BuyerId buyer;  // must own the order
};
// Books an order without money (PaymentMode::confirmation), or by staff for any order that awaits
// payment.
struct ConfirmOrder {
  OrderId order;
  BuyerId buyer;      // 0 when staff confirms
  std::string actor;  // staff name, or "" for the buyer
};
struct StartPayment {
  OrderId order;
  BuyerId buyer;
  // Returns the order's live payment if there is one, so that a repeat cannot start a second.
};
enum class PaymentStatus : std::uint8_t { captured, declined, unknown };
struct SettlePayment {
  PaymentId payment;
  PaymentStatus status;
  Money amount;  // what was captured; ignored otherwise
};
// The provider has given the money back.
struct SettleRefund {
  PaymentId payment;
};
struct RefundOrder {  // by staff: a paid order; its units come back
  OrderId order;
  std::string actor;
  std::string reason;
};

// Defines a new sale, or redefines one of the same key that has not left `announced`.
struct DefineSale {
  RulesPtr rules;
  std::string actor;
};
enum class PhaseAct : std::uint8_t { announce, open, pause, resume, close, cancel };
struct ChangePhase {
  SaleNo sale;
  PhaseAct act;
  std::string actor;
  std::string reason;
};
struct Restock {
  SaleNo sale;
  ItemNo item;
  std::uint32_t count = 0;
  std::string actor;
};
struct Reschedule {  // moves closes_at; before the opening also lobby_at and opens_at
  SaleNo sale;
  TimePoint lobby_at;
  TimePoint opens_at;
  TimePoint closes_at;
  std::string actor;
};

// --- the line (docs/line.md)
struct TakePlace {  // from the lobby on; his place again if he has one that is not used up
  SaleNo sale;
  BuyerId buyer;
};
struct LeaveLine {
  SaleNo sale;
  BuyerId buyer;
};
struct ClaimPass {  // his live pass again if he has one
  SaleNo sale;
  BuyerId buyer;
};
// Before the opening, of a sale that takes registrations.
struct Register {
  SaleNo sale;
  BuyerId buyer;
};
struct Unregister {
  SaleNo sale;
  BuyerId buyer;
};
struct SetLineRate {
  SaleNo sale;
  std::uint32_t rate = 0;  // passes a second
  std::string actor;
};
struct SetBeacon {  // a public value that goes into the draw; before the opening only
  SaleNo sale;
  std::string value;
  std::string actor;
};
struct SetNotice {  // what staff show to everybody in the sale; an empty `en` takes it away
  SaleNo sale;
  Text notice;
  std::string actor;
};

// Queries: answered from the state by the same thread, journaled never.
struct LookUpOrder {
  OrderId order;
  BuyerId buyer;  // 0 = staff, any order; else "not found" unless it is his
};
struct LookUpPlace {  // his newest place, or no_place
  SaleNo sale;
  BuyerId buyer;
};
struct LookUpRegistration {  // found (`when`: since then) or not_found
  SaleNo sale;
  BuyerId buyer;
};
// The lobby's leaves (docs/line.md), which the published draw shows after the opening; at most
// kLeavesMax of them.
struct LobbyLeaves {
  SaleNo sale;
  std::uint32_t from = 1;
  std::uint32_t limit = 0;
};
inline constexpr std::uint32_t kLeavesMax = 10'000;
struct LookUpBuyer {  // everything that this buyer has in this sale
  SaleNo sale;
  BuyerId buyer;
};

}  // namespace command

using Command =
    std::variant<command::RequestHold, command::LeaveStandby, command::ReleaseHold,
                 command::ConfirmOrder, command::StartPayment, command::SettlePayment,
                 command::SettleRefund, command::RefundOrder, command::DefineSale,
                 command::ChangePhase, command::Restock, command::Reschedule, command::LookUpOrder,
                 command::LookUpBuyer, command::TakePlace, command::LeaveLine, command::ClaimPass,
                 command::Register, command::Unregister, command::SetLineRate, command::SetBeacon,
                 command::SetNotice, command::LookUpPlace, command::LookUpRegistration,
                 command::LobbyLeaves>;

}  // namespace onrush::sale
