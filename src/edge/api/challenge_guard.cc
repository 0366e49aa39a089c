#include "edge/api/challenge_guard.h"

namespace onrush::api {

std::optional<ChallengeLack> challenge_lack(Station& station, const live::SaleEntry& sale,
                                            sale::BuyerId buyer, const http::Request& request,
                                            TimePoint now) {
  const sale::AdmissionRules& rules = sale.rules->admission;
  if (!Challenges::asked_by(rules)) return std::nullopt;
  const auto token = station.tokens.verify(request.header(http::Header::onrush_challenge),
                                           accounts::TokenKind::challenge, now);
  const bool solved = token && token->subject == buyer && token->sale == sale.sale;
  const std::uint64_t done = solved ? token->number : 0;
  if (rules.script_score && done < needed_level(station, sale, buyer, request, now))
    return ChallengeLack::raised;
  if (!solved) return ChallengeLack::missing;
  return std::nullopt;
}

unsigned needed_level(Station& station, const live::SaleEntry& sale, sale::BuyerId buyer,
                      const http::Request& request, TimePoint now) {
  const sale::AdmissionRules& rules = sale.rules->admission;
  if (!rules.script_score) return 0;
  return station.context.challenges.level_of({sale.sale, buyer},
                                             station.context.rate_limits.network_of(request),
                                             request.header(http::Header::user_agent), now);
}

std::optional<GuardRefusal> challenge_refusal(Station& station, const live::SaleEntry& sale,
                                              sale::BuyerId buyer, const http::Request& request,
                                              TimePoint now) {
  const auto lack = challenge_lack(station, sale, buyer, request, now);
  if (!lack) return std::nullopt;
  const bool raised = lack == ChallengeLack::raised;
  return GuardRefusal{Layer::challenge_required,
                      raised ? "Solve a harder challenge first: GET …/challenge."
                             : "Solve the challenge of this sale first: GET …/challenge.",
                      Millis{0}, raised};
}

}  // namespace onrush::api
