// The guards in front of stock that need no token of their own: registration, client filter,
// purchase path. Each says why a hold request goes no further, or nothing. hold_desk.cc has the
// order.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "admission/client_filter.h"
#include "edge/api/guard_refusal.h"
#include "edge/api/station.h"

namespace onrush::api {

inline void count_guard(RequestCounts& counts, sale::SaleNo sale, const GuardRefusal& refusal) {
  counts.count_guard(sale, refusal.layer);
  if (refusal.layer == Layer::challenge_required) {
    counts.count_challenge(refusal.more_asked ? ChallengeCount::hold_raised
                                              : ChallengeCount::hold_missing);
  }
}

// Of one worker; on its thread only.
class DoorGuards {
 public:
  explicit DoorGuards(Station& station) : station_(station) {}

  // From a filter without false negatives that the events feed (known_buyers.h): who is surely not
  // registered costs the box office nothing. It never says yes for good; the box office does.
  [[nodiscard]] std::optional<GuardRefusal> registration(const live::SaleEntry& sale,
                                                         sale::BuyerId buyer) const;
  // 403 filtered with `retry_after_ms`: until the buyer's next time slot.
  [[nodiscard]] std::optional<GuardRefusal> filter(const live::SaleEntry& sale, sale::BuyerId buyer,
                                                   TimePoint now);
  // `code`: the last segment of the request's path, "" if it has none.
  [[nodiscard]] std::optional<GuardRefusal> path(const live::SaleEntry& sale, sale::BuyerId buyer,
                                                 std::string_view code, TimePoint now) const;

 private:
  struct FilterOf {
    sale::RulesPtr made_from;
    admission::FilterRule rule;
  };

  Station& station_;
  admission::ClientFilter filter_;
  std::vector<FilterOf> rules_;  // by sale
};

}  // namespace onrush::api
