#include "notify/mail_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/time.h"

namespace onrush::notify {

namespace {

using ports::MailKind;
using ports::OrderRow;

// ISO 4217 currencies whose minor unit is not a hundredth.
int decimals_of(std::string_view currency) {
  static constexpr std::array<std::string_view, 16> kNone{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                                          "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                                          "VND", "VUV", "XAF", "XOF"};
  static constexpr std::array<std::string_view, 7> kThree{"BHD", "IQD", "JOD", "KWD",
                                                          "LYD", "OMR", "TND"};
  const auto has = [&](const auto& list) {
    return std::find(list.begin(), list.end(), currency) != list.end();
  };
  if (has(kNone) || currency == "XPF") return 0;
  return has(kThree) ? 3 : 2;
}

// "2026-06-18 12:00:05 UTC"
std::string time_text(TimePoint at) {
  const std::string text = to_rfc3339(at);
  return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 8));
}

const std::string& title(const std::string& english, const std::string& chinese, bool is_chinese) {
  return is_chinese && !chinese.empty() ? chinese : english;
}

// One line an item: "- Power bank: no. 17, 18".
std::string item_lines(const OrderRow& order, bool chinese) {
  std::string lines;
  const std::string* last = nullptr;
  for (const auto& unit : order.units) {
    if (last != nullptr && *last == unit.item_key) {
      lines += fmt::format(", {}", unit.unit);
    } else {
      lines += fmt::format("{}- {}{}{}", last == nullptr ? "" : "\n",
                           title(unit.item_title, unit.item_title_zh, chinese),
                           chinese ? ":编号 " : ": no. ", unit.unit);
    }
    last = &unit.item_key;
  }
  return lines;
}

// Titles come from a merchant's file; a subject is one line.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

struct Facts {
  std::uint64_t id;
  std::string sale, items, amount;
  std::string deadline;  // or of a reminder the opening
  std::string link;
};

Facts facts_of(const OrderRow& order, bool chinese, std::string_view shop_url) {
  return {.id = order.order.value(),
          .sale = one_line(title(order.sale_title, order.sale_title_zh, chinese)),
          .items = item_lines(order, chinese),
          .amount = money_text(order.amount, order.currency),
          .deadline = time_text(order.deadline),
          .link = fmt::format("{}/order/{}", shop_url, order.order.value())};
}

Facts facts_of(const ports::OutboxMail::ReminderOf& reminder, bool chinese,
               std::string_view shop_url) {
  return {.id = reminder.registration,
          .sale = one_line(title(reminder.sale_title, reminder.sale_title_zh, chinese)),
          .items = {},
          .amount = {},
          .deadline = time_text(reminder.opens_at),
          .link = fmt::format("{}/s/{}", shop_url, reminder.sale_key)};
}

struct Words {
  std::string subject;
  std::string text;
};

Words english(MailKind kind, const Facts& f) {
  const std::string order = fmt::format("Order: {}\n{}\n", f.id, f.items);
  const std::string end = fmt::format("\nYour order: {}\n", f.link);
  switch (kind) {
    case MailKind::order_paid:
      return {fmt::format("Your order is confirmed: {}", f.sale),
              fmt::format("Thank you. Your order in \"{}\" is confirmed.\n\n{}Total: {}\n{}",
                          f.sale, order, f.amount, end)};
    case MailKind::standby_turn:
      return {fmt::format("It is your turn: {}", f.sale),
              fmt::format("Something came back in \"{}\", and it is held for you until {}.\n"
                          "After that it goes to the next person in line.\n\n{}Total: {}\n{}",
                          f.sale, f.deadline, order, f.amount, end)};
    case MailKind::sale_opens:
      return {fmt::format("It opens soon: {}", f.sale),
              fmt::format("You asked to be reminded: \"{}\" opens at {}.\n\nThe sale: {}\n", f.sale,
                          f.deadline, f.link)};
    case MailKind::order_refunded:
      return {fmt::format("Your refund: {}", f.sale),
              fmt::format("A payment for your order in \"{}\" has been refunded. Until it shows on "
                          "your account some days may pass.\n\n{}Amount: {}\n{}",
                          f.sale, order, f.amount, end)};
  }
  return {};
}

Words chinese(MailKind kind, const Facts& f) {
  const std::string order = fmt::format("订单号:{}\n{}\n", f.id, f.items);
  const std::string end = fmt::format("\n查看订单:{}\n", f.link);
  switch (kind) {
    case MailKind::order_paid:
      return {fmt::format("订单已确认:{}", f.sale),
              fmt::format("感谢您的购买。您在“{}”的订单已确认。\n\n{}合计:{}\n{}", f.sale, order,
                          f.amount, end)};
    case MailKind::standby_turn:
      return {
          fmt::format("轮到您了:{}", f.sale),
          fmt::format("“{}”有名额空出,已为您保留至 {}。\n逾期将让给下一位候补。\n\n{}合计:{}\n{}",
                      f.sale, f.deadline, order, f.amount, end)};
    case MailKind::sale_opens:
      return {fmt::format("即将开售:{}", f.sale),
              fmt::format("您登记了开售提醒:“{}”将于 {} 开售。\n\n前往活动页:{}\n", f.sale,
                          f.deadline, f.link)};
    case MailKind::order_refunded:
      return {fmt::format("退款通知:{}", f.sale),
              fmt::format("您在“{}”的订单的一笔付款已退款,到账可能需要几天时间。\n\n{}金额:{}\n{}",
                          f.sale, order, f.amount, end)};
  }
  return {};
}

std::string_view kind_name(MailKind kind) {
  switch (kind) {
    case MailKind::order_paid:
      return "paid";
    case MailKind::standby_turn:
      return "standby";
    case MailKind::order_refunded:
      return "refunded";
    case MailKind::sale_opens:
      return "opens";
  }
  return "mail";
}

// The host part of a URL; "onrush.invalid" if there is none.
std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find_first_of("/:?#"));
  constexpr std::string_view kHost =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  const bool good = !url.empty() && url.find_first_not_of(kHost) == std::string_view::npos;
  return good ? url : "onrush.invalid";
}

}  // namespace

std::string money_text(sale::Money amount, std::string_view currency) {
  const int decimals = decimals_of(currency);
  if (decimals == 0) return fmt::format("{} {}", amount.minor, currency);
  const std::int64_t unit = decimals == 3 ? 1'000 : 100;
  return fmt::format("{}.{:0{}} {}", amount.minor / unit, amount.minor % unit, decimals, currency);
}

ports::Mail render(const ports::OutboxMail& mail, std::string_view language,
                   std::string_view shop_url) {
  const bool is_chinese = language == "zh";
  const Facts facts = mail.kind == MailKind::sale_opens
                          ? facts_of(mail.reminder, is_chinese, shop_url)
                          : facts_of(mail.order, is_chinese, shop_url);
  Words words = is_chinese ? chinese(mail.kind, facts) : english(mail.kind, facts);
  ports::Mail out;
  out.subject = std::move(words.subject);
  out.text = std::move(words.text);
  out.message_id =
      fmt::format("onrush.{}.{}@{}", kind_name(mail.kind), facts.id, host_of(shop_url));
  return out;
}

}  // namespace onrush::notify
