// Rate limits by the generic cell rate algorithm (ITU-T I.371; the leaky bucket as a meter).
//
// All that is kept of a key is its theoretical arrival time (TAT): when its bucket will have run
// dry. A request is allowed if the TAT is at most (burst - 1) intervals ahead of now, and moves it
// one interval on; a refused request moves nothing. So each window of t seconds has at most
// burst + t * per_second allowed requests, and who waits long enough is as good as new.
//
//   now ────────────────┬───────────────── TAT        ahead = TAT - now
//                       └── ahead <= (burst - 1) * interval: allowed
//
// Thread-safe without locks: one word for each key, changed by compare-exchange. One object serves
// all threads, so that a limit holds for the whole process however many workers share the load.
// The caller brings the clock; a `now` that goes back only makes the limit stricter.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/zeroed_table.h"

namespace onrush::admission {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Rate {
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 1;       // requests at one instant, after a rest; >= 1
};

struct Decision {
  bool allowed = true;
  std::chrono::nanoseconds retry_after{0};  // refused: when the next one is allowed; never early
};

// One limit for everything.
class Gcra {
 public:
  Gcra(Rate rate, SteadyTime origin);
  [[nodiscard]] Decision take(SteadyTime now) noexcept;

 private:
  const SteadyTime origin_;
  const std::uint64_t interval_;   // ns, rounded up
  const std::uint64_t tolerance_;  // (burst - 1) intervals
  std::atomic<std::uint64_t> tat_{0};
};

// One limit for each key, in a table whose size never changes: nothing is allocated after the
// constructor, whatever keys come.
//
// A key belongs to one line of eight places (a cache line; which one depends on the seed, so nobody
// outside can aim at another's line). A place whose TAT is past says the same as no entry, so any
// key may take it: nothing is ever cleaned up, and nothing is lost.
//
// Where it is not exact:
//   * Two keys of one line with the same tag (1 of 4,096) share one allowance, and so does a key
//     that finds all eight places of its line in use by others, with the owner of its home place.
//     This errs towards refusing: together they get no more than one of them may.
//   * A key that gets a place of its own after sharing starts afresh there: at most one burst more.
//     The same at the first sight of a key by two threads whose clocks differ across the moment at
//     which a place of the line falls free.
// With `places` well above the number of keys that are ahead of their rate at one time, neither
// happens: at one key for ten places, a line is full once in a million.
class KeyedGcra {
 public:
  static constexpr std::uint32_t kPerSecondMax = 100'000;
  static constexpr std::uint32_t kBurstMax = 1'000'000;

  // `places_log2` >= 3. The seed must be random and secret. Good for nine years after `origin`.
  KeyedGcra(Rate rate, unsigned places_log2, std::uint64_t seed, SteadyTime origin);

  [[nodiscard]] Decision take(std::uint64_t key, SteadyTime now) noexcept;
  // Begins to fetch what take() will look at.
  void prefetch(std::uint64_t key) const noexcept;

 private:
  static constexpr std::size_t kPlaces = 8;
  // A place: 12 bits of tag, 52 bits of TAT in ticks of 64 ns since the origin.
  using Place = std::atomic<std::uint64_t>;
  struct alignas(64) Line {
    std::array<Place, kPlaces> places{};
  };
  struct Found {
    Place* place;
    std::uint64_t value;  // as read
    bool takes_over;      // the place is free: the key starts afresh
  };

  [[nodiscard]] static Found find(Line& line, std::uint64_t tag, std::size_t home,
                                  std::uint64_t now) noexcept;

  const SteadyTime origin_;
  const std::uint64_t seed_;
  const std::uint64_t interval_;  // ticks, rounded up
  const std::uint64_t tolerance_;
  const std::uint64_t line_mask_;
  const ZeroedTable<Line> lines_;
};

}  // namespace onrush::admission
