// Turns the words of an order search into a condition over `orders o`.
//
// Orders do not carry text of their own; sales and items do, and those are few. So a word is looked
// up there first, and what comes out is a condition on numbers: writing orders costs nothing for
// the sake of searching, and Chinese needs no word breaking.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/sql/connection.h"

namespace onrush::sql {

// " AND (…) AND (…)", one for each word; "" when there are no words; nothing when no order can
// match. Throws SqlFailure, invalid when there are too many words.
[[nodiscard]] std::optional<std::string> search_condition(Connection& connection,
                                                          std::string_view text);

}  // namespace onrush::sql
