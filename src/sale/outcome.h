// What a command answers. A business outcome is a plain value; switches over Verdict are
// exhaustive.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sale/ids.h"
#include "sale/phase.h"

namespace onrush::sale {

enum class Verdict : std::uint8_t {
  // Hold requests.
  granted,        // order is set
  standby,        // standby is set: waiting in line
  sold_out,       // may_return: units still held by others
  limit_reached,  // order is set where the buyer has one, else the count of orders is used up
  not_open,       // when = opens_at
  paused,
  closed,
  busy,                   // given by the engine: the intake queue is full
  key_conflict,           // the idempotency key was used with other lines
  pass_required,          // the sale's line is on, and the buyer has no live pass
  registration_required,  // only registered buyers may take part; also of TakePlace
  // The line.
  place,          // place is set
  pass,           // pass and place are set
  not_your_turn,  // place is set: not called yet, or as many passes as allowed are out
  line_full,      // no more places are issued
  line_off,       // the sale has no line
  no_place,       // the buyer has no place in the line
  // Everything else.
  done,            // the act took effect, or had already (repeated = true)
  found,           // queries
  not_found,       // no such thing, or not this buyer's
  wrong_state,     // the order or sale is not in a state that allows this; order/phase say which
  payment_needed,  // ConfirmOrder by a buyer in a sale that takes payments
  invalid,         // the command contradicts the rules of the sale; message says why
  unavailable,     // given by the engine: it is stopping, or the disk refuses
};

struct OrderView {
  OrderId order;
  SaleNo sale;
  BuyerId buyer;
  OrderState state = OrderState::awaiting_payment;
  TimePoint granted_at;
  TimePoint deadline;  // of the hold; meaningful while awaiting_payment
  Money amount;
  PaymentId payment;                                   // the latest attempt, 0 = none
  PaymentState payment_state = PaymentState::started;  // meaningful if payment is set
  Units units;                                         // what the order has or had
};

struct StandbyView {
  StandbyId standby;
  Lines lines;
  std::uint32_t position = 0;  // 1 = next in line (the worst of its items' lines)
};

// Everything a buyer has in one sale, newest first.
struct BuyerView {
  std::vector<OrderView> orders;
  std::vector<StandbyView> standby;
};

enum class PlaceState : std::uint8_t {
  lobby,    // before the opening; in a draw sale not drawn yet
  waiting,  // its number has not been called
  called,   // its pass may be claimed, also late and, if it lapsed, again
  claimed,  // it has a live pass
  used,     // its pass was used by a hold or a standby entry
  left,     // the buyer left the line
};

struct PlaceView {
  std::uint32_t entry = 0;    // 1.., in the order of coming; 0: not set
  std::uint32_t number = 0;   // the place in line; 0 = not drawn yet
  std::uint32_t serving = 0;  // the highest number called
  std::uint32_t ahead = 0;    // numbers to be called before this one
  PlaceState state = PlaceState::lobby;
  TimePoint pass_expires_at{};  // claimed: of the live pass
};

struct PassView {
  std::uint32_t number = 0;  // 0: not set
  TimePoint expires_at{};
};

// Leaves of lobby entries, docs/line.md.
struct LeavesView {
  std::uint32_t from = 1;
  std::vector<std::array<std::byte, 16>> leaves;
};

struct Outcome {
  Verdict verdict = Verdict::done;
  bool repeated = false;  // an earlier answer given again; nothing new was decided
  Phase phase = Phase::draft;
  std::uint32_t may_return = 0;
  SaleNo sale;                       // DefineSale
  TimePoint when{};                  // not_open: opens_at, of TakePlace and Register when they may
                                     // begin; registrations: since when
  OrderView order;                   // valid if order.order is set
  StandbyView standby;               // valid if standby.standby is set
  PaymentId payment;                 // StartPayment
  std::shared_ptr<BuyerView> buyer;  // LookUpBuyer
  PlaceView place;                   // valid if place.entry is set
  PassView pass;                     // valid if pass.number is set
  std::shared_ptr<LeavesView> leaves;  // LobbyLeaves
  std::string message;                 // invalid, wrong_state: why, in one English sentence
};

[[nodiscard]] std::string_view to_string(Verdict);
[[nodiscard]] std::string_view to_string(PlaceState);

}  // namespace onrush::sale
