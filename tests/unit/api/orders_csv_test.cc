// Orders as a spreadsheet file.
#include "edge/api/orders_csv.h"

#include <gtest/gtest.h>

namespace onrush::api {
namespace {

std::string field(std::string_view text) {
  std::string out;
  append_csv_field(out, text);
  return out;
}

TEST(OrdersCsv, fields_are_quoted_where_they_must_be) {
  EXPECT_EQ(field(""), "");
  EXPECT_EQ(field("plain text"), "plain text");
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(field("two\r\nlines"), "\"two\r\nlines\"");
}

TEST(OrdersCsv, nothing_runs_as_a_formula) {
  for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"})
    EXPECT_EQ(field(text), "\"'" + std::string(text) + "\"");
  EXPECT_EQ(field("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
  EXPECT_EQ(field("a=1"), "a=1");
}

TEST(OrdersCsv, each_order_is_one_line) {
  ports::OrderRow row;
  row.order = sale::OrderId{77};
  row.sale_key = "-odd";
  row.sale_title = "Summer, \"618\"";
  row.buyer = sale::BuyerId{42};
  row.state = sale::OrderState::paid;
  row.created_at = from_millis(0);
  row.updated_at = from_millis(1);
  row.deadline = from_millis(2);
  row.amount.minor = 9'900;
  row.currency = "CNY";
  row.units = {{"bank", "Bank", 3, ""}, {"bank", "Bank", 4, ""}, {"phone", "Phone", 1, ""}};
  std::string out = csv_head();
  append_csv(out, {row});
  EXPECT_EQ(out,
            "\xEF\xBB\xBForder,sale,sale_title,state,buyer,created_at,updated_at,deadline,"
            "amount_minor,currency,quantity,items,units\r\n"
            "77,\"'-odd\",\"Summer, \"\"618\"\"\",paid,42,1970-01-01T00:00:00.000Z,"
            "1970-01-01T00:00:00.001Z,1970-01-01T00:00:00.002Z,9900,CNY,3,bank; phone,"
            "bank #3; bank #4; phone #1\r\n");
}

}  // namespace
}  // namespace onrush::api
