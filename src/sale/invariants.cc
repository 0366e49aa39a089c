// The invariants of the domain, recomputed from the records alone and compared with what is kept.
#include <fmt/format.h>

#include <map>
#include <set>

#include "sale/book_state.h"
#include "sale/line_invariants.h"

namespace onrush::sale {
namespace {

// One sale, summed up from orders, payments and entries.
struct Tally {
  std::vector<std::uint32_t> held;
  std::vector<std::uint32_t> paid;
  std::map<std::uint64_t, std::map<std::uint16_t, std::uint32_t>> shares;  // buyer → item → units
  std::vector<std::vector<Index>> waiting;    // item → entries, in the order of joining
  std::vector<std::set<Index>> paid_standby;  // item → orders
  MoneyTotals money;
  std::uint32_t waiting_count = 0;
  std::uint32_t refunds_due = 0;
};

class InvariantCheck {
 public:
  explicit InvariantCheck(const BookState& book) : book_(book), tallies_(book.sales.size()) {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      const std::size_t items = book.sales[i]->items.size();
      tallies_[i].held.resize(items);
      tallies_[i].paid.resize(items);
      tallies_[i].waiting.resize(items);
      tallies_[i].paid_standby.resize(items);
    }
  }

  std::string run() {
    for (Index i = 0; i < book_.orders.size() && message_.empty(); ++i) check_order(i);
    for (Index i = 0; i < book_.payments.size() && message_.empty(); ++i)
      check_payment(book_.payments[i]);
    for (Index i = 0; i < book_.entries.size() && message_.empty(); ++i) tally_entry(i);
    for (std::uint32_t i = 0; i < tallies_.size() && message_.empty(); ++i) check_sale(i);
    return message_;
  }

 private:
  void that(bool holds, std::string_view what) {
    if (!holds && message_.empty()) message_ = what;
  }

  // I1: each unit that an order has knows that order as its owner, so no unit has two.
  void check_order(Index i) {
    const Order& o = book_.orders[i];
    const SaleState& s = *book_.sales[o.sale - 1];
    Tally& tally = tallies_[o.sale - 1];
    const bool held = o.state == OrderState::awaiting_payment;
    const bool paid = o.state == OrderState::paid;
    const bool waits = o.state == OrderState::paid_standby;
    if (waits) ++tally.waiting_count;
    book_.each_unit(o, [&](std::uint16_t item, std::uint32_t unit) {
      if (held || paid || waits) ++tally.shares[o.buyer][item];
      if (waits) tally.paid_standby[item].insert(i);
      if (!held && !paid) return;
      ++(held ? tally.held : tally.paid)[item];
      const UnitLedger& units = s.items[item].units;
      if (unit < 1 || unit > units.stock() || units.owner(unit) != i) {
        that(false,
             fmt::format("I1: unit {} of item {} is not owned by order {}", unit, item, o.id));
      }
    });
    if (held && (s.first_awaiting == kNone || s.first_awaiting > i)) {
      that(false, fmt::format("I6: the hold of order {} would never expire", o.id));
    }
    if (held && (s.cancelled() || s.phase == Phase::settled)) {
      that(false, fmt::format("I6: order {} is held in a sale that is over", o.id));
    }
  }

  // I5, per order: money pays for an order that has its units, waits for one, or goes back.
  void check_payment(const Payment& p) {
    const Order& o = book_.orders[p.order];
    Tally& tally = tallies_[o.sale - 1];
    const Money amount{p.captured};
    tally.money.captured += amount;
    switch (p.money) {
      case MoneyAt::nowhere:
        that(p.captured == 0, "I5: captured money that is nowhere");
        break;
      case MoneyAt::fulfilled:
        that(o.state == OrderState::paid && p.captured == o.amount &&
                 p.state == PaymentState::captured,
             "I5: money that pays for nothing");
        tally.money.fulfilled += amount;
        break;
      case MoneyAt::standby:
        that(o.state == OrderState::paid_standby && p.captured == o.amount,
             "I5: standby money that waits for nothing");
        tally.money.standby += amount;
        break;
      case MoneyAt::refund:
        that(p.state == PaymentState::refund_due || p.state == PaymentState::refunded,
             "I5: money to go back that nobody was told of");
        (p.state == PaymentState::refunded ? tally.money.refunded : tally.money.refund_due) +=
            amount;
        if (p.state == PaymentState::refund_due) ++tally.refunds_due;
        break;
    }
    int paying = 0;
    for (Index i = o.payment; i != kNone; i = book_.payments[i].older_of_order) {
      const MoneyAt at = book_.payments[i].money;
      if (at == MoneyAt::fulfilled || at == MoneyAt::standby) ++paying;
    }
    that(paying <= 1, "I5: an order that was paid for twice");
  }

