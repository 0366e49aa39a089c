#include "edge/api/pass_guard.h"

namespace onrush::api {

std::optional<accounts::Claims> read_pass(accounts::Tokens& tokens, std::string_view token,
                                          sale::SaleNo sale, TimePoint now) {
  const auto claims = tokens.verify(token, accounts::TokenKind::pass, now);
  if (!claims || claims->sale != sale) return std::nullopt;
  return *claims;
}

bool admits_pass(accounts::Tokens& tokens, std::string_view token, const sale::LineRules& rules,
                 sale::SaleNo sale, sale::BuyerId buyer, TimePoint now) {
  if (!rules.on()) return true;
  const auto pass = read_pass(tokens, token, sale, now);
  return pass && pass->subject == buyer;
}

}  // namespace onrush::api
