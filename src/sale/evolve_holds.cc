// How holds and standby entries change the state.
#include <algorithm>

#include "sale/book_state.h"

namespace onrush::sale {

Problem BookState::evolve(const Event& event, TimePoint at) {
  return std::visit([this, at](const auto& e) { return evolve(e, at); }, event);
}

void BookState::touch(SaleNo no, SaleState& s) {
  if (s.touched) return;
  s.touched = true;
  touched.push_back(no);
}

Problem BookState::take_id(std::uint64_t id) {
  if (id <= last_id) return "an id that does not grow";
  last_id = id;
  return nullptr;
}

Problem BookState::expect_order(SaleNo no, OrderId id, BuyerId buyer, Index& order) {
  order = find_order(id);
  if (order == kNone) return "an unknown order";
  if (orders[order].sale != no.value()) return "an order of another sale";
  if (orders[order].buyer != buyer.value()) return "an order of another buyer";
  touch(no, *sales[no.value() - 1]);
  return nullptr;
}

void BookState::set_units(Order& order, const Units& units) {
  order.item = units[0].item.value();
  if (units.size() == 1) {
    order.units = units[0].unit.value();
  } else {
    // An order that is granted anew has as many units as before and keeps its place in the pool.
    const bool anew = order.unit_count != 0;
    if (!anew) order.units = unit_pool.size();
    for (std::uint32_t i = 0; i < units.size(); ++i) {
      const PackedUnit packed{units[i].unit.value(), units[i].item.value()};
      if (anew) {
        unit_pool[order.units + i] = packed;
      } else {
        unit_pool.push_back(packed);
      }
    }
  }
  order.unit_count = static_cast<std::uint8_t>(units.size());
}

Problem BookState::take_units(SaleState& s, Index order, const Units& units) {
  for (const UnitRef& ref : units) {
    if (ref.item.value() >= s.items.size()) return "a unit of an unknown item";
    if (!s.items[ref.item.value()].units.take(ref.unit.value(), order))
      return "a unit that is not free";
  }
  s.held += units.size();
  return nullptr;
}

Problem BookState::return_units(SaleState& s, Index index, bool was_paid) {
  const Order& order = orders[index];
  bool ok = true;
  each_unit(order, [&](std::uint16_t item, std::uint32_t unit) {
    ok = ok && s.items[item].units.give_back(unit, index, was_paid);
    s.mark(item);
  });
  if (was_paid) {
    s.unpaid += order.unit_count;
  } else {
    s.held -= order.unit_count;
  }
  return ok ? nullptr : "a unit that is not the order's";
}

Problem BookState::pay_units(SaleState& s, Index index) {
  const Order& order = orders[index];
  bool ok = true;
  each_unit(order, [&](std::uint16_t item, std::uint32_t) {
    ok = ok && s.items[item].units.pay(1);
    s.mark(item);  // fewer units can come back now: the head of the line may have to be told
  });
  s.held -= order.unit_count;
  s.unpaid -= order.unit_count;
  return ok ? nullptr : "a unit that is not held";
}

void BookState::link_order(SaleState& s, Index index) {
  Order& order = orders[index];
  BuyerRefs& refs = s.buyers[order.buyer];
  order.older_of_buyer = refs.order;
  refs.order = index;
  if (s.last_order == kNone) {
    s.first_order = index;
  } else {
    orders[s.last_order].next_in_sale = index;
  }
  s.last_order = index;
  if (s.first_awaiting == kNone && order.state == OrderState::awaiting_payment)
    s.first_awaiting = index;
}

void BookState::pass_ended_holds(SaleState& s) {
  while (s.first_awaiting != kNone &&
         orders[s.first_awaiting].state != OrderState::awaiting_payment) {
    s.first_awaiting = orders[s.first_awaiting].next_in_sale;
  }
}

Problem BookState::evolve(const event::HoldGranted& e, TimePoint at) {
  SaleState* s = sale(e.sale);
  if (s == nullptr) return "a hold in an unknown sale";
  if (!s->serves_standby()) return "a hold in a sale that is not open";
  if (e.buyer.value() == 0) return "a hold of nobody";
  if (e.units.empty() || e.units.size() > kUnitsPerOrderMax)
    return "a hold of no or too many units";
  if (e.deadline != at + s->rules->hold) return "a hold with a wrong deadline";
  if (s->last_order != kNone && to_millis(e.deadline) < orders[s->last_order].deadline) {
    return "time that went back";
  }
  if (const Problem p = take_id(e.order.value())) return p;
  const Index index = orders.size();
  if (const Problem p = take_units(*s, index, e.units)) return p;
  Money amount;
  for (const UnitRef& ref : e.units) amount += s->rules->items[ref.item.value()].price;
  if (amount != e.amount) return "a hold with a wrong amount";

  Order order;
  order.id = e.order.value();
  order.buyer = e.buyer.value();
  order.key = e.key;
  order.deadline = to_millis(e.deadline);
  order.amount = e.amount.minor;
  order.sale = e.sale.value();
  set_units(order, e.units);
  if (e.standby.value() != 0) {
    const Index entry = find_entry(e.standby);
    if (entry == kNone || entries[entry].state != EntryState::waiting ||
        entries[entry].sale != order.sale || entries[entry].buyer != order.buyer ||
        !same_lines(lines_of(entries[entry]), lines_of(order))) {
      return "a hold for a standby entry that does not ask for it";
    }
    end_entry(*s, entry, EntryState::served);
  } else if (s->phase != Phase::open) {
    return "a hold in a sale that is not open";
  } else if (const Problem p = use_pass(*s, e.buyer, at)) {
    return p;
  }
  orders.push_back(order);
  link_order(*s, index);
  touch(e.sale, *s);
  return nullptr;
}

Problem BookState::evolve(const event::HoldEnded& e, TimePoint) {
  Index order = kNone;
  if (const Problem p = expect_order(e.sale, e.order, e.buyer, order)) return p;
  if (orders[order].state != OrderState::awaiting_payment)
    return "the end of a hold that had ended";
  SaleState& s = *sales[e.sale.value() - 1];
  switch (e.how) {
    case event::HoldEnd::expired:
      orders[order].state = OrderState::expired;
      break;
    case event::HoldEnd::declined:
      orders[order].state = OrderState::declined;
      break;
    case event::HoldEnd::released:
    case event::HoldEnd::cancelled:
      orders[order].state = OrderState::released;
      break;
  }
  pass_ended_holds(s);
  return return_units(s, order, false);
}

Problem BookState::evolve(const event::OrderConfirmed& e, TimePoint) {
  Index order = kNone;
  if (const Problem p = expect_order(e.sale, e.order, e.buyer, order)) return p;
  if (orders[order].state != OrderState::awaiting_payment)
    return "the confirmation of an ended hold";
  orders[order].state = OrderState::paid;
  pass_ended_holds(*sales[e.sale.value() - 1]);
  return pay_units(*sales[e.sale.value() - 1], order);
}

Problem BookState::evolve(const event::StandbyJoined& e, TimePoint at) {
  SaleState* s = sale(e.sale);
  if (s == nullptr || s->phase != Phase::open) return "standby in a sale that is not open";
  if (e.buyer.value() == 0) return "standby of nobody";
  if (e.lines.empty()) return "standby for nothing";
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < e.lines.size(); ++i) {
    const Line& line = e.lines[i];
    if (line.item.value() >= s->items.size() || line.quantity == 0)
      return "standby for an unknown item";
    for (std::size_t k = 0; k < i; ++k) {
      if (e.lines[k].item == line.item) return "standby for an item twice";
    }
    total += line.quantity;
  }
  if (total > kUnitsPerOrderMax) return "standby for too many units";
  if (const Problem p = use_pass(*s, e.buyer, at)) return p;
  if (const Problem p = take_id(e.standby.value())) return p;