  void tally_entry(Index i) {
    const StandbyEntry& e = book_.entries[i];
    if (e.state != EntryState::waiting) return;
    Tally& tally = tallies_[e.sale - 1];
    ++tally.waiting_count;
    book_.each_line(e, [&](std::uint16_t item, std::uint16_t quantity, std::uint32_t slot) {
      tally.shares[e.buyer][item] += quantity;
      tally.waiting[item].push_back(i);
      const StandbyLine& line = book_.sales[e.sale - 1]->items[item].line;
      that(line.at(slot) == i, "I7: a standby entry that lost its slot");
      // I7: nobody overtakes: the position is the number of those who came before, and oneself.
      that(line.at(slot) != i ||
               line.position(slot) == line.paid().size() + tally.waiting[item].size(),
           "I7: a standby position that is not the order of joining");
    });
  }

  void check_sale(std::uint32_t i) {
    const SaleState& s = *book_.sales[i];
    const Tally& tally = tallies_[i];
    std::uint64_t held = 0;
    std::uint64_t unpaid = 0;
    for (std::size_t item = 0; item < s.items.size(); ++item) {
      check_item(s, tally, item);
      held += s.items[item].units.held();
      unpaid += s.items[item].units.held() + s.items[item].units.free();
    }
    that(held == s.held && unpaid == s.unpaid, "I2: totals of a sale that differ from its items");
    that(tally.waiting_count == s.waiting, "I7: the number of those who wait is wrong");
    that(s.phase != Phase::settled || s.waiting == 0, "I7: a place that was never resolved");
    that(tally.refunds_due == s.refunds_due, "I5: the number of refunds due is wrong");
    check_limits(s, tally);
    if (message_.empty()) message_ = check_line(s);
    const MoneyTotals& m = s.money;
    const MoneyTotals& t = tally.money;
    that(m.captured == t.captured && m.fulfilled == t.fulfilled && m.standby == t.standby &&
             m.refund_due == t.refund_due && m.refunded == t.refunded,
         "I5: totals of money that differ from the payments");
    that(m.captured == m.fulfilled + m.standby + m.refund_due + m.refunded,
         "I5: captured money that is not fulfilled, standby or refunded");
  }

  // I2, from both sides: the orders' units, and the free list.
  void check_item(const SaleState& s, const Tally& tally, std::size_t item) {
    const UnitLedger& units = s.items[item].units;
    const StandbyLine& line = s.items[item].line;
    if (units.held() != tally.held[item] || units.paid() != tally.paid[item]) {
      that(false,
           fmt::format("I2: item {} counts {} held and {} paid, its orders have {} and {}", item,
                       units.held(), units.paid(), tally.held[item], tally.paid[item]));
    }
    std::uint64_t free = 0;
    bool owned = false;
    units.peek(units.stock() - units.held() - units.paid(), [&](std::uint32_t unit) {
      ++free;
      owned = owned || units.owner(unit) != kNone;
    });
    if (owned || free + units.held() + units.paid() != units.stock()) {
      that(false, fmt::format("I2: item {}: free + held + paid is not its stock", item));
    }
    that(line.size() == tally.waiting[item].size() + tally.paid_standby[item].size(),
         "I7: a standby line that differs from its entries");
    for (const Index order : line.paid()) {
      that(tally.paid_standby[item].count(order) == 1,
           "I7: a paid place of an order that does not wait");
    }
    that(line.first_entry() == (tally.waiting[item].empty() ? kNone : tally.waiting[item].front()),
         "I7: the head of a standby line is not who joined first");
  }

  // I3. What a buyer waits for counts as well, so that no turn in standby breaks the limit.
  void check_limits(const SaleState& s, const Tally& tally) {
    for (const auto& [buyer, items] : tally.shares) {
      std::uint32_t total = 0;
      for (const auto& [item, units] : items) {
        total += units;
        if (units > s.rules->items[item].per_buyer) {
          that(false, fmt::format("I3: buyer {} has {} units of item {}", buyer, units, item));
        }
      }
      if (total > s.rules->per_buyer)
        that(false, fmt::format("I3: buyer {} has {} units", buyer, total));
    }
  }

  const BookState& book_;
  std::vector<Tally> tallies_;
  std::string message_;
};

}  // namespace

std::string BookState::check_invariants() const {
  return InvariantCheck(*this).run();
}

}  // namespace onrush::sale
