// RateController: how many numbers of a line to call, so that passes are claimed at the rate that
// is aimed at although some of those called stay away. Formula and reasons: docs/line.md, "The
// rate".
//
// 1. Everything is a whole number, so that every machine and every replay calls the same numbers.
// 2. Only what happened changes it (called, claimed, …); view() derives from that and from the time
//    what is so now. A book that is replayed is the book that ran.
// 3. It keeps some hundred numbers, however long the line is.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "sale/rules.h"

namespace onrush::sale {

class RateController {
 public:
  static constexpr Millis kCallEvery{100};
  static constexpr std::int64_t kWhole = 1'000'000;  // one claim, one in ratios

  explicit RateController(const LineRules& rules)
      : rate_(rules.rate), pass_(rules.pass), claim_(rules.claim) {}

  // What is so at a time not before the last change.
  struct View {
    std::uint32_t pending = 0;            // called, not claimed, and still expected
    std::uint32_t active = 0;             // passes neither used nor lapsed
    std::int64_t show = kWhole;           // share of those called who are expected to claim
    std::int64_t credit = 0;              // claims to be had by now, less those that were
    std::optional<TimePoint> next_lapse;  // when pending or active next falls by itself
    // Claims to be had that nobody who was called is expected to make.
    [[nodiscard]] std::int64_t owed() const { return credit - show * pending; }
  };
  [[nodiscard]] View view(TimePoint now) const;
  // Numbers to call now, if `expected` more may be expected to claim and `places` more be called.
  [[nodiscard]] std::uint32_t to_call(TimePoint now, std::int64_t expected,
                                      std::int64_t places) const;
  // When to_call() will next be more than nothing, if nothing happens and nothing else limits it.
  [[nodiscard]] TimePoint call_due(const View& view) const;

  // --- what happened
  void run(TimePoint at);    // the sale opened, or goes on
  void pause(TimePoint at);  // no claims are to be had from now on
  void set_rate(std::uint32_t rate, TimePoint at);
  void called(std::uint32_t upto, std::uint32_t present, TimePoint at);
  // `first`: the place had no pass before.
  void claimed(std::uint32_t number, bool first, TimePoint at, TimePoint expires);
  void stayed_away(std::uint32_t number, TimePoint at);  // a called, unclaimed place was left
  void pass_ended(TimePoint expires, TimePoint at);      // used, or given up

  [[nodiscard]] std::uint32_t rate() const { return rate_; }
  // Passes claimed a second over the last ten full seconds, in thousandths.
  [[nodiscard]] std::uint32_t claim_rate_milli(TimePoint now) const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);
  // For invariants: the numbers up to this one are no longer expected; all counts are of those
  // behind it.
  [[nodiscard]] std::uint32_t settled_upto() const { return settled_upto_; }
  [[nodiscard]] std::uint32_t pending() const;
  [[nodiscard]] std::uint32_t active() const;
  // Whether the lapse of this pass is still to be counted.
  [[nodiscard]] bool counts(TimePoint expires) const;

 private:
  struct Call {  // numbers called at about one time
    std::int64_t at = 0;
    std::uint32_t upto = 0;
    std::uint32_t present = 0;  // of them, not known to have left
    std::uint32_t claimed = 0;
    std::uint32_t away = 0;
  };
  struct Passes {  // that lapse at about one time
    std::int64_t until = 0;
    std::uint32_t count = 0;
  };
  // Shares of those called who came, of calls whose time is over.
  struct Shown {
    std::uint64_t present = 0;
    std::uint64_t claimed = 0;
  };
  static constexpr std::size_t kSeconds = 10;

  [[nodiscard]] std::int64_t window() const;
  [[nodiscard]] std::int64_t grain(Millis life) const;
  [[nodiscard]] std::int64_t until_of(TimePoint expires) const;
  void count_shown(Shown& shown, const Call& call) const;
  [[nodiscard]] static std::int64_t show_of(const Shown& shown);
  Call* call_of(std::uint32_t number);
  void settle(TimePoint at);
  void count_second(std::int64_t second);

  std::uint32_t rate_;
  Millis pass_;
  Millis claim_;
  bool running_ = false;
  std::int64_t since_ = 0;      // ms; when credit_ was so
  std::int64_t credit_ = 0;     // millionths of a claim
  std::int64_t last_call_ = 0;  // ms
  std::int64_t delay_ = -1;     // ms from call to claim, a moving mean; -1: none seen
  std::uint32_t settled_upto_ = 0;
  Shown shown_;
  std::deque<Call> calls_;
  std::deque<Passes> passes_;
  std::int64_t second_ = 0;  // the newest of the seconds counted in claims_
  std::int64_t first_second_ = 0;
  std::array<std::uint32_t, kSeconds + 1> claims_{};  // by second, modulo
};

}  // namespace onrush::sale