  const Index index = entries.size();
  StandbyEntry entry;
  entry.id = e.standby.value();
  entry.buyer = e.buyer.value();
  entry.key = e.key;
  entry.sale = e.sale.value();
  entry.line_count = static_cast<std::uint8_t>(e.lines.size());
  if (e.lines.size() == 1) {
    entry.item = e.lines[0].item.value();
    entry.quantity = e.lines[0].quantity;
    entry.slot = s->items[entry.item].line.join(index);
  } else {
    entry.slot = line_pool.size();
    for (const Line& line : e.lines) {
      const std::uint32_t slot = s->items[line.item.value()].line.join(index);
      line_pool.push_back({line.item.value(), line.quantity, slot});
    }
  }
  BuyerRefs& refs = s->buyers[entry.buyer];
  entry.older_of_buyer = refs.entry;
  refs.entry = index;
  entries.push_back(entry);
  ++s->waiting;
  touch(e.sale, *s);
  return nullptr;
}

void BookState::end_entry(SaleState& s, Index index, EntryState how) {
  StandbyEntry& entry = entries[index];
  entry.state = how;
  --s.waiting;
  each_line(entry, [&s](std::uint16_t item, std::uint16_t, std::uint32_t slot) {
    s.items[item].line.leave(slot);
    s.mark(item);
  });
}

Problem BookState::evolve(const event::StandbyLeft& e, TimePoint) {
  const Index index = find_entry(e.standby);
  if (index == kNone || entries[index].sale != e.sale.value() ||
      entries[index].buyer != e.buyer.value()) {
    return "an unknown standby entry";
  }
  if (entries[index].state != EntryState::waiting) return "a standby entry that left before";
  EntryState how = EntryState::left;
  switch (e.how) {
    case event::StandbyEnd::left:
      how = EntryState::left;
      break;
    case event::StandbyEnd::unsatisfiable:
      how = EntryState::unsatisfiable;
      break;
    case event::StandbyEnd::sold_out:
      how = EntryState::sold_out;
      break;
    case event::StandbyEnd::closed:
      how = EntryState::closed;
      break;
  }
  SaleState& s = *sales[e.sale.value() - 1];
  end_entry(s, index, how);
  touch(e.sale, s);
  return nullptr;
}

}  // namespace onrush::sale
