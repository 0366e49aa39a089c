#include "edge/api/draw_secret.h"

#include <sodium.h>

#include "base/invariant.h"

namespace onrush::api {

sale::RulesPtr with_draw_secret(sale::SaleRules rules) {
  if (rules.line.mode == sale::LineMode::draw) {
    INVARIANT(sodium_init() >= 0, "libsodium has a source of randomness");
    randombytes_buf(rules.line.draw_secret.data(), rules.line.draw_secret.size());
  }
  return std::make_shared<const sale::SaleRules>(std::move(rules));
}

}  // namespace onrush::api
