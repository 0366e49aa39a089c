// The rules of a sale: what a sale file says, checked, in the machine's own types. Immutable once
// shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sale/ids.h"

namespace onrush::sale {

// Text in the two languages of the pages; `zh` may be empty, then `en` is shown.
struct Text {
  std::string en;
  std::string zh;
  friend bool operator==(const Text&, const Text&) = default;
};

struct ItemRules {
  std::string key;  // [a-z0-9-]{1,64}, unique in the sale; the item's id in the API
  Text title;
  Text description;
  std::string image_url;        // "" or an https/relative URL
  std::uint32_t stock = 0;      // N at definition, 1..10,000,000
  Money price;                  // per unit
  std::uint16_t per_buyer = 1;  // units of this item one buyer may have, 1..kUnitsPerOrderMax
  std::uint32_t standby_capacity = 0;  // entries that may wait for this item; 0 = standby off
  friend bool operator==(const ItemRules&, const ItemRules&) = default;
};

// What happens to money that is captured when the order no longer holds its units.
enum class LateMoney : std::uint8_t {
  refund,              // always give it back
  regrant_or_refund,   // free units if nobody waits for them, else give it back
  regrant_or_standby,  // free units if nobody waits for them, else first in the standby line, paid
};

enum class PaymentMode : std::uint8_t {
  provider,      // an order is paid by a captured payment
  confirmation,  // an order is booked by the buyer's confirmation; no money moves here
};

// The waiting line in front of the stock (docs/line.md).
enum class LineMode : std::uint8_t {
  off,
  fifo,  // first come, first served
  draw,  // who is there before the opening draws lots at the opening; then first come, first served
};

// Of a draw sale: what the operator commits to (by its SHA-256) when the sale is announced, and
// shows at the opening. All zero: none. Not in the sale file; whoever applies the file fills it in.
using DrawSecret = std::array<std::byte, 32>;

struct LineRules {
  LineMode mode = LineMode::off;
  std::uint32_t rate = 50;             // passes a second that are aimed at; staff may change it
  std::uint32_t active_max = 1'000;    // passes claimed and neither used nor lapsed, at most
  Millis pass{120'000};                // life of a pass
  Millis claim{30'000};                // a called place is expected to be claimed within this
  std::uint32_t capacity = 1'000'000;  // places issued in all
  DrawSecret draw_secret{};
  [[nodiscard]] bool on() const { return mode != LineMode::off; }
  friend bool operator==(const LineRules&, const LineRules&) = default;
};

enum class RegistrationMode : std::uint8_t {
  off,
  optional,  // buyers may register before the opening, to be reminded
  required,  // and only those may take a place or ask for a hold
};

// Each buyer may ask in a pseudorandom part of all time slots only.
struct FilterRules {
  std::uint32_t ratio_ppm = 0;  // millionths of the slots, 1'000..1'000'000; 0: off
  Millis slot{1'000};           // length of a time slot, 100 ms..1 h
  [[nodiscard]] bool on() const { return ratio_ppm != 0; }
  friend bool operator==(const FilterRules&, const FilterRules&) = default;
};

struct QuestionRules {
  Text question;
  std::vector<std::string> answers;  // 1..20, any of which is right
  friend bool operator==(const QuestionRules&, const QuestionRules&) = default;
};

// A leaky bucket in front of the stock, for all hold requests of the sale together.
struct BucketRules {
  std::uint32_t rate = 0;      // requests a second that it lets through; 0: off
  std::uint32_t capacity = 0;  // requests that it takes at once
  [[nodiscard]] bool on() const { return rate != 0; }
  friend bool operator==(const BucketRules&, const BucketRules&) = default;
};

// Who may ask for a hold at all.
struct AdmissionRules {
  // Names of client programs, e.g. "web", "app", each [a-z0-9-]{1,32}; none: all may.
  std::vector<std::string> channels{};
  // For those who come by another: "" or an https/relative URL.
  std::string download_url{}, register_url{};
  RegistrationMode registration = RegistrationMode::off;
  FilterRules filter{};
  std::vector<QuestionRules> questions{};  // the pool, up to 1,000; none: no question
  std::uint16_t question_tries = 3;        // wrong answers of a buyer, then a cool-down of …
  Millis question_retry{60'000};
  std::uint32_t proof_of_work_max = 0;  // the largest number to be found (ALTCHA); 0: off
  bool purchase_path = false;           // holds go to a path that each buyer is told of
  bool script_score = false;            // suspicious clients get a harder challenge
  BucketRules bucket{};
  friend bool operator==(const AdmissionRules&, const AdmissionRules&) = default;
};

struct SaleRules {
  std::string key;  // [a-z0-9-]{1,64}, unique; the sale's id in the API
  Text title;
  Text description;
  std::string currency = "EUR";  // ISO 4217
  TimePoint lobby_at;            // <= opens_at
  TimePoint opens_at;
  TimePoint closes_at;          // > opens_at
  Millis hold{600'000};         // how long a granted unit is held: 1 s..24 h
  std::uint16_t per_buyer = 1;  // units one buyer may have in the whole sale
  std::uint16_t orders_per_buyer =
      20;  // orders a buyer may start in the sale, lapsed ones included
  LateMoney late_money = LateMoney::regrant_or_refund;
  bool decline_ends_hold = true;  // false: the buyer may try another payment until the deadline
  PaymentMode payment = PaymentMode::provider;
  std::vector<ItemRules> items;  // 1..1,000
  AdmissionRules admission;
  LineRules line;
  friend bool operator==(const SaleRules&, const SaleRules&) = default;
};

using RulesPtr = std::shared_ptr<const SaleRules>;

}  // namespace onrush::sale
