#include "admission/spent_solutions.h"

namespace onrush::admission {
namespace {

// A state: 19 bits more of the solution's name, and 33 bits of the second at which it expires, so
// that two solutions are taken for each other once in some 2^31 of those that share a line.
constexpr unsigned kExpiryBits = 33;
constexpr std::uint64_t kExpiryMask = (std::uint64_t{1} << kExpiryBits) - 1;

std::uint64_t expiry_of(TimePoint t) {
  return static_cast<std::uint64_t>(
             std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count()) &
         kExpiryMask;
}

}  // namespace

bool SpentSolutions::spend(std::uint64_t id, TimePoint expires_at, TimePoint now) {
  const std::uint64_t today = expiry_of(now);
  const auto alive = [today](KeyedWords::State s) { return (s & kExpiryMask) > today; };
  const KeyedWords::State mark = (id >> 45) << kExpiryBits | expiry_of(expires_at);
  const KeyedWords::State before =
      words_.update(id, alive, [mark](KeyedWords::State) { return mark; });
  return before != mark;
}

}  // namespace onrush::admission
