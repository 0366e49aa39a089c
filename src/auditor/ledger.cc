// Phases, holds and standby; money is in ledger_money.cc, sums in ledger_totals.cc.
#include "auditor/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace onrush::auditor {

using sale::OrderState;
using sale::Phase;
using sale::PhaseReason;

namespace {

// The arrows of the sale's life, as docs and phase.h draw them; a cancellation goes to closed from
// anywhere, a restock may open again what had closed because all was paid for.
bool phase_may_change(Phase from, Phase to, PhaseReason reason) {
  if (reason == PhaseReason::cancelled) return to == Phase::closed && from != Phase::settled;
  switch (from) {
    case Phase::draft:
      return to == Phase::announced;
    case Phase::announced:
      return to == Phase::lobby || to == Phase::open || to == Phase::closed;
    case Phase::lobby:
      return to == Phase::open || to == Phase::closed;
    case Phase::open:
      return to == Phase::paused || to == Phase::closed;
    case Phase::paused:
      return to == Phase::open || to == Phase::closed;
    case Phase::closed:
      return to == Phase::settled || to == Phase::open;
    case Phase::settled:
      return false;
  }
  return false;
}

}  // namespace

void Ledger::apply(const sale::Event& event, TimePoint at, std::uint64_t seq) {
  at_ = at;
  seq_ = seq;
  std::visit(
      [this](const auto& e) {
        on(e);
        if (Sale* s = e.sale.value() >= 1 && e.sale.value() <= sales_.size()
                          ? &sales_[e.sale.value() - 1]
                          : nullptr) {
          s->changed_at = at_;
        }
      },
      event);
}

void Ledger::broken(std::string code, std::string text) {
  ++report_.violation_count;
  if (report_.violations.size() < kViolationsKept) {
    report_.violations.push_back({seq_, std::move(code), std::move(text)});
  }
}

Ledger::Sale* Ledger::sale_of(sale::SaleNo no) {
  if (no.value() >= 1 && no.value() <= sales_.size()) return &sales_[no.value() - 1];
  broken("unknown_sale", fmt::format("sale number {} was never defined", no.value()));
  return nullptr;
}

Ledger::Order* Ledger::order_of(sale::SaleNo no, sale::OrderId id, sale::BuyerId buyer) {
  const auto found = orders_.find(id.value());
  if (sale_of(no) == nullptr) return nullptr;
  if (found == orders_.end()) {
    broken("unknown_order", fmt::format("order {} was never granted", id.value()));
    return nullptr;
  }
  if (found->second.sale != no.value() || found->second.buyer != buyer.value()) {
    broken("foreign_order", fmt::format("order {} belongs to another buyer or sale", id.value()));
    return nullptr;
  }
  touched_.push_back(id.value());
  return &found->second;
}

void Ledger::must_be(const Order& order, std::uint64_t id,
                     std::initializer_list<OrderState> states) {
  if (std::find(states.begin(), states.end(), order.state) != states.end()) return;
  broken("order_state",
         fmt::format("order {} is {}, and this cannot follow", id, to_string(order.state)));
}

sale::Lines Ledger::lines_of(const sale::Units& units) {
  sale::Lines lines;
  for (const sale::UnitRef& unit : units) {
    const auto same = std::find_if(lines.begin(), lines.end(),
                                   [&](const sale::Line& line) { return line.item == unit.item; });
    if (same != lines.end()) {
      ++same->quantity;
    } else if (lines.size() < lines.capacity()) {
      lines.push_back({unit.item, 1});
    }
  }
  return lines;
}

// free → held or paid. A unit that is not free keeps its first owner, so that the books stay
// countable.
void Ledger::take(Sale& s, std::uint64_t order, const sale::Units& units, bool paid) {
  for (const sale::UnitRef& ref : units) {
    if (ref.item.value() >= s.items.size() || ref.unit.value() < 1 ||
        ref.unit.value() > s.items[ref.item.value()].owners.size()) {
      broken("unit_out_of_range", fmt::format("order {}: unit {} of item {} does not exist", order,
                                              ref.unit.value(), ref.item.value()));
      continue;
    }
    Item& item = s.items[ref.item.value()];
    std::uint64_t& owner = item.owners[ref.unit.value() - 1];
    if (owner != 0) {
      broken("unit_owned_twice",
             fmt::format("unit {} of {} is order {}'s and was given to order {}", ref.unit.value(),
                         item.key, owner, order));
      continue;
    }
    owner = order;
    --item.free;
    ++(paid ? item.paid : item.held);
  }
}

