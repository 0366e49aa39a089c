#include "edge/api/draw_secret.h"

#include <sodium.h>

#include "base/invariant.h"

namespace onrush::api {

sale::RulesPtr with_draw_secret(sale::SaleRules rules, const live::SaleList& sales) {
  const live::SaleEntry* known = sales.find(rules.key);
  if (known != nullptr) rules.line.draw_secret = known->rules->line.draw_secret;
  if (rules.line.mode == sale::LineMode::draw && rules.line.draw_secret == sale::DrawSecret{}) {
    INVARIANT(sodium_init() >= 0, "libsodium has a source of randomness");
    randombytes_buf(rules.line.draw_secret.data(), rules.line.draw_secret.size());
  }
  return std::make_shared<const sale::SaleRules>(std::move(rules));
}

}  // namespace onrush::api
