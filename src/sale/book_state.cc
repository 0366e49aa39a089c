#include "sale/book_state.h"

#include <algorithm>

namespace onrush::sale {
namespace {

// 2024-01-01T00:00:00Z: ids carry the milliseconds since then, which lasts until 2163.
constexpr std::int64_t kIdEpochMillis = 1'704'067'200'000;
constexpr int kNodeBits = 10;
constexpr int kSequenceBits = 12;
constexpr std::uint64_t kSequenceMax = (1U << kSequenceBits) - 1;

}  // namespace

Index BookState::find_order(OrderId id) const {
  return orders.find(id.value());
}
Index BookState::find_payment(PaymentId id) const {
  return payments.find(id.value());
}
Index BookState::find_entry(StandbyId id) const {
  return entries.find(id.value());
}

std::uint64_t BookState::next_id(TimePoint now) const {
  const auto compose = [this](std::uint64_t ms, std::uint64_t sequence) {
    return ms << (kNodeBits + kSequenceBits) | std::uint64_t{node} << kSequenceBits | sequence;
  };
  const auto ms =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_millis(now) - kIdEpochMillis));
  const std::uint64_t last_ms = last_id >> (kNodeBits + kSequenceBits);
  const std::uint64_t sequence = last_id & kSequenceMax;
  if (ms > last_ms) return compose(ms, 0);
  // More than 4,096 in a millisecond, or another node's ids before: run ahead of the clock.
  const std::uint64_t next = sequence < kSequenceMax ? compose(last_ms, sequence + 1) : 0;
  return next > last_id ? next : compose(last_ms + 1, 0);
}

bool same_lines(const Lines& a, const Lines& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&b](const Line& line) {
           return std::find(b.begin(), b.end(), line) != b.end();
         });
}

Lines BookState::lines_of(const Order& order) const {
  Lines lines;
  each_unit(order, [&lines](std::uint16_t item, std::uint32_t) {
    const auto found = std::find_if(lines.begin(), lines.end(),
                                    [item](const Line& line) { return line.item == ItemNo{item}; });
    if (found != lines.end()) {
      ++found->quantity;
    } else {
      lines.push_back({ItemNo{item}, 1});
    }
  });
  return lines;
}

Lines BookState::lines_of(const StandbyEntry& entry) const {
  Lines lines;
  each_line(entry, [&lines](std::uint16_t item, std::uint16_t quantity, std::uint32_t) {
    lines.push_back({ItemNo{item}, quantity});
  });
  return lines;
}

Index BookState::paying_payment(const Order& order) const {
  Index payment = order.payment;
  while (payment != kNone && payments[payment].money != MoneyAt::fulfilled &&
         payments[payment].money != MoneyAt::standby) {
    payment = payments[payment].older_of_order;
  }
  return payment;
}

OrderView BookState::view(Index index) const {
  const Order& order = orders[index];
  OrderView view;
  view.order = OrderId{order.id};
  view.sale = SaleNo{order.sale};
  view.buyer = BuyerId{order.buyer};
  view.state = order.state;
  view.deadline = from_millis(order.deadline);
  view.granted_at = view.deadline - sales[order.sale - 1]->rules->hold;
  view.amount = Money{order.amount};
  if (order.payment != kNone) {
    // The attempt that counts: the one that pays, else the latest.
    const Index paying = paying_payment(order);
    const Payment& payment = payments[paying != kNone ? paying : order.payment];
    view.payment = PaymentId{payment.id};
    view.payment_state = payment.state;
  }
  each_unit(order, [&view](std::uint16_t item, std::uint32_t unit) {
    view.units.push_back({ItemNo{item}, UnitNo{unit}});
  });
  return view;
}

StandbyView BookState::view_entry(Index index) const {
  const StandbyEntry& entry = entries[index];
  StandbyView view{StandbyId{entry.id}, lines_of(entry), 0};
  if (entry.state != EntryState::waiting) return view;
  const SaleState& s = *sales[entry.sale - 1];
  each_line(entry, [&](std::uint16_t item, std::uint16_t, std::uint32_t slot) {
    view.position = std::max(view.position, s.items[item].line.position(slot));
  });
  return view;
}

}  // namespace onrush::sale
