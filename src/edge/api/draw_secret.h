// The secret of a draw: made where a sale file is applied, because no file may hold it.
#pragma once

#include "edge/live/sale_directory.h"
#include "sale/rules.h"

namespace onrush::api {

// The rules with the secret that DefineSale needs: that of the sale of the same key if it has one,
// so that a commitment that has been published stays; else a random one if the sale draws lots.
[[nodiscard]] sale::RulesPtr with_draw_secret(sale::SaleRules rules, const live::SaleList& sales);

}  // namespace onrush::api
