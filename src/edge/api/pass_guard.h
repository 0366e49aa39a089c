// The pass guard: in a sale whose line is on, only those whose turn has come may ask for a hold.
//
// A pass is a signed token in the header Onrush-Pass. The guard checks the signature, for whom and
// for which sale it is, and its expiry: no state is asked. A pass that has been used meanwhile is
// found out by the box office, which has the last word.
#pragma once

#include "accounts/tokens.h"
#include "sale/rules.h"

namespace onrush::api {

// The pass that `token` is, of any buyer.
[[nodiscard]] std::optional<accounts::Claims> read_pass(accounts::Tokens& tokens,
                                                        std::string_view token, sale::SaleNo sale,
                                                        TimePoint now);

// True if the sale has no line, or `token` is this buyer's pass.
[[nodiscard]] bool admits_pass(accounts::Tokens& tokens, std::string_view token,
                               const sale::LineRules& rules, sale::SaleNo sale, sale::BuyerId buyer,
                               TimePoint now);

}  // namespace onrush::api
