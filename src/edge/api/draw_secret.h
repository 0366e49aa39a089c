// The secret of a draw: made where a sale file is applied, because no file may hold it.
#pragma once

#include "sale/rules.h"

namespace onrush::api {

// The rules as DefineSale needs them: with a random secret if the sale draws lots. The state
// machine keeps the secret of before when a sale is defined anew, so that a published commitment
// stays.
[[nodiscard]] sale::RulesPtr with_draw_secret(sale::SaleRules rules);

}  // namespace onrush::api
