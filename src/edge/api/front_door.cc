#include "edge/api/front_door.h"

#include <array>
#include <cstring>

#include "base/hex.h"
#include "base/hkdf.h"

namespace onrush::api {
namespace {

using Key = std::array<std::byte, 32>;

Key key_for(std::string_view secret, std::string_view use) {
  Key key;
  hkdf_sha256(std::as_bytes(std::span(secret)), {}, use, key);
  return key;
}

}  // namespace

FrontDoor::FrontDoor(std::string_view secret)
    : salts_(Bytes(key_for(secret, "onrush filter salt v1"))),
      paths_(Bytes(key_for(secret, "onrush purchase path v1"))) {}

admission::FilterRule FrontDoor::filter_rule(const sale::SaleRules& rules) const {
  admission::FilterRule rule;
  const Mac mac = salts_.mac(rules.key);
  std::memcpy(rule.salt.data(), mac.data(), rule.salt.size());
  rule.ratio = rules.admission.filter.ratio_ppm / 1e6;
  rule.slot = rules.admission.filter.slot;
  return rule;
}

std::string FrontDoor::filter_salt_hex(const sale::SaleRules& rules) const {
  return to_hex(Bytes(filter_rule(rules).salt));
}

std::shared_ptr<admission::LeakyBucket> FrontDoor::bucket(sale::SaleNo sale,
                                                          const sale::BucketRules& rules,
                                                          admission::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  auto& bucket = buckets_[sale];
  if (!bucket || bucket->per_second() != rules.rate || bucket->capacity() != rules.capacity)
    bucket = std::make_shared<admission::LeakyBucket>(rules.rate, rules.capacity, now);
  return bucket;
}

std::uint64_t FrontDoor::waiting(sale::SaleNo sale, admission::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  const auto at = buckets_.find(sale);
  return at == buckets_.end() ? 0 : at->second->waiting(now);
}

}  // namespace onrush::api
