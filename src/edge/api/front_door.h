// What the guards in front of stock share between all workers: the keys of the client filter and of
// the purchase paths, and the leaky buckets.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "admission/client_filter.h"
#include "admission/leaky_bucket.h"
#include "admission/purchase_path.h"
#include "base/hmac.h"
#include "sale/ids.h"
#include "sale/rules.h"

namespace onrush::api {

class FrontDoor {
 public:
  // `secret`: the same after a restart and on every node; the salts and paths follow from it.
  explicit FrontDoor(std::string_view secret);

  // Thread-safe. The salt is public: it is in the Sale document.
  [[nodiscard]] admission::FilterRule filter_rule(const sale::SaleRules& rules) const;
  [[nodiscard]] std::string filter_salt_hex(const sale::SaleRules& rules) const;
  [[nodiscard]] const admission::PurchasePaths& paths() const { return paths_; }
  // The one bucket of the sale, made when it is first asked for, and anew when the sale gets other
  // numbers. Takes a lock: ask once for each version of the rules.
  [[nodiscard]] std::shared_ptr<admission::LeakyBucket> bucket(sale::SaleNo sale,
                                                               const sale::BucketRules& rules,
                                                               admission::SteadyTime now);
  // How many wait in a sale's bucket: their turns are given and still to come.
  [[nodiscard]] std::uint64_t waiting(sale::SaleNo sale, admission::SteadyTime now) const;

 private:
  HmacSha256 salts_;
  admission::PurchasePaths paths_;
  mutable std::mutex mutex_;
  std::map<sale::SaleNo, std::shared_ptr<admission::LeakyBucket>> buckets_;
};

}  // namespace onrush::api