void Ledger::give_back(Sale& s, std::uint64_t id, const Order& order, bool paid) {
  for (const sale::UnitRef& ref : order.units) {
    if (ref.item.value() >= s.items.size()) continue;  // reported when it was given
    Item& item = s.items[ref.item.value()];
    if (ref.unit.value() < 1 || ref.unit.value() > item.owners.size()) continue;
    std::uint64_t& owner = item.owners[ref.unit.value() - 1];
    if (owner != id) continue;  // reported as owned twice
    owner = 0;
    ++item.free;
    --(paid ? item.paid : item.held);
  }
}

void Ledger::pay(Sale& s, const Order& order) {
  for (const sale::UnitRef& ref : order.units) {
    if (ref.item.value() >= s.items.size()) continue;
    Item& item = s.items[ref.item.value()];
    if (item.held == 0) {
      broken("units_do_not_add_up",
             fmt::format("more units of {} are paid for than are held", item.key));
      continue;
    }
    --item.held;
    ++item.paid;
  }
}

void Ledger::count_buyer(Sale& s, std::uint64_t id, const sale::Lines& lines, bool more) {
  Buyer& buyer = s.buyers[id];
  for (const sale::Line& line : lines) {
    std::uint32_t& units = buyer.units[line.item.value()];
    units = more ? units + line.quantity : units - std::min<std::uint32_t>(units, line.quantity);
    buyer.all = more ? buyer.all + line.quantity
                     : buyer.all - std::min<std::uint32_t>(buyer.all, line.quantity);
  }
}

void Ledger::check_limits(const Sale& s, std::uint64_t id) {
  const Buyer& buyer = s.buyers.at(id);
  if (buyer.all > s.rules->per_buyer) {
    broken("buyer_limit", fmt::format("buyer {} has {} units, one buyer may have {}", id, buyer.all,
                                      s.rules->per_buyer));
  }
  for (const auto& [item, units] : buyer.units) {
    if (item < s.items.size() && units > s.items[item].per_buyer) {
      broken("buyer_limit", fmt::format("buyer {} has {} units of {}, one buyer may have {}", id,
                                        units, s.items[item].key, s.items[item].per_buyer));
    }
  }
  if (buyer.attempts > s.rules->orders_per_buyer) {
    broken("buyer_limit", fmt::format("buyer {} started {} orders, one buyer may start {}", id,
                                      buyer.attempts, s.rules->orders_per_buyer));
  }
}

// The first entry that still waits; 0 if none.
std::uint64_t Ledger::head(Item& item) {
  while (!item.line.empty() && !entries_.at(item.line.front()).waiting) item.line.pop_front();
  return item.line.empty() ? 0 : item.line.front();
}

bool Ledger::nobody_waits(Sale& s, const sale::Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [&](const sale::Line& line) {
    if (line.item.value() >= s.items.size()) return true;
    Item& item = s.items[line.item.value()];
    return item.paid_line.empty() && head(item) == 0;
  });
}

bool Ledger::can_return(const Sale& s, const sale::Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [&](const sale::Line& line) {
    const Item& item = s.items.at(line.item.value());
    return item.free + item.held >= line.quantity;
  });
}

bool Ledger::all_free(const Sale& s, const sale::Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [&](const sale::Line& line) {
    return s.items.at(line.item.value()).free >= line.quantity;
  });
}

void Ledger::on(const sale::event::SaleDefined& e) {
  if (e.sale.value() == sales_.size() + 1) {
    sales_.emplace_back();
  } else if (e.sale.value() < 1 || e.sale.value() > sales_.size()) {
    return broken("unknown_sale",
                  fmt::format("sale number {} is defined out of order", e.sale.value()));
  }
  Sale& s = sales_[e.sale.value() - 1];
  if (s.phase != Phase::draft && s.phase != Phase::announced) {
    return broken("phase", fmt::format("sale {} was redefined after it had begun", e.rules->key));
  }
  s.rules = e.rules;
  s.line.lobby = std::make_unique<LobbyChain>(e.rules->key);
  if (e.rules->line.mode != sale::LineMode::draw) s.line.beacon.clear();
  s.items.clear();
  for (const sale::ItemRules& rules : e.rules->items) {
    Item item;
    item.key = rules.key;
    item.price = rules.price.minor;
    item.per_buyer = rules.per_buyer;
    item.owners.resize(rules.stock);
    item.free = rules.stock;
    s.items.push_back(std::move(item));
  }
}

