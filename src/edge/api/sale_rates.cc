#include "edge/api/sale_rates.h"

#include <optional>

namespace onrush::api {
namespace {

struct Happened {
  sale::SaleNo sale;
  SaleRates::Kind kind;
};

std::optional<Happened> what_happened(const sale::Event& event) {
  if (const auto* e = std::get_if<sale::event::HoldGranted>(&event))
    return Happened{e->sale, SaleRates::granted};
  if (const auto* e = std::get_if<sale::event::StandbyJoined>(&event))
    return Happened{e->sale, SaleRates::standby};
  if (const auto* e = std::get_if<sale::event::HoldEnded>(&event))
    return Happened{e->sale, SaleRates::ended};
  if (const auto* e = std::get_if<sale::event::OrderConfirmed>(&event))
    return Happened{e->sale, SaleRates::paid};
  if (const auto* e = std::get_if<sale::event::LateOrderFulfilled>(&event))
    return Happened{e->sale, SaleRates::paid};
  if (const auto* e = std::get_if<sale::event::PaymentCaptured>(&event)) {
    if (e->use == sale::event::MoneyUse::fulfilled) return Happened{e->sale, SaleRates::paid};
  }
  return std::nullopt;
}

std::int64_t second_of(TimePoint at) {
  return to_millis(at) / 1000;
}

}  // namespace

void SaleRates::on_events(std::uint64_t /*first_seq*/, TimePoint at,
                          std::span<const sale::Event> events) noexcept {
  const std::int64_t second = second_of(at);
  const std::lock_guard lock(mutex_);
  for (const sale::Event& event : events) {
    const auto happened = what_happened(event);
    if (!happened) continue;
    PerSale& sale = sales_[happened->sale];
    Bucket& bucket = sale.buckets[static_cast<std::size_t>(second) % sale.buckets.size()];
    if (bucket.second != second) bucket = {second, {}};
    ++bucket.count[happened->kind];
    ++sale.total[happened->kind];
  }
}

SaleRates::Rates SaleRates::rates(sale::SaleNo sale, TimePoint now) const {
  Rates rates;
  const std::lock_guard lock(mutex_);
  const auto known = sales_.find(sale);
  if (known == sales_.end()) return rates;
  rates.total = known->second.total;
  const std::int64_t current = second_of(now);
  // Whole seconds only: the current one is still filling.
  for (const Bucket& bucket : known->second.buckets) {
    if (bucket.second >= current || bucket.second < current - kWindowSeconds) continue;
    for (std::size_t k = 0; k < kKinds; ++k) {
      rates.per_second[k] +=
          static_cast<double>(bucket.count[k]) / static_cast<double>(kWindowSeconds);
    }
  }
  return rates;
}

}  // namespace onrush::api
