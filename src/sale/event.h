// Events: what happened. The journal is a sequence of them, the state is their fold, and every
// listener (read model, push, mail) is fed by them. Their byte form is in event_codec.h and
// docs/journal_format.md.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/sha256.h"
#include "sale/ids.h"
#include "sale/phase.h"
#include "sale/rules.h"

namespace onrush::sale {

namespace event {

struct SaleDefined {  // first definition, or a redefinition of the same number
  SaleNo sale;
  RulesPtr rules;
  std::string actor;
};
struct PhaseChanged {
  SaleNo sale;
  Phase from;
  Phase to;
  PhaseReason reason;
  std::string actor;  // "" unless staff
  std::string note;
};
struct Restocked {  // units N+1..N+count are new and free
  SaleNo sale;
  ItemNo item;
  std::uint32_t count = 0;
  std::string actor;
};
struct Rescheduled {
  SaleNo sale;
  TimePoint lobby_at;
  TimePoint opens_at;
  TimePoint closes_at;
  std::string actor;
};
struct HoldGranted {  // free → held
  SaleNo sale;
  OrderId order;
  BuyerId buyer;
  StandbyId standby;      // the entry that it answers, 0 = asked for directly
  std::uint64_t key = 0;  // idempotency key hash, 0 = none
  TimePoint deadline;
  Money amount;
  Units units;
};
enum class HoldEnd : std::uint8_t { expired, released, declined, cancelled };
struct HoldEnded {  // held → free
  SaleNo sale;
  OrderId order;
  BuyerId buyer;
  HoldEnd how;
};
struct OrderConfirmed {  // held → paid, without money
  SaleNo sale;
  OrderId order;
  BuyerId buyer;
  std::string actor;  // staff, or "" for the buyer
};
struct StandbyJoined {
  SaleNo sale;
  StandbyId standby;
  BuyerId buyer;
  std::uint64_t key = 0;
  Lines lines;
};
enum class StandbyEnd : std::uint8_t {
  left,           // by the buyer's wish
  unsatisfiable,  // fewer units can ever come back than this entry wants
  sold_out,       // everything is paid for
  closed,         // the sale closed or was cancelled
};
struct StandbyLeft {
  SaleNo sale;
  StandbyId standby;
  BuyerId buyer;
  StandbyEnd how;
};
struct PaymentStarted {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
  Money amount;
};
struct PaymentDeclined {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
};
struct PaymentUnknown {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
};
// Where captured money went. Every captured payment is in exactly one of these at any time.
enum class MoneyUse : std::uint8_t { fulfilled, standby, refund };
struct PaymentCaptured {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
  Money amount;
  MoneyUse use;
  Units units;  // fulfilled late: the units granted anew; else empty
};
struct LateOrderFulfilled {  // paid_standby → paid
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
  Units units;
};
enum class RefundReason : std::uint8_t {
  late,             // the units were gone
  duplicate,        // the order was already paid by another payment
  amount_mismatch,  // not what was asked for
  staff,
  cancelled,     // the sale was cancelled
  no_unit_left,  // paid standby, and the sale settled
};
struct RefundDue {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
  Money amount;
  RefundReason reason;
};
struct RefundSettled {
  SaleNo sale;
  PaymentId payment;
  OrderId order;
  BuyerId buyer;
  Money amount;
};
struct OrderRefunded {  // paid → free; the RefundDue of its money, if there was any, follows
  SaleNo sale;
  OrderId order;
  BuyerId buyer;
  std::string actor;
  std::string reason;
};
// --- the line (docs/line.md). Entries and numbers count from 1.
struct PlaceTaken {
  SaleNo sale;
  BuyerId buyer;
  std::uint32_t entry = 0;
};
struct PlaceLeft {
  SaleNo sale;
  BuyerId buyer;
  std::uint32_t entry = 0;
};
struct DrawRevealed {  // right behind the PhaseChanged of the first opening
  SaleNo sale;
  std::uint32_t entries = 0;  // who draws: the entries 1..entries
  Digest lobby_digest{};
  std::string beacon;  // "" = none was set
  Digest seed{};
};
struct LineCalled {  // all numbers up to this one may claim their pass
  SaleNo sale;
  std::uint32_t serving = 0;
};
struct PassClaimed {
  SaleNo sale;
  BuyerId buyer;
  std::uint32_t number = 0;
  TimePoint expires_at;
};
struct Registered {
  SaleNo sale;
  BuyerId buyer;
};
struct Unregistered {
  SaleNo sale;
  BuyerId buyer;
};
struct LineRateSet {
  SaleNo sale;
  std::uint32_t rate = 0;
  std::string actor;
};
struct BeaconSet {
  SaleNo sale;
  std::string value;
  std::string actor;
};
struct NoticeSet {
  SaleNo sale;
  Text notice;
  std::string actor;
};

}  // namespace event

// Stored in journals by index: append only, never reorder.
using Event =
    std::variant<event::SaleDefined, event::PhaseChanged, event::Restocked, event::Rescheduled,
                 event::HoldGranted, event::HoldEnded, event::OrderConfirmed, event::StandbyJoined,
                 event::StandbyLeft, event::PaymentStarted, event::PaymentDeclined,
                 event::PaymentUnknown, event::PaymentCaptured, event::LateOrderFulfilled,
                 event::RefundDue, event::RefundSettled, event::OrderRefunded, event::PlaceTaken,
                 event::PlaceLeft, event::DrawRevealed, event::LineCalled, event::PassClaimed,
                 event::Registered, event::Unregistered, event::LineRateSet, event::BeaconSet,
                 event::NoticeSet>;

}  // namespace onrush::sale