void Ledger::on(const sale::event::PhaseChanged& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  const std::string& key = s->rules->key;
  if (e.from != s->phase || !phase_may_change(e.from, e.to, e.reason) ||
      (s->phase == Phase::closed && s->cancelled() && e.to != Phase::settled)) {
    broken("phase", fmt::format("sale {} is {} and went from {} to {}", key, to_string(s->phase),
                                to_string(e.from), to_string(e.to)));
  }
  if (e.reason == PhaseReason::schedule && ((e.to == Phase::open && at_ < s->rules->opens_at) ||
                                            (e.to == Phase::closed && at_ < s->rules->closes_at))) {
    broken("phase", fmt::format("sale {} went to {} before its time", key, to_string(e.to)));
  }
  std::uint64_t unpaid = 0, held = 0, waiting = 0;
  for (const Item& item : s->items) {
    unpaid += item.free + item.held;
    held += item.held;
    waiting += item.waiting + item.paid_line.size();
  }
  if (e.reason == PhaseReason::sold_out && unpaid != 0) {
    broken("undersold",
           fmt::format("sale {} closed as sold out with {} units unpaid", key, unpaid));
  }
  if (e.to == Phase::settled && (held != 0 || waiting != 0 || s->refunds_due != 0)) {
    broken("settled_too_early",
           fmt::format("sale {} settled with {} held, {} waiting, {} refunds due", key, held,
                       waiting, s->refunds_due));
  }
  s->phase = e.to;
  if (e.to == Phase::open) s->line.opened = true;
  if (e.to != Phase::settled || !s->cancelled()) s->reason = e.reason;
}

void Ledger::on(const sale::event::Restocked& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  if (e.item.value() >= s->items.size())
    return broken("unknown_item", "a restock of an item that does not exist");
  if (s->phase == Phase::settled || s->cancelled())
    broken("phase", "a restock of a sale that is over");
  Item& item = s->items[e.item.value()];
  item.owners.resize(item.owners.size() + e.count);
  item.free += e.count;
}

void Ledger::on(const sale::event::Rescheduled& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  auto rules = std::make_shared<sale::SaleRules>(*s->rules);
  rules->lobby_at = e.lobby_at;
  rules->opens_at = e.opens_at;
  rules->closes_at = e.closes_at;
  s->rules = std::move(rules);
}

void Ledger::on(const sale::event::HoldGranted& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  const std::uint64_t id = e.order.value();
  for (const sale::UnitRef& unit : e.units) {
    if (unit.item.value() < s->items.size()) continue;
    return broken("unit_out_of_range",
                  fmt::format("order {}: item {} does not exist", id, unit.item.value()));
  }
  const sale::Lines lines = lines_of(e.units);
  const bool for_standby = e.standby.value() != 0;
  if (s->phase != Phase::open && !(for_standby && s->phase == Phase::closed && !s->cancelled())) {
    broken("grant_while_not_open", fmt::format("order {} was granted while sale {} was {}", id,
                                               s->rules->key, to_string(s->phase)));
  }
  if (orders_.contains(id))
    return broken("order_twice", fmt::format("order {} was granted twice", id));
  if (e.deadline != at_ + s->rules->hold) {
    broken("deadline",
           fmt::format("order {}: its deadline is not the hold time after the grant", id));
  }
  std::int64_t price = 0;
  for (const sale::UnitRef& unit : e.units) price += s->items[unit.item.value()].price;
  if (price != e.amount.minor) broken("money", fmt::format("order {} has the wrong amount", id));
  if (for_standby) {
    const auto found = entries_.find(e.standby.value());
    if (found == entries_.end() || !found->second.waiting || found->second.sale != e.sale.value() ||
        found->second.buyer != e.buyer.value()) {
      broken("standby_order", fmt::format("order {} answers standby {}, which does not wait", id,
                                          e.standby.value()));
    } else {
      for (const sale::Line& line : found->second.lines) {
        Item& item = s->items[line.item.value()];
        if (!item.paid_line.empty() || head(item) != e.standby.value()) {
          broken("standby_order", fmt::format("standby {} was served before its turn for {}",
                                              e.standby.value(), item.key));
        }
      }
      auto wanted = found->second.lines;
      auto got = lines;
      std::sort(wanted.begin(), wanted.end());
      std::sort(got.begin(), got.end());
      if (wanted != got)
        broken("standby_order",
               fmt::format("order {} is not what standby {} asked for", id, e.standby.value()));
      end_entry(*s, found->second);
    }
  } else {
    if (!nobody_waits(*s, lines)) {
      broken("standby_order",
             fmt::format("order {} was granted past those who wait in standby", id));
    }
    use_pass(*s, e.buyer.value());
    ++s->buyers[e.buyer.value()].attempts;
  }
  take(*s, id, e.units, false);
  Order order;
  order.sale = e.sale.value();
  order.buyer = e.buyer.value();
  order.deadline = e.deadline;
  order.amount = e.amount.minor;
  order.units = e.units;
  orders_.emplace(id, std::move(order));
  touched_.push_back(id);
  count_buyer(*s, e.buyer.value(), lines, true);
  check_limits(*s, e.buyer.value());
}

