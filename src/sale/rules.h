// The rules of a sale: what a sale file says, checked, in the machine's own types. Immutable once
// shared.
#pragma once

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

// Who may ask for a hold at all.
struct AdmissionRules {
  // Names of client programs, e.g. "web", "app", each [a-z0-9-]{1,32}; none: all may.
  std::vector<std::string> channels;
  // For those who come by another: "" or an https/relative URL.
  std::string download_url, register_url;
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
  friend bool operator==(const SaleRules&, const SaleRules&) = default;
};

using RulesPtr = std::shared_ptr<const SaleRules>;

}  // namespace onrush::sale
