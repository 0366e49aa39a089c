// How the sandbox misbehaves: what real providers do now and then, on demand and repeatably.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sale/ids.h"

namespace onrush::payment_sandbox {

struct Behaviour {
  Millis late{0};                // callbacks come this much later
  unsigned copies = 1;           // each callback is sent this often
  bool reorder = false;          // a stale notice comes before or after the true one
  bool lost = false;             // no callback at all: only a query tells
  Millis unknown_for{0};         // query and a first callback say "unknown" this long
  Millis refuse_refunds_for{0};  // refunds are refused (503) this long, from the first try on
};

// A list of switches, each for all payments or for a share of them:
//   late:1500  duplicate:3  reorder  lost  unknown:5000  refuse_refunds:3000   with @PERCENT behind
//   any
// e.g. "late:2000@20,lost@5". Which payments a share means depends on the seed and the payment's id
// only, not on the order in which they come.
class BehaviourPlan {
 public:
  BehaviourPlan() = default;  // behaves
  [[nodiscard]] static Result<BehaviourPlan> parse(std::string_view text);
  [[nodiscard]] Behaviour decide(std::uint64_t seed, sale::PaymentId payment) const;

 private:
  enum class Switch : std::uint8_t { late, duplicate, reorder, lost, unknown, refuse_refunds };
  struct Rule {
    Switch what;
    std::uint32_t value = 0;
    std::uint32_t percent = 100;
  };
  static Result<Rule> parse_rule(std::string_view text);

  std::vector<Rule> rules_;
};

}  // namespace onrush::payment_sandbox
