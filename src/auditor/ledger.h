// Ledger: the auditor's own books. Plain maps and vectors, filled from events, and every promise of
// docs/audit.md checked as they pass. It shares nothing with sale::Book but the event types.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "auditor/audit.h"
#include "auditor/draw.h"
#include "sale/event.h"

namespace onrush::auditor {

class Ledger {
 public:
  explicit Ledger(AuditReport& report) : report_(report) {}

  void apply(const sale::Event& event, TimePoint at, std::uint64_t seq);
  // What must hold when everything of one decision has been seen.
  void end_batch();
  // What must hold at the end of the journal.
  void end();
  [[nodiscard]] std::vector<SaleTotals> totals() const;

 private:
  enum class Place : std::uint8_t { nowhere, fulfilled, standby, refund };
  struct Item {
    std::string key;
    std::int64_t price = 0;
    std::uint32_t per_buyer = 0;
    std::vector<std::uint64_t> owners;  // by unit - 1; 0 = free
    std::uint64_t free = 0, held = 0, paid = 0;
    std::deque<std::uint64_t> paid_line;  // orders whose late money is here
    std::deque<std::uint64_t> line;  // entries; those that left stay until they reach the front
    std::uint64_t waiting = 0;
  };
  struct Buyer {
    std::map<std::uint16_t, std::uint32_t> units;  // by item: held, paid or waited for
    std::uint32_t all = 0;
    std::uint32_t attempts = 0;
  };
  // The waiting line, and who registered.
  struct Spot {
    std::uint64_t entry = 0;
    bool over = false;         // left, or its pass was used
    std::uint32_t nth = 0;     // of the buyer's places
    std::uint32_t passes = 0;  // claimed for it
    TimePoint expires{};       // of its newest pass
  };
  struct Line {
    std::unordered_map<std::uint64_t, Spot> spots;  // the newest of each buyer
    std::set<std::uint64_t> registered;
    std::unique_ptr<LobbyChain> lobby;
    std::unique_ptr<DrawnPlaces> drawn;
    std::uint64_t drawn_entries = 0;
    std::string beacon;
    bool opened = false, revealed = false;
    LineTotals totals;
    std::deque<std::pair<TimePoint, std::uint64_t>> passes;  // expiry and buyer, in order
    std::uint64_t live = 0;                                  // of them
  };
  struct Sale {
    sale::RulesPtr rules;
    Line line;
    sale::Phase phase = sale::Phase::draft;
    sale::PhaseReason reason = sale::PhaseReason::staff;
    std::vector<Item> items;
    std::unordered_map<std::uint64_t, Buyer> buyers;
    std::uint64_t refunds_due = 0;
    TimePoint changed_at{};
    [[nodiscard]] bool cancelled() const { return reason == sale::PhaseReason::cancelled; }
  };
  struct Order {
    std::uint32_t sale = 0;
    std::uint64_t buyer = 0;
    sale::OrderState state = sale::OrderState::awaiting_payment;
    bool confirmed = false;
    TimePoint deadline{};
    std::int64_t amount = 0;
    sale::Units units;
    std::vector<std::uint64_t> payments;
  };
  struct Entry {
    std::uint32_t sale = 0;
    std::uint64_t buyer = 0;
    bool waiting = true;
    sale::Lines lines;
  };
  struct Payment {
    std::uint64_t order = 0;
    sale::PaymentState state = sale::PaymentState::started;
    Place place = Place::nowhere;
    std::int64_t captured = 0;
  };

  void on(const sale::event::SaleDefined& e);
  void on(const sale::event::PhaseChanged& e);
  void on(const sale::event::Restocked& e);
  void on(const sale::event::Rescheduled& e);
  void on(const sale::event::HoldGranted& e);
  void on(const sale::event::HoldEnded& e);
  void on(const sale::event::OrderConfirmed& e);
  void on(const sale::event::StandbyJoined& e);
  void on(const sale::event::StandbyLeft& e);
  void on(const sale::event::PaymentStarted& e);
  void on(const sale::event::PaymentDeclined& e);
  void on(const sale::event::PaymentUnknown& e);
  void on(const sale::event::PaymentCaptured& e);
  void on(const sale::event::LateOrderFulfilled& e);
  void on(const sale::event::RefundDue& e);
  void on(const sale::event::RefundSettled& e);
  void on(const sale::event::OrderRefunded& e);
  void on(const sale::event::PlaceTaken& e);
  void on(const sale::event::PlaceLeft& e);
  void on(const sale::event::DrawRevealed& e);
  void on(const sale::event::LineCalled& e);
  void on(const sale::event::PassClaimed& e);
  void on(const sale::event::Registered& e);
  void on(const sale::event::Unregistered& e);
  void on(const sale::event::LineRateSet& e);
  void on(const sale::event::BeaconSet& e);
  void on(const sale::event::NoticeSet& e);

  Sale* line_of(sale::SaleNo no);
  std::uint64_t number_of(const Sale& s, std::uint64_t entry) const;
  void lapse_passes(Line& line);
  void check_registered(const Sale& s, std::uint64_t buyer);
  void use_pass(Sale& s, std::uint64_t buyer);
  static std::uint64_t room_of(const Sale& s);
  void check_line_end(const Sale& s);
  void broken(std::string code, std::string text);
  Sale* sale_of(sale::SaleNo no);
  Order* order_of(sale::SaleNo no, sale::OrderId id, sale::BuyerId buyer);
  Payment* payment_of(sale::PaymentId id, sale::OrderId order);
  void must_be(const Order& order, std::uint64_t id,
               std::initializer_list<sale::OrderState> states);
  void take(Sale& s, std::uint64_t order, const sale::Units& units, bool paid);
  void give_back(Sale& s, std::uint64_t id, const Order& order, bool paid);
  void pay(Sale& s, const Order& order);
  void count_buyer(Sale& s, std::uint64_t buyer, const sale::Lines& lines, bool more);
  void check_limits(const Sale& s, std::uint64_t buyer);
  void regrant(Sale& s, std::uint64_t id, Order& order, const sale::Units& units);
  void leave_paid_line(Sale& s, std::uint64_t id, const Order& order);
  void end_entry(Sale& s, Entry& entry);
  std::uint64_t head(Item& item);
  bool nobody_waits(Sale& s, const sale::Lines& lines);
  static bool can_return(const Sale& s, const sale::Lines& lines);
  static bool all_free(const Sale& s, const sale::Lines& lines);
  static sale::Lines lines_of(const sale::Units& units);
  void check_order_money(std::uint64_t id);
  void check_sale_end(std::uint32_t number, Sale& s);

  AuditReport& report_;
  TimePoint at_{};
  std::uint64_t seq_ = 0;
  std::vector<Sale> sales_;  // SaleNo - 1
  std::unordered_map<std::uint64_t, Order> orders_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<std::uint64_t, Payment> payments_;
  std::vector<std::uint64_t> touched_;  // orders of this batch
};

}  // namespace onrush::auditor
