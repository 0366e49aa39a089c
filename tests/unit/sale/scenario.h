// Scenarios: histories of a sale as text tables, one step a line:
//
//   SECONDS COMMAND -> ANSWER; EVENT; EVENT
//
// What is right of the arrow must be exactly what the book answers and what happens. After every
// step the invariants are checked, and a second book that is fed with the encoded events must be
// equal to the first.
//
//   sale KEY=VALUE…   rules: hold per_buyer orders late decline_ends payment opens closes lobby
//                     line=fifo|draw rate active pass claim capacity registration=optional|required
//   item NAME KEY=VALUE…   stock price per standby; then `define`
//   hold B LINES [key=K] [nostandby] · leave B   (LINES: a, a*2, a*2+b; B: a buyer's number)
//   release ORDER [B] · confirm ORDER [B or staff] · pay ORDER [B] · refund ORDER · look ORDER [B]
//   captured PAYMENT [AMOUNT] · declined PAYMENT · unknown PAYMENT · returned PAYMENT
//   announce open pause resume close cancel · restock ITEM N · reschedule LOBBY OPENS CLOSES
//   tick [BUDGET] · mine B
//   place B · quit B · claim B · where B · register B · unregister B · registered B · rate N
//   beacon TEXT · notice TEXT · leaves
//
// ORDER is B (the buyer's newest order) or B.N (his Nth); PAYMENT is ORDER (its newest) or ORDER/N.
// [B] behind an ORDER: who asks, if it is not the order's own buyer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sale/book.h"

namespace onrush::sale::test {

inline constexpr TimePoint kStart = from_millis(1'800'000'000'000);

// One item "a" unless given others; on sale from kStart for an hour; holds of 60 s.
[[nodiscard]] SaleRules simple_rules(std::uint32_t stock = 1);

class Scenario {
 public:
  // Runs a table; failures name the line.
  void run(std::string_view table);
  [[nodiscard]] Book& book() { return book_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  void step(const std::string& line);
  void configure(const std::vector<std::string>& words);
  Command parse(const std::vector<std::string>& words);
  Lines parse_lines(const std::string& text);
  OrderId order(const std::string& name);
  PaymentId payment(const std::string& name);
  std::string show(const Outcome& outcome) const;
  std::string show(const Event& event);
  std::string order_name(OrderId id) const;
  std::string units(const Units& units) const;
  std::string lines(const Lines& lines) const;
  ItemNo item(const std::string& name) const;
  void check_books();

  SaleRules rules_ = [] {
    SaleRules rules = simple_rules();
    rules.items.clear();
    return rules;
  }();
  Book book_{1};
  Book replica_{1};
  TimePoint now_ = kStart;
  std::vector<Event> events_;
  std::map<std::uint64_t, std::vector<OrderId>> orders_;      // of a buyer
  std::map<std::uint64_t, std::vector<PaymentId>> payments_;  // of an order
  std::map<std::uint64_t, Money> amounts_;                    // of an order
};

// Runs a table on a new sale.
inline void run(std::string_view table) {
  Scenario{}.run(table);
}

// The bytes of save().
[[nodiscard]] std::vector<std::byte> bytes_of(const Book& book);
[[nodiscard]] std::vector<std::byte> bytes_of(const Event& event);

}  // namespace onrush::sale::test
