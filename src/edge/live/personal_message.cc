#include "edge/live/personal_message.h"

namespace onrush::live {
namespace {

namespace event = sale::event;

std::string_view cause_of(event::HoldEnd how) {
  switch (how) {
    case event::HoldEnd::expired:
      return "expired";
    case event::HoldEnd::released:
      return "released";
    case event::HoldEnd::declined:
      return "declined";
    case event::HoldEnd::cancelled:
      return "released";
  }
  return "";
}

std::string_view text_of(event::StandbyEnd how) {
  switch (how) {
    case event::StandbyEnd::left:
      return "left";
    case event::StandbyEnd::unsatisfiable:
      return "unsatisfiable";
    case event::StandbyEnd::sold_out:
      return "sold_out";
    case event::StandbyEnd::closed:
      return "closed";
  }
  return "";
}

template <class E>
PersonalNews order_news(const E& e, std::string_view cause) {
  PersonalNews news;
  news.sale = e.sale;
  news.buyer = e.buyer;
  news.order = e.order;
  news.cause = cause;
  return news;
}

struct News {
  TimePoint at;

  std::optional<PersonalNews> operator()(const event::HoldGranted& e) const {
    PersonalNews news = order_news(e, e.standby == sale::StandbyId{} ? "granted" : "standby_turn");
    sale::OrderView view;
    view.order = e.order;
    view.sale = e.sale;
    view.granted_at = at;
    view.deadline = e.deadline;
    view.amount = e.amount;
    view.units = e.units;
    news.view = std::move(view);
    return news;
  }
  std::optional<PersonalNews> operator()(const event::HoldEnded& e) const {
    return order_news(e, cause_of(e.how));
  }
  std::optional<PersonalNews> operator()(const event::OrderConfirmed& e) const {
    return order_news(e, "confirmed");
  }
  std::optional<PersonalNews> operator()(const event::PaymentDeclined& e) const {
    return order_news(e, "payment_declined");
  }
  std::optional<PersonalNews> operator()(const event::PaymentUnknown& e) const {
    return order_news(e, "payment_unknown");
  }
  std::optional<PersonalNews> operator()(const event::PaymentCaptured& e) const {
    switch (e.use) {
      case event::MoneyUse::fulfilled:
        return order_news(e, e.units.empty() ? "paid" : "late_paid");
      case event::MoneyUse::standby:
        return order_news(e, "late_paid");
      case event::MoneyUse::refund:
        return std::nullopt;  // the RefundDue that follows tells it
    }
    return std::nullopt;
  }
  std::optional<PersonalNews> operator()(const event::LateOrderFulfilled& e) const {
    return order_news(e, "late_paid");
  }
  std::optional<PersonalNews> operator()(const event::RefundDue& e) const {
    return order_news(e, "refunded");
  }
  std::optional<PersonalNews> operator()(const event::RefundSettled& e) const {
    return order_news(e, "refunded");
  }
  std::optional<PersonalNews> operator()(const event::OrderRefunded& e) const {
    return order_news(e, "refunded");
  }
  std::optional<PersonalNews> operator()(const event::StandbyLeft& e) const {
    PersonalNews news;
    news.sale = e.sale;
    news.buyer = e.buyer;
    news.standby = e.standby;
    news.how = text_of(e.how);
    return news;
  }
  template <class Other>
  std::optional<PersonalNews> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<sale::BuyerId> buyer_of(const sale::Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<sale::BuyerId> {
        using E = std::decay_t<decltype(e)>;
        // What happens in the line is in the document that everybody gets: his number is told to a
        // buyer once, and he compares.
        constexpr bool kOfTheLine =
            std::is_same_v<E, event::PlaceTaken> || std::is_same_v<E, event::PlaceLeft> ||
            std::is_same_v<E, event::PassClaimed> || std::is_same_v<E, event::Registered> ||
            std::is_same_v<E, event::Unregistered>;
        if constexpr (requires { e.buyer; } && !kOfTheLine) {
          return e.buyer;
        } else {
          return std::nullopt;
        }
      },
      event);
}

std::optional<PersonalNews> news_of(const sale::Event& event, TimePoint at) {
  return std::visit(News{at}, event);
}

std::optional<sale::SaleNo> changed_sale(const sale::Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<sale::SaleNo> {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, event::PaymentStarted> ||
                      std::is_same_v<E, event::PaymentUnknown> ||
                      std::is_same_v<E, event::RefundDue> ||
                      std::is_same_v<E, event::RefundSettled>) {
          return std::nullopt;
        } else {
          return e.sale;
        }
      },
      event);
}

}  // namespace onrush::live
