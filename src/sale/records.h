// The records of orders, payments and standby entries: compact, because there may be ten million of
// each. They refer to each other by index; kNone is "none". docs/memory.md counts their bytes.
#pragma once

#include <cstdint>

#include "sale/ids.h"
#include "sale/phase.h"

namespace onrush::sale {

using Index = std::uint32_t;
inline constexpr Index kNone = 0xffffffff;

struct Order {
  std::uint64_t id = 0;
  std::uint64_t buyer = 0;
  std::uint64_t key = 0;
  std::int64_t deadline = 0;  // ms; the grant was SaleRules::hold before
  std::int64_t amount = 0;
  std::uint32_t sale = 0;
  Index older_of_buyer = kNone;
  Index next_in_sale = kNone;
  Index payment = kNone;  // the latest attempt
  std::uint32_t units =
      0;  // the unit's number if there is one, else where its units start in the pool
  std::uint16_t item = 0;  // of the first unit
  std::uint8_t unit_count = 0;
  OrderState state = OrderState::awaiting_payment;
};
static_assert(sizeof(Order) == 64, "docs/memory.md says so");

// Where the captured money of a payment is.
enum class MoneyAt : std::uint8_t { nowhere, fulfilled, standby, refund };

struct Payment {
  std::uint64_t id = 0;
  std::int64_t captured = 0;
  Index order = kNone;
  Index older_of_order = kNone;
  PaymentState state = PaymentState::started;
  MoneyAt money = MoneyAt::nowhere;
};
static_assert(sizeof(Payment) == 32, "docs/memory.md says so");

enum class EntryState : std::uint8_t { waiting, served, left, unsatisfiable, sold_out, closed };

struct StandbyEntry {
  std::uint64_t id = 0;
  std::uint64_t buyer = 0;
  std::uint64_t key = 0;
  std::uint32_t sale = 0;
  Index older_of_buyer = kNone;
  std::uint32_t slot = 0;  // in its item's line; with several lines: where they start in the pool
  std::uint16_t item = 0;  // of the only line
  std::uint16_t quantity = 0;  // of the only line
  std::uint8_t line_count = 0;
  EntryState state = EntryState::waiting;
};
static_assert(sizeof(StandbyEntry) == 48, "docs/memory.md says so");

struct EntryLine {
  std::uint16_t item = 0;
  std::uint16_t quantity = 0;
  std::uint32_t slot = 0;
};

struct PackedUnit {
  std::uint32_t unit = 0;
  std::uint16_t item = 0;
};

}  // namespace onrush::sale
