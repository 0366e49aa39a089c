// What a guard in front of stock says to a hold request that it stops, and the prepared bytes that
// say it: most of a rush ends here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/api/problems.h"
#include "edge/api/sale_funnel.h"

namespace onrush::api {

struct GuardRefusal {
  Layer layer;
  std::string_view detail;  // one sentence for people; a literal
  Millis wait{0};           // filtered: until the buyer's next time slot
  bool more_asked = false;  // challenge_required: more than the sale asks of everybody

  [[nodiscard]] Problem problem() const;
};

// Of one worker; on its thread only.
class GuardRefusals {
 public:
  // `common_headers`: the lines that every answer carries, CORS for the pages' own origin included.
  explicit GuardRefusals(std::string common_headers) : common_headers_(std::move(common_headers)) {}

  // Whole response bytes, valid until the next call; without a trace id, so that only the wait
  // differs from one buyer to the next.
  [[nodiscard]] std::string_view get(const GuardRefusal& refusal);

 private:
  struct Prepared {
    Layer layer;
    const char* detail;
    std::string bytes;
    std::size_t seconds_at = 0, millis_at = 0;  // where a wait is written; 0: there is none
  };
  Prepared& prepared_for(const GuardRefusal& refusal);

  std::string common_headers_;
  std::vector<Prepared> prepared_;  // a handful
};

}  // namespace onrush::api
