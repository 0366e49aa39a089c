#include "edge/api/door_guards.h"

namespace onrush::api {

std::optional<GuardRefusal> DoorGuards::registration(const live::SaleEntry& sale,
                                                     sale::BuyerId buyer) const {
  if (sale.rules->admission.registration != sale::RegistrationMode::required) return std::nullopt;
  if (station_.context.known_buyers.may_be_registered(sale.sale, buyer)) return std::nullopt;
  return GuardRefusal{Layer::registration_required, "This sale is for those who registered."};
}

std::optional<GuardRefusal> DoorGuards::filter(const live::SaleEntry& sale, sale::BuyerId buyer,
                                               TimePoint now) {
  if (!sale.rules->admission.filter.on()) return std::nullopt;
  if (rules_.size() <= sale.sale.value()) rules_.resize(sale.sale.value() + std::size_t{1});
  FilterOf& known = rules_[sale.sale.value()];
  if (known.made_from != sale.rules)
    known = {sale.rules, station_.context.front_door.filter_rule(*sale.rules)};
  const auto wait = filter_.refuses(known.rule, sale.sale.value(), buyer.value(), now);
  if (!wait) return std::nullopt;
  return GuardRefusal{Layer::filtered, "This is not one of your time slots.", *wait};
}

std::optional<GuardRefusal> DoorGuards::path(const live::SaleEntry& sale, sale::BuyerId buyer,
                                             std::string_view code, TimePoint now) const {
  if (!sale.rules->admission.purchase_path) return std::nullopt;
  if (station_.context.front_door.paths().holds(code, sale.sale.value(), buyer.value(), now))
    return std::nullopt;
  return GuardRefusal{Layer::path_required,
                      code.empty() ? "Ask for your purchase path first: GET …/path."
                                   : "This purchase path is over, or another's: GET …/path."};
}

}  // namespace onrush::api
