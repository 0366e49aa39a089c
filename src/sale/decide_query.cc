// Queries: answered from the state, journaled never.
#include "sale/decision.h"

namespace onrush::sale {

Outcome decide(Decision& d, const command::LookUpOrder& c) {
  const Index index = d.book.find_order(c.order);
  // The same answer for "not there" and "not yours".
  if (index == kNone || (c.buyer.value() != 0 && d.book.orders[index].buyer != c.buyer.value())) {
    return refusal(Verdict::not_found, "There is no such order.");
  }
  return order_outcome(d, Verdict::found, index);
}

Outcome decide(Decision& d, const command::LookUpBuyer& c) {
  const SaleState* s = d.book.sale(c.sale);
  if (s == nullptr) return refusal(Verdict::not_found, "There is no such sale.");
  Outcome outcome;
  outcome.verdict = Verdict::found;
  outcome.sale = c.sale;
  outcome.phase = s->phase;
  outcome.buyer = std::make_shared<BuyerView>();
  const BuyerRefs* refs = s->buyers.find(c.buyer.value());
  if (refs == nullptr) return outcome;
  for (Index i = refs->order; i != kNone; i = d.book.orders[i].older_of_buyer) {
    outcome.buyer->orders.push_back(d.book.view(i));
  }
  for (Index i = refs->entry; i != kNone; i = d.book.entries[i].older_of_buyer) {
    if (d.book.entries[i].state != EntryState::waiting) continue;
    outcome.buyer->standby.push_back(d.book.view_entry(i));
  }
  return outcome;
}

}  // namespace onrush::sale
