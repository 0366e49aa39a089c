// Sales and commands for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "sale/command.h"

namespace onrush::testing {

struct SaleShape {
  std::string key = "demo";
  std::uint32_t stock = 10;
  std::uint32_t standby = 0;
  std::uint16_t per_buyer = 1;
  std::uint16_t items = 1;
  Millis hold{60'000};
  sale::PaymentMode payment = sale::PaymentMode::confirmation;
  sale::LateMoney late_money = sale::LateMoney::regrant_or_refund;
  sale::LineRules line{};
  Millis lobby{0};  // before the opening
};

// A sale that opens at `opens_at` for a day.
[[nodiscard]] inline sale::RulesPtr make_rules(const SaleShape& shape, TimePoint opens_at) {
  auto rules = std::make_shared<sale::SaleRules>();
  rules->key = shape.key;
  rules->title.en = "A sale";
  rules->lobby_at = opens_at - shape.lobby;
  rules->opens_at = opens_at;
  rules->closes_at = opens_at + std::chrono::hours(24);
  rules->hold = shape.hold;
  rules->per_buyer = static_cast<std::uint16_t>(shape.per_buyer * shape.items);
  rules->payment = shape.payment;
  rules->late_money = shape.late_money;
  rules->line = shape.line;
  for (std::uint16_t i = 0; i < shape.items; ++i) {
    sale::ItemRules item;
    item.key = "item-" + std::to_string(i);
    item.title.en = "An item";
    item.stock = shape.stock;
    item.price = {1'000};
    item.per_buyer = shape.per_buyer;
    item.standby_capacity = shape.standby;
    rules->items.push_back(std::move(item));
  }
  return rules;
}

[[nodiscard]] inline sale::command::RequestHold hold_request(sale::SaleNo sale, std::uint64_t buyer,
                                                             std::uint64_t key = 0,
                                                             std::uint16_t quantity = 1,
                                                             std::uint16_t item = 0) {
  sale::command::RequestHold request;
  request.sale = sale;
  request.buyer = sale::BuyerId(buyer);
  request.lines.push_back({sale::ItemNo(item), quantity});
  request.key = key;
  return request;
}

}  // namespace onrush::testing
