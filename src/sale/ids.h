// The domain's identifiers and small values. See docs/glossary in domain terms: one word, one
// concept.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <compare>
#include <cstdint>

#include "base/strong_id.h"
#include "base/time.h"

namespace onrush::sale {

using SaleNo = StrongId<struct SaleNoTag, std::uint32_t>;    // 1, 2, … in order of definition
using ItemNo = StrongId<struct ItemNoTag, std::uint16_t>;    // 0-based index into SaleRules::items
using UnitNo = StrongId<struct UnitNoTag, std::uint32_t>;    // 1..N within an item
using BuyerId = StrongId<struct BuyerIdTag, std::uint64_t>;  // an account; 0 is nobody
using OrderId =
    StrongId<struct OrderIdTag, std::uint64_t>;  // snowflake; also the hold's id; 0 is none
using StandbyId = StrongId<struct StandbyIdTag, std::uint64_t>;  // snowflake; 0 is none
using PaymentId = StrongId<struct PaymentIdTag, std::uint64_t>;  // snowflake; 0 is none

// An amount in minor units (cents, fen) of the sale's currency. Never negative in stored state.
struct Money {
  std::int64_t minor = 0;
  friend constexpr auto operator<=>(Money, Money) = default;
  friend constexpr Money operator+(Money a, Money b) { return {a.minor + b.minor}; }
  friend constexpr Money operator-(Money a, Money b) { return {a.minor - b.minor}; }
  friend constexpr Money operator*(Money a, std::int64_t n) { return {a.minor * n}; }
  constexpr Money& operator+=(Money b) { return minor += b.minor, *this; }
  constexpr Money& operator-=(Money b) { return minor -= b.minor, *this; }
};

struct UnitRef {
  ItemNo item;
  UnitNo unit;
  friend constexpr auto operator<=>(UnitRef, UnitRef) = default;
};
using Units = boost::container::small_vector<UnitRef, 4>;

// One line of a hold request. A request with several lines is a bundle: all of it or nothing.
struct Line {
  ItemNo item;
  std::uint16_t quantity = 0;
  friend constexpr auto operator<=>(Line, Line) = default;
};
inline constexpr std::size_t kLinesMax = 8;
inline constexpr std::size_t kUnitsPerOrderMax = 100;
using Lines = boost::container::static_vector<Line, kLinesMax>;

}  // namespace onrush::sale
