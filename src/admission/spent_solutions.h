// Which solutions have been used: the replay memory of the proof of work, of fixed size.
//
// A solution is remembered until it would have expired anyway. When more are alive than the table
// has room for (eight in one line), the oldest knowledge of a line gives way, and one of them could
// be used once more; by then as much work has been done as the attack would save, and the token
// that comes of it is for the same buyer and ends at the same moment.
#pragma once

#include <cstdint>

#include "admission/keyed_words.h"
#include "base/time.h"

namespace onrush::admission {

class SpentSolutions {
 public:
  // 2^16 places, half a MiB: with ten minutes for each solution, about 100 a second before any line
  // is likely to be full.
  SpentSolutions(std::uint64_t seed, unsigned places_log2 = 16)
      : words_(places_log2, seed, WhenFull::displace) {}

  // False: it was used before. Thread-safe: of two at the same time one is told true.
  [[nodiscard]] bool spend(std::uint64_t id, TimePoint expires_at, TimePoint now);

 private:
  KeyedWords words_;
};

}  // namespace onrush::admission
