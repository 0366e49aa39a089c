#include "notify/mail_text.h"

#include <gtest/gtest.h>

namespace onrush::notify {
namespace {

ports::OutboxMail example(ports::MailKind kind) {
  ports::OutboxMail mail;
  mail.kind = kind;
  mail.order.order = sale::OrderId{7'312};
  mail.order.sale_title = "Mid-year sale";
  mail.order.sale_title_zh = "年中大促";
  mail.order.amount = sale::Money{19'805};
  mail.order.currency = "CNY";
  mail.order.deadline = from_millis(1'790'000'000'250);
  mail.order.units = {{"power-bank", "Power bank", 17, "充电宝"},
                      {"power-bank", "Power bank", 18, "充电宝"},
                      {"cable", "Cable", 3, ""}};
  return mail;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(MailText, says_what_was_bought_for_how_much_and_where_to_look) {
  const auto mail = render(example(ports::MailKind::order_paid), "en", "https://shop.example.com");
  EXPECT_EQ(mail.subject, "Your order is confirmed: Mid-year sale");
  EXPECT_TRUE(has(mail.text, "Order: 7312\n")) << mail.text;
  EXPECT_TRUE(has(mail.text, "- Power bank: no. 17, 18\n- Cable: no. 3\n")) << mail.text;
  EXPECT_TRUE(has(mail.text, "Total: 198.05 CNY\n")) << mail.text;
  EXPECT_TRUE(has(mail.text, "https://shop.example.com/order/7312\n")) << mail.text;
}

TEST(MailText, speaks_chinese_and_falls_back_to_english_titles) {
  const auto mail = render(example(ports::MailKind::order_paid), "zh", "https://shop.example.com");
  EXPECT_TRUE(has(mail.subject, "年中大促"));
  EXPECT_TRUE(has(mail.text, "充电宝:编号 17, 18")) << mail.text;
  EXPECT_TRUE(has(mail.text, "Cable:编号 3")) << mail.text;
}

TEST(MailText, an_offer_says_until_when) {
  const auto mail =
      render(example(ports::MailKind::standby_turn), "en", "https://shop.example.com");
  EXPECT_TRUE(has(mail.text, "until 2026-09-21 14:13:20 UTC")) << mail.text;
}

TEST(MailText, a_reminder_says_when_and_links_to_the_sale) {
  ports::OutboxMail mail;
  mail.kind = ports::MailKind::sale_opens;
  mail.reminder = {9, "618", "Mid-year sale", "年中大促", from_millis(1'790'000'000'250), {}, {}};
  const auto english = render(mail, "en", "https://shop.example.com");
  EXPECT_EQ(english.subject, "It opens soon: Mid-year sale");
  EXPECT_TRUE(has(english.text, "2026-09-21 14:13:20 UTC")) << english.text;
  EXPECT_TRUE(has(english.text, "https://shop.example.com/s/618\n")) << english.text;
  EXPECT_EQ(english.message_id, "onrush.opens.9@shop.example.com");
  const auto chinese = render(mail, "zh", "https://shop.example.com");
  EXPECT_TRUE(has(chinese.subject, "年中大促")) << chinese.subject;
}

TEST(MailText, ids_differ_by_order_and_kind_and_not_by_language) {
  const std::string url = "https://shop.example.com:8080/x";
  const auto paid = render(example(ports::MailKind::order_paid), "en", url).message_id;
  EXPECT_EQ(paid, "onrush.paid.7312@shop.example.com");
  EXPECT_EQ(paid, render(example(ports::MailKind::order_paid), "zh", url).message_id);
  EXPECT_NE(paid, render(example(ports::MailKind::order_refunded), "en", url).message_id);
  EXPECT_EQ(render(example(ports::MailKind::order_paid), "en", "").message_id,
            "onrush.paid.7312@onrush.invalid");
}

TEST(MailText, a_title_cannot_break_the_subject_line) {
  auto broken = example(ports::MailKind::order_paid);
  broken.order.sale_title = "Sale\r\nBcc: eve@example.com";
  EXPECT_EQ(render(broken, "en", "").subject.find_first_of("\r\n"), std::string::npos);
}

TEST(MailText, money_has_the_decimals_of_its_currency) {
  EXPECT_EQ(money_text(sale::Money{9'900}, "CNY"), "99.00 CNY");
  EXPECT_EQ(money_text(sale::Money{5}, "EUR"), "0.05 EUR");
  EXPECT_EQ(money_text(sale::Money{9'900}, "JPY"), "9900 JPY");
  EXPECT_EQ(money_text(sale::Money{1'005}, "KWD"), "1.005 KWD");
}

}  // namespace
}  // namespace onrush::notify
