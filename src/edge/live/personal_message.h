// Which message, if any, an event is to one buyer.
#pragma once

#include <optional>
#include <string_view>

#include "sale/event.h"
#include "sale/outcome.h"

namespace onrush::live {

struct PersonalNews {
  sale::SaleNo sale;
  sale::BuyerId buyer;
  std::string_view cause;  // of an `order` message; "" for `standby_left`
  sale::OrderId order;
  std::optional<sale::OrderView> view;  // the whole order, if the event tells it; else look it up
  sale::StandbyId standby;              // standby_left
  std::string_view how;                 // standby_left
};

// The buyer of an event and nothing for events that are nobody's. Cheap: decides whether to copy
// it.
[[nodiscard]] std::optional<sale::BuyerId> buyer_of(const sale::Event& event);
// Nothing for events that change nothing a buyer sees (a payment was started: he did it himself).
[[nodiscard]] std::optional<PersonalNews> news_of(const sale::Event& event, TimePoint at);
// Events after which the live document of the sale may read differently.
[[nodiscard]] std::optional<sale::SaleNo> changed_sale(const sale::Event& event);

}  // namespace onrush::live
