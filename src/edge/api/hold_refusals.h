// Complete, prepared answers for those whom the latch refuses; one for each item and kind of
// refusal, made again when its numbers change, but at most every few milliseconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/answers.h"

namespace onrush::api {

// A "no" that needs no trip to the box office: one of sold_out, not_open, paused, closed,
// pass_required.
struct LatchRefusal {
  sale::Verdict verdict = sale::Verdict::closed;
  sale::Phase phase = sale::Phase::closed;
  std::uint32_t may_return = 0;  // sold_out
  TimePoint when{};              // not_open: opens_at
  [[nodiscard]] sale::Outcome outcome() const;
};

class HoldRefusals {
 public:
  // `common_headers`: the lines that every answer carries, CORS for the pages' own origin included.
  explicit HoldRefusals(std::string common_headers) : common_headers_(std::move(common_headers)) {}

  // Whole response bytes, valid until the next call. The document has no trace id: it is the same
  // for everybody.
  [[nodiscard]] std::string_view get(sale::SaleNo sale, sale::ItemNo item,
                                     const LatchRefusal& refusal, TimePoint now);

 private:
  struct Prepared {
    std::string bytes;
    std::int64_t number =
        -1;  // what the text depends on: may_return, or the seconds until opens_at
    std::int64_t opens_at = 0;
    TimePoint prepared_at{};
  };
  struct PerItem {
    Prepared by_kind[5];
  };

  std::string common_headers_;
  std::vector<std::vector<PerItem>> items_;  // by sale, by item
};

}  // namespace onrush::api
