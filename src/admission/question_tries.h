// How often a buyer has answered wrongly: limited tries, then a cool-down, in a table of fixed
// size.
//
//   begin ─► tries left? ─ no ─► cooling down until `until`
//              │ yes: this one counts as wrong from now on …
//              ▼
//            right ─► forgive: … and is taken back
//
// Counting first and forgiving after keeps many answers at once from being more than the tries.
// Wrong answers are forgotten `retry` after the last of them, whether all tries were used or not:
// in any span of `retry` nobody has more than the tries. Each wrong answer moves its buyer on to
// another question of the pool.
#pragma once

#include <chrono>
#include <cstdint>

#include "admission/keyed_words.h"
#include "base/time.h"

namespace onrush::admission {

struct TryLimit {
  unsigned tries = 3;              // 1..20
  std::chrono::seconds retry{60};  // 1 s..1 day
};

class QuestionTries {
 public:
  static constexpr unsigned kTriesMax = 20;

  struct View {
    unsigned left = 0;   // 0: cooling down
    unsigned round = 0;  // how many wrong answers so far: which question it is
    TimePoint until{};   // left 0: when there are tries again
  };

  // 2^16 places, half a MiB. Buyers of one full line share their tries.
  QuestionTries(std::uint64_t seed, unsigned places_log2 = 16)
      : words_(places_log2, seed, WhenFull::share) {}

  // `key` names a buyer in a sale. Thread-safe.
  [[nodiscard]] View look(std::uint64_t key, const TryLimit& limit, TimePoint now);
  // Takes a try. The view from before: left 0 says that none was taken.
  [[nodiscard]] View begin(std::uint64_t key, const TryLimit& limit, TimePoint now);
  // The answer was right.
  void forgive(std::uint64_t key, TimePoint now);

 private:
  KeyedWords words_;
};

}  // namespace onrush::admission
