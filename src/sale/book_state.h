// BookState: everything that Book holds, and the one way in which it changes: evolve().
//
// Deciding (decision.h) only reads it. Orders, payments and entries of all sales are kept in the
// order of their ids, which only grow, so that an id is found by searching (IdRecords).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "sale/chunked_vector.h"
#include "sale/command.h"
#include "sale/event.h"
#include "sale/id_records.h"
#include "sale/outcome.h"
#include "sale/records.h"
#include "sale/sale_state.h"

namespace onrush::sale {

// Why an event cannot follow from the state; nullptr if it can. After a problem the state may be
// half changed and must be thrown away.
using Problem = const char*;

class BookState {
 public:
  explicit BookState(std::uint16_t node_no) : node(node_no) {}

  // --- changing
  [[nodiscard]] Problem evolve(const Event& event, TimePoint at);
  [[nodiscard]] Problem evolve(const event::SaleDefined& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PhaseChanged& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::Restocked& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::Rescheduled& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::HoldGranted& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::HoldEnded& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::OrderConfirmed& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::StandbyJoined& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::StandbyLeft& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PaymentStarted& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PaymentDeclined& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PaymentUnknown& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PaymentCaptured& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::LateOrderFulfilled& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::RefundDue& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::RefundSettled& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::OrderRefunded& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PlaceTaken& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PlaceLeft& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::DrawRevealed& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::LineCalled& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::PassClaimed& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::Registered& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::Unregistered& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::LineRateSet& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::BeaconSet& e, TimePoint at);
  [[nodiscard]] Problem evolve(const event::NoticeSet& e, TimePoint at);

  // The sale is to be published.
  void touch(SaleNo no, SaleState& s);

  // --- looking up
  [[nodiscard]] SaleState* sale(SaleNo no) {
    return no.value() - 1 < sales.size() ? sales[no.value() - 1].get() : nullptr;
  }
  [[nodiscard]] const SaleState* sale(SaleNo no) const {
    return no.value() - 1 < sales.size() ? sales[no.value() - 1].get() : nullptr;
  }
  [[nodiscard]] Index find_order(OrderId id) const;
  [[nodiscard]] Index find_payment(PaymentId id) const;
  [[nodiscard]] Index find_entry(StandbyId id) const;
  // The next id at `now`; evolving an event that carries it makes it the last one.
  [[nodiscard]] std::uint64_t next_id(TimePoint now) const;

  // Visits (item, unit) of an order, and (item, quantity, slot) of an entry.
  template <class Visit>
  void each_unit(const Order& order, Visit visit) const;
  template <class Visit>
  void each_line(const StandbyEntry& entry, Visit visit) const;
  // The lines of an order: its units, counted by item, in the order of their first unit.
  [[nodiscard]] Lines lines_of(const Order& order) const;
  [[nodiscard]] Lines lines_of(const StandbyEntry& entry) const;
  // The payment whose money pays for the order, kNone if none does.
  [[nodiscard]] Index paying_payment(const Order& order) const;

  [[nodiscard]] OrderView view(Index order) const;
  [[nodiscard]] StandbyView view_entry(Index entry) const;

  // --- looking ahead: begin to fetch what decide() will look at, see Book::prefetch()
  void prefetch(const Command& command) const;
  void prefetch(const Event& event) const;
  void prefetch_records(const Command& command) const;

  // --- whole
  void save(ByteWriter& out) const;
  [[nodiscard]] Problem load(ByteReader& in);
  [[nodiscard]] std::string check_invariants() const;

  std::uint16_t node;
  std::uint64_t last_id = 0;
  std::vector<std::unique_ptr<SaleState>> sales;  // [SaleNo - 1]
  std::map<std::string, SaleNo, std::less<>> by_key;
  std::vector<SaleNo> unsettled;  // what tick() looks at, ascending
  std::vector<SaleNo> touched;
  IdRecords<Order> orders;
  IdRecords<Payment> payments;
  IdRecords<StandbyEntry> entries;
  ChunkedVector<PackedUnit> unit_pool;  // of orders of several units
  ChunkedVector<EntryLine> line_pool;   // of entries of several lines

 private:
  friend class SnapshotReader;

  [[nodiscard]] Problem take_id(std::uint64_t id);
  // The order and its sale, checked against what an event says of them.
  [[nodiscard]] Problem expect_order(SaleNo no, OrderId id, BuyerId buyer, Index& order);
  [[nodiscard]] Problem expect_payment(SaleNo no, PaymentId id, OrderId order, BuyerId buyer,
                                       Index& payment);

  void set_units(Order& order, const Units& units);
  [[nodiscard]] Problem take_units(SaleState& s, Index order, const Units& units);
  [[nodiscard]] Problem return_units(SaleState& s, Index order, bool was_paid);
  [[nodiscard]] Problem pay_units(SaleState& s, Index order);
  [[nodiscard]] Problem grant_anew(SaleState& s, Index order, const Units& units);
  [[nodiscard]] Problem leave_paid_standby(SaleState& s, Index order);
  [[nodiscard]] Problem expect_line(SaleNo no, SaleState*& s);
  [[nodiscard]] Problem use_pass(SaleState& s, BuyerId buyer, TimePoint at);
  void change_line(SaleState& s, Phase to, TimePoint at);
  void end_entry(SaleState& s, Index entry, EntryState how);
  void pass_ended_holds(SaleState& s);
  [[nodiscard]] Problem move_money(SaleState& s, Payment& payment, MoneyAt to);
  void link_order(SaleState& s, Index order);
  void settle_bookkeeping(SaleNo no, const SaleState& s);
};

template <class Visit>
void BookState::each_unit(const Order& order, Visit visit) const {
  if (order.unit_count == 1) {
    visit(order.item, order.units);
    return;
  }
  for (std::uint32_t i = 0; i < order.unit_count; ++i) {
    const PackedUnit& unit = unit_pool[order.units + i];
    visit(unit.item, unit.unit);
  }
}

template <class Visit>
void BookState::each_line(const StandbyEntry& entry, Visit visit) const {
  if (entry.line_count == 1) {
    visit(entry.item, entry.quantity, entry.slot);
    return;
  }
  for (std::uint32_t i = 0; i < entry.line_count; ++i) {
    const EntryLine& line = line_pool[entry.slot + i];
    visit(line.item, line.quantity, line.slot);
  }
}

// Lines are sets: the same items and quantities in any order ask for the same.
[[nodiscard]] bool same_lines(const Lines& a, const Lines& b);

}  // namespace onrush::sale
