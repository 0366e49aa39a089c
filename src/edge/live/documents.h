// The documents that buyers are told: orders, standby entries, the live state of a sale. One writer
// for HTTP answers and push messages, so that both say the same. Shapes: docs/openapi.json.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "edge/live/json_writer.h"
#include "edge/live/sale_directory.h"
#include "ports/box_office.h"
#include "sale/outcome.h"

namespace onrush::live {

// The members of an Order document, without its braces, so that a caller can put more beside them.
void write_order_members(JsonWriter& out, const sale::OrderView& order, sale::BuyerId buyer,
                         const sale::SaleRules& rules, bool repeated);
[[nodiscard]] std::string order_document(const sale::OrderView& order, sale::BuyerId buyer,
                                         const sale::SaleRules& rules, bool repeated);

void write_standby_members(JsonWriter& out, const sale::StandbyView& standby,
                           const sale::SaleRules& rules);
[[nodiscard]] std::string standby_document(const sale::StandbyView& standby,
                                           const sale::SaleRules& rules);

[[nodiscard]] std::string me_document(const sale::BuyerView& view, sale::BuyerId buyer,
                                      const sale::SaleRules& rules, TimePoint now);

// `items` by ItemNo. The part that changes only with the sale, not with the clock, comes first, so
// that two documents can be compared by what live_document_state() gives.
[[nodiscard]] std::string live_document(const SaleEntry& sale,
                                        std::span<const ports::ItemStatus> items,
                                        const ports::LineStatus& line, TimePoint now);
[[nodiscard]] std::string_view live_document_state(std::string_view document);

// Members "channels" and `links` of the object that is being written.
void write_channels(JsonWriter& out, const sale::AdmissionRules& rules, std::string_view links);

// The public description of a sale: texts, items, prices, times, rules.
[[nodiscard]] std::string sale_document(const SaleEntry& sale);
// The short form of lists.
void write_sale_card(JsonWriter& out, const SaleEntry& sale);

// Drafts are nobody's business but the staff's.
[[nodiscard]] inline bool is_public(const SaleEntry& sale) {
  return sale.phase != sale::Phase::draft;
}

// Nobody can get anything of this item by asking for a hold any more, nor learn anything: the sale
// is closed, no order waits for its money and nobody for a unit. While something is held, its buyer
// may not know of it (the answer was lost on its way), and asking again is how he learns; and what
// is waited for may be held in a moment.
[[nodiscard]] inline bool is_over(const ports::ItemStatus& item) {
  return item.phase >= sale::Phase::closed && item.held == 0 && item.standby == 0;
}

void write_text(JsonWriter& out, std::string_view name, const sale::Text& text);
[[nodiscard]] std::string_view to_string(sale::LateMoney);
[[nodiscard]] std::string_view to_string(sale::PaymentMode);

}  // namespace onrush::live
