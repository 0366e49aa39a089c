// What several deciders ask of the state.
#include <algorithm>

#include "sale/decision.h"

namespace onrush::sale {
namespace {

bool has_units(OrderState state) {
  switch (state) {
    case OrderState::awaiting_payment:
    case OrderState::paid:
    case OrderState::paid_standby:
      return true;
    case OrderState::refunded:
    case OrderState::expired:
    case OrderState::released:
    case OrderState::declined:
      return false;
  }
  return false;
}

std::uint32_t total_of(const Lines& lines) {
  std::uint32_t total = 0;
  for (const Line& line : lines) total += line.quantity;
  return total;
}

// Visits all lines of what the buyer has or waits for.
template <class Visit>
void each_owned_line(const BookState& book, const BuyerRefs& refs, Visit visit) {
  for (Index i = refs.order; i != kNone; i = book.orders[i].older_of_buyer) {
    if (has_units(book.orders[i].state)) {
      book.each_unit(book.orders[i], [&](std::uint16_t item, std::uint32_t) { visit(item, 1U); });
    }
  }
  for (Index i = refs.entry; i != kNone; i = book.entries[i].older_of_buyer) {
    if (book.entries[i].state == EntryState::waiting) {
      book.each_line(book.entries[i], [&](std::uint16_t item, std::uint16_t quantity,
                                          std::uint32_t) { visit(item, std::uint32_t{quantity}); });
    }
  }
}

}  // namespace

Units pick_units(const SaleState& s, const Lines& lines) {
  Units units;
  for (const Line& line : lines) {
    s.items[line.item.value()].units.peek(line.quantity, [&](std::uint32_t unit) {
      units.push_back({line.item, UnitNo{unit}});
    });
  }
  return units;
}

bool all_free(const SaleState& s, const Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [&s](const Line& line) {
    return s.items[line.item.value()].units.free() >= line.quantity;
  });
}

bool can_return(const SaleState& s, const Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [&s](const Line& line) {
    const UnitLedger& units = s.items[line.item.value()].units;
    return units.free() + units.held() >= line.quantity;
  });
}

bool anyone_waits(const SaleState& s, const Lines& lines) {
  return std::any_of(lines.begin(), lines.end(),
                     [&s](const Line& line) { return !s.items[line.item.value()].line.empty(); });
}

Money price_of(const SaleState& s, const Lines& lines) {
  Money amount;
  for (const Line& line : lines) amount += s.rules->items[line.item.value()].price * line.quantity;
  return amount;
}

Share share_of(const BookState& book, const SaleState& s, BuyerId buyer) {
  Share share;
  const BuyerRefs* refs = s.buyers.find(buyer.value());
  if (refs == nullptr) return share;
  share.newest = refs->order;
  for (Index i = refs->order; i != kNone; i = book.orders[i].older_of_buyer) ++share.attempts;
  // An entry that was served has become an order, which is counted.
  for (Index i = refs->entry; i != kNone; i = book.entries[i].older_of_buyer) {
    if (book.entries[i].state != EntryState::served) ++share.attempts;
  }
  each_owned_line(book, *refs,
                  [&share](std::uint16_t, std::uint32_t quantity) { share.units += quantity; });
  return share;
}

bool within_limits(const BookState& book, const SaleState& s, const BuyerRefs* refs,
                   const Lines& lines) {
  std::uint32_t total = total_of(lines);
  boost::container::static_vector<std::uint32_t, kLinesMax> by_line;
  for (const Line& line : lines) by_line.push_back(line.quantity);
  if (refs != nullptr) {
    each_owned_line(book, *refs, [&](std::uint16_t item, std::uint32_t quantity) {
      total += quantity;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].item.value() == item) by_line[i] += quantity;
      }
    });
  }
  if (total > s.rules->per_buyer) return false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (by_line[i] > s.rules->items[lines[i].item.value()].per_buyer) return false;
  }
  return true;
}

Outcome order_outcome(const Decision& d, Verdict verdict, Index order, bool repeated) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.repeated = repeated;
  outcome.order = d.book.view(order);
  outcome.sale = outcome.order.sale;
  outcome.phase = d.book.sale(outcome.sale)->phase;
  return outcome;
}

Outcome refusal(Verdict verdict, const char* message) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.message = message;
  return outcome;
}

}  // namespace onrush::sale
