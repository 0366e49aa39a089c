#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

#include "auditor/audit.h"

namespace onrush::auditor {
namespace {

namespace json = boost::json;

std::string amount(std::int64_t minor, const std::string& currency) {
  return fmt::format("{} {}", minor, currency);
}

json::object sale_json(const SaleTotals& s) {
  json::array items;
  for (const ItemTotals& i : s.items) {
    items.push_back(json::object{{"item", i.item},
                                 {"stock", i.stock},
                                 {"free", i.free},
                                 {"held", i.held},
                                 {"paid", i.paid},
                                 {"standby", i.standby}});
  }
  const OrderTotals& o = s.orders;
  const MoneySums& m = s.money;
  json::object out{{"sale", s.sale},
                   {"phase", s.phase},
                   {"reason", s.reason},
                   {"items", std::move(items)},
                   {"orders", json::object{{"awaiting_payment", o.awaiting_payment},
                                           {"paid", o.paid},
                                           {"paid_standby", o.paid_standby},
                                           {"refunded", o.refunded},
                                           {"expired", o.expired},
                                           {"released", o.released},
                                           {"declined", o.declined}}},
                   {"money", json::object{{"currency", s.currency},
                                          {"captured", m.captured},
                                          {"fulfilled", m.fulfilled},
                                          {"standby", m.standby},
                                          {"refund_due", m.refund_due},
                                          {"refunded", m.refunded}}}};
  if (s.has_line) {
    out["line"] = json::object{{"places", s.line.places},
                               {"serving", s.line.serving},
                               {"claimed", s.line.claimed},
                               {"left", s.line.left}};
  }
  return out;
}

}  // namespace

std::string render_text(const AuditReport& r) {
  std::string out;
  const auto end = std::back_inserter(out);
  fmt::format_to(end, "Journal   {}\n", r.directory);
  fmt::format_to(end, "          {} events in {} batches, {} segments; last event {} at {}\n",
                 r.events, r.batches, r.segments, r.last_seq, to_rfc3339(r.last_time));
  fmt::format_to(end, "Head      {}\n", r.head);
  for (const SaleTotals& s : r.sales) {
    fmt::format_to(end, "Sale      {}: {} ({})\n", s.sale, s.phase, s.reason);
    for (const ItemTotals& i : s.items) {
      fmt::format_to(end, "          {}: stock {} = paid {} + held {} + free {}; standby {}\n",
                     i.item, i.stock, i.paid, i.held, i.free, i.standby);
    }
    if (s.has_line) {
      fmt::format_to(end, "          line: {} places, {} called, {} passes, {} left\n",
                     s.line.places, s.line.serving, s.line.claimed, s.line.left);
    }
    const OrderTotals& o = s.orders;
    fmt::format_to(
        end,
        "          orders: {} paid, {} awaiting payment, {} paid standby, {} refunded, {} expired, "
        "{} released, {} declined\n",
        o.paid, o.awaiting_payment, o.paid_standby, o.refunded, o.expired, o.released, o.declined);
    const MoneySums& m = s.money;
    fmt::format_to(
        end,
        "          money: captured {} = fulfilled {} + standby {} + refund due {} + refunded {}\n",
        amount(m.captured, s.currency), m.fulfilled, m.standby, m.refund_due, m.refunded);
  }
  for (const std::string& note : r.notes) fmt::format_to(end, "Note      {}\n", note);
  for (const Violation& v : r.violations)
    fmt::format_to(end, "VIOLATION event {}: {}: {}\n", v.seq, v.code, v.text);
  if (r.violation_count > r.violations.size()) {
    fmt::format_to(end, "VIOLATION and {} more\n", r.violation_count - r.violations.size());
  }
  out += r.passed() ? "audit: PASS\n" : "audit: FAIL\n";
  return out;
}

std::string render_json(const AuditReport& r) {
  json::array sales, violations, notes;
  for (const SaleTotals& s : r.sales) sales.push_back(sale_json(s));
  for (const std::string& note : r.notes) notes.emplace_back(note);
  for (const Violation& v : r.violations) {
    violations.push_back(json::object{{"seq", v.seq}, {"code", v.code}, {"text", v.text}});
  }
  const json::object all{{"passed", r.passed()},
                         {"directory", r.directory},
                         {"journal_id", r.journal_id},
                         {"head", r.head},
                         {"segments", r.segments},
                         {"batches", r.batches},
                         {"events", r.events},
                         {"last_seq", r.last_seq},
                         {"last_time", to_rfc3339(r.last_time)},
                         {"sales", std::move(sales)},
                         {"notes", std::move(notes)},
                         {"violation_count", r.violation_count},
                         {"violations", std::move(violations)}};
  return json::serialize(all);
}

}  // namespace onrush::auditor