void Ledger::on(const sale::event::HoldEnded& e) {
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr) return;
  must_be(*order, e.order.value(), {OrderState::awaiting_payment});
  if (order->state != OrderState::awaiting_payment) return;
  Sale& s = *sale_of(e.sale);
  switch (e.how) {
    case sale::event::HoldEnd::expired:
      if (at_ < order->deadline) {
        broken("expired_early", fmt::format("order {} expired {} ms before its deadline",
                                            e.order.value(), (order->deadline - at_).count()));
      }
      order->state = OrderState::expired;
      break;
    case sale::event::HoldEnd::declined:
      order->state = OrderState::declined;
      break;
    case sale::event::HoldEnd::cancelled:
      if (!s.cancelled())
        broken("phase", fmt::format("order {} was cancelled, its sale was not", e.order.value()));
      order->state = OrderState::released;
      break;
    case sale::event::HoldEnd::released:
      order->state = OrderState::released;
      break;
  }
  give_back(s, e.order.value(), *order, false);
  count_buyer(s, order->buyer, lines_of(order->units), false);
}

void Ledger::on(const sale::event::OrderConfirmed& e) {
  Order* order = order_of(e.sale, e.order, e.buyer);
  if (order == nullptr) return;
  must_be(*order, e.order.value(), {OrderState::awaiting_payment});
  if (order->state != OrderState::awaiting_payment) return;
  order->state = OrderState::paid;
  order->confirmed = true;
  pay(*sale_of(e.sale), *order);
}

void Ledger::on(const sale::event::StandbyJoined& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  if (s->phase != Phase::open)
    broken("grant_while_not_open", "a standby entry in a sale that was not open");
  for (const sale::Line& line : e.lines) {
    if (line.item.value() >= s->items.size())
      return broken("unknown_item", "standby for an item that does not exist");
  }
  Entry entry;
  entry.sale = e.sale.value();
  entry.buyer = e.buyer.value();
  entry.lines = e.lines;
  if (!entries_.emplace(e.standby.value(), std::move(entry)).second) {
    return broken("order_twice", fmt::format("standby {} joined twice", e.standby.value()));
  }
  use_pass(*s, e.buyer.value());
  for (const sale::Line& line : e.lines) {
    Item& item = s->items[line.item.value()];
    item.line.push_back(e.standby.value());
    ++item.waiting;
    if (item.waiting > s->rules->items[line.item.value()].standby_capacity) {
      broken("standby_full",
             fmt::format("more wait for {} than its standby line has room for", item.key));
    }
  }
  ++s->buyers[e.buyer.value()].attempts;
  count_buyer(*s, e.buyer.value(), e.lines, true);
  check_limits(*s, e.buyer.value());
}

void Ledger::end_entry(Sale& s, Entry& entry) {
  entry.waiting = false;
  for (const sale::Line& line : entry.lines) --s.items[line.item.value()].waiting;
  count_buyer(s, entry.buyer, entry.lines, false);
}

void Ledger::on(const sale::event::StandbyLeft& e) {
  Sale* s = sale_of(e.sale);
  if (s == nullptr) return;
  const auto found = entries_.find(e.standby.value());
  if (found == entries_.end() || !found->second.waiting || found->second.sale != e.sale.value() ||
      found->second.buyer != e.buyer.value()) {
    return broken("standby_order",
                  fmt::format("standby {} left and did not wait", e.standby.value()));
  }
  // Dismissed, and not by a cancellation: only when the units can no longer come back.
  if (e.how != sale::event::StandbyEnd::left && !s->cancelled() &&
      can_return(*s, found->second.lines)) {
    broken("undersold", fmt::format("standby {} was dismissed while its units could still come",
                                    e.standby.value()));
  }
  end_entry(*s, found->second);
}

}  // namespace onrush::auditor
