// Orders as the read model has them: lists for buyers and staff.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "edge/live/json_writer.h"
#include "ports/account_store.h"
#include "ports/read_model.h"

namespace onrush::api {

inline constexpr std::uint32_t kPageMax = 200;

// Reads sale, state, item, from, until, q, cursor and limit of a query string. Error: invalid.
[[nodiscard]] Result<ports::OrderQuery> read_order_query(std::string_view query);
// A limit of 1..kPageMax, 50 if absent. Error: invalid.
[[nodiscard]] Result<std::uint32_t> read_limit(std::string_view query);

// The read model holds no addresses: a text that looks like one becomes the buyer whose it is.
// Nothing: nobody's. Blocks.
[[nodiscard]] Result<std::optional<ports::OrderQuery>> with_buyer_of_address(
    ports::AccountStore& accounts, ports::OrderQuery query);

[[nodiscard]] std::optional<sale::OrderState> parse_order_state(std::string_view name);
// {"orders":[…],"next_cursor":"…"|null}; a full page has a next one.
[[nodiscard]] std::string orders_document(const std::vector<ports::OrderRow>& rows,
                                          std::uint32_t limit);

}  // namespace onrush::api
