// What must hold at the end of each batch and of the journal, and the sums.
#include <fmt/format.h>

#include <algorithm>

#include "auditor/ledger.h"

namespace onrush::auditor {

using sale::OrderState;
using sale::PaymentState;

void Ledger::end_batch() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  for (const std::uint64_t id : touched_) check_order_money(id);
  touched_.clear();
}

void Ledger::check_sale_end(std::uint32_t number, Sale& s) {
  const bool serves =
      s.phase == sale::Phase::open || (s.phase == sale::Phase::closed && !s.cancelled());
  for (Item& item : s.items) {
    const auto owned = static_cast<std::uint64_t>(std::count_if(
        item.owners.begin(), item.owners.end(), [](std::uint64_t owner) { return owner != 0; }));
    if (item.free + item.held + item.paid != item.owners.size() || owned != item.held + item.paid) {
      broken("units_do_not_add_up",
             fmt::format("sale {}, {}: free {} + held {} + paid {} of {}, {} have owners", number,
                         item.key, item.free, item.held, item.paid, item.owners.size(), owned));
    }
    // Somebody first in line everywhere, with free units enough, for longer than serving takes.
    if (!serves || at_ - s.changed_at <= kTolerance || !item.paid_line.empty()) continue;
    const std::uint64_t first = head(item);
    if (first == 0) continue;
    const sale::Lines& lines = entries_.at(first).lines;
    const bool first_everywhere =
        std::all_of(lines.begin(), lines.end(), [&](const sale::Line& line) {
          Item& other = s.items[line.item.value()];
          return other.paid_line.empty() && head(other) == first;
        });
    if (first_everywhere && all_free(s, lines)) {
      broken("undersold", fmt::format("standby {} is first in line for {} and its units are free",
                                      first, item.key));
    }
  }
}

void Ledger::end() {
  seq_ = report_.last_seq;
  for (std::size_t i = 0; i < sales_.size(); ++i) {
    if (sales_[i].rules == nullptr) continue;
    check_sale_end(static_cast<std::uint32_t>(i + 1), sales_[i]);
    check_line_end(sales_[i]);
  }
  for (const auto& [id, order] : orders_) {
    if (order.state == OrderState::awaiting_payment && at_ - order.deadline > kTolerance) {
      broken("hold_outlived", fmt::format("order {} still holds its units {} ms after its deadline",
                                          id, (at_ - order.deadline).count()));
    }
  }
  for (const SaleTotals& t : totals()) {
    const MoneySums& m = t.money;
    if (m.captured != m.fulfilled + m.standby + m.refund_due + m.refunded) {
      broken("money", fmt::format("sale {}: captured {} is not {} + {} + {} + {}", t.sale,
                                  m.captured, m.fulfilled, m.standby, m.refund_due, m.refunded));
    }
  }
}

std::vector<SaleTotals> Ledger::totals() const {
  std::vector<SaleTotals> all;
  for (std::size_t i = 0; i < sales_.size(); ++i) {
    const Sale& s = sales_[i];
    SaleTotals t;
    t.number = static_cast<std::uint32_t>(i + 1);
    if (s.rules != nullptr) {
      t.sale = s.rules->key;
      t.currency = s.rules->currency;
    }
    t.has_line = s.rules != nullptr && s.rules->line.on();
    t.line = s.line.totals;
    t.phase = to_string(s.phase);
    t.reason = to_string(s.reason);
    for (const Item& item : s.items) {
      t.items.push_back({item.key, item.owners.size(), item.free, item.held, item.paid,
                         item.waiting + item.paid_line.size()});
    }
    all.push_back(std::move(t));
  }
  for (const auto& [id, order] : orders_) {
    OrderTotals& t = all[order.sale - 1].orders;
    switch (order.state) {
      case OrderState::awaiting_payment:
        ++t.awaiting_payment;
        break;
      case OrderState::paid:
        ++t.paid;
        break;
      case OrderState::paid_standby:
        ++t.paid_standby;
        break;
      case OrderState::refunded:
        ++t.refunded;
        break;
      case OrderState::expired:
        ++t.expired;
        break;
      case OrderState::released:
        ++t.released;
        break;
      case OrderState::declined:
        ++t.declined;
        break;
    }
  }
  for (const auto& [id, payment] : payments_) {
    if (payment.place == Place::nowhere) continue;
    MoneySums& m = all[orders_.at(payment.order).sale - 1].money;
    m.captured += payment.captured;
    if (payment.place == Place::fulfilled) m.fulfilled += payment.captured;
    if (payment.place == Place::standby) m.standby += payment.captured;
    if (payment.place == Place::refund) {
      (payment.state == PaymentState::refunded ? m.refunded : m.refund_due) += payment.captured;
    }
  }
  return all;
}

}  // namespace onrush::auditor
