#include "edge/api/orders_csv.h"

#include <fmt/format.h>

#include <iterator>

#include "base/time.h"
#include "sale/records.h"

namespace onrush::api {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kColumns =
    "order,sale,sale_title,state,buyer,created_at,updated_at,deadline,amount_minor,currency,"
    "quantity,items,units";

// "power-bank; power-bank; phone" has each item once: "power-bank; phone".
std::string items_of(const ports::OrderRow& row) {
  std::string text;
  std::string_view last;
  for (const auto& unit : row.units) {  // by item, then unit
    if (unit.item_key == last) continue;
    last = unit.item_key;
    if (!text.empty()) text += "; ";
    text += unit.item_key;
  }
  return text;
}

std::string units_of(const ports::OrderRow& row) {
  std::string text;
  for (const auto& unit : row.units) {
    fmt::format_to(std::back_inserter(text), "{}{} #{}", text.empty() ? "" : "; ", unit.item_key,
                   unit.unit);
  }
  return text;
}

}  // namespace

std::string csv_head() {
  return std::string(kByteOrderMark).append(kColumns).append("\r\n");
}

void append_csv_field(std::string& out, std::string_view text) {
  const bool formula =
      !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
  if (text.find_first_of("\",\r\n") == std::string_view::npos && !formula) {
    out.append(text);
    return;
  }
  out.push_back('"');
  if (formula) out.push_back('\'');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_csv(std::string& out, const std::vector<ports::OrderRow>& rows) {
  const auto to = std::back_inserter(out);
  for (const auto& row : rows) {
    fmt::format_to(to, "{},", row.order.value());
    append_csv_field(out, row.sale_key);
    out.push_back(',');
    append_csv_field(out, row.sale_title);
    fmt::format_to(to, ",{},{},{},{},{},{},", sale::to_string(row.state), row.buyer.value(),
                   to_rfc3339(row.created_at), to_rfc3339(row.updated_at), to_rfc3339(row.deadline),
                   row.amount.minor);
    append_csv_field(out, row.currency);
    fmt::format_to(to, ",{},", row.units.size());
    append_csv_field(out, items_of(row));
    out.push_back(',');
    append_csv_field(out, units_of(row));
    out.append("\r\n");
  }
}

}  // namespace onrush::api
