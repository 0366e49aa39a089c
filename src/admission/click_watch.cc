#include "admission/click_watch.h"

#include <algorithm>
#include <bit>

namespace onrush::admission {
namespace {

using State = KeyedWords::State;

// ---- A buyer's rhythm, in steps of 4 ms. Finer would count the network's jitter.
constexpr std::int64_t kStepMillis = 4;
constexpr std::uint64_t kFastSteps = 50 / kStepMillis;    // faster than a finger
constexpr std::uint64_t kTempoSteps = 900 / kStepMillis;  // pages that wait and ask again by
                                                          // themselves do so after a second or more
constexpr std::uint64_t kSameSteps = 2;                   // as regular as a machine
constexpr std::uint64_t kForgottenSteps = 600'000 / kStepMillis;
constexpr Millis kAtOpening{60};

// 26 bits of the last click (74 hours of steps), 10 of the interval before it, 4 of regular and 4
// of fast clicks, whether the first was at the opening, and that there is something at all.
constexpr unsigned kLastBits = 26, kIntervalBits = 10, kCountBits = 4;
constexpr std::uint64_t kLastMask = (std::uint64_t{1} << kLastBits) - 1;
constexpr std::uint64_t kIntervalMax = (std::uint64_t{1} << kIntervalBits) - 1;
constexpr std::uint64_t kCountMax = (std::uint64_t{1} << kCountBits) - 1;

struct Rhythm {
  std::uint64_t last = 0, interval = 0, regular = 0, fast = 0;
  bool at_opening = false;
};

Rhythm rhythm_of(State s) {
  Rhythm r;
  r.last = s & kLastMask;
  s >>= kLastBits;
  r.interval = s & kIntervalMax;
  s >>= kIntervalBits;
  r.regular = s & kCountMax;
  s >>= kCountBits;
  r.fast = s & kCountMax;
  s >>= kCountBits;
  r.at_opening = (s & 1) != 0;
  return r;
}

State packed(const Rhythm& r) {
  State s = 2 | (r.at_opening ? 1u : 0u);
  s = s << kCountBits | r.fast;
  s = s << kCountBits | r.regular;
  s = s << kIntervalBits | r.interval;
  return s << kLastBits | r.last;
}

std::uint64_t step_of(TimePoint t) {
  return static_cast<std::uint64_t>(to_millis(t) / kStepMillis) & kLastMask;
}

std::uint64_t steps_between(std::uint64_t from, std::uint64_t to) {
  return (to - from) & kLastMask;
}

auto rhythm_alive(TimePoint now) {
  return [step = step_of(now)](State s) {
    return steps_between(s & kLastMask, step) < kForgottenSteps;
  };
}

void click(Rhythm& r, std::uint64_t step) {
  const std::uint64_t interval = std::min(steps_between(r.last, step), kIntervalMax);
  if (interval < kFastSteps) {
    r.fast = std::min(r.fast + 1, kCountMax);
  } else if (r.fast > 0) {
    --r.fast;
  }
  const std::uint64_t difference =
      interval > r.interval ? interval - r.interval : r.interval - interval;
  // The first interval has none before it to be like.
  if (r.interval != 0 && interval < kTempoSteps && difference <= kSameSteps) {
    r.regular = std::min(r.regular + 1, kCountMax);
  } else {
    r.regular -= std::min<std::uint64_t>(r.regular, 2);
  }
  r.interval = std::max<std::uint64_t>(interval, 1);
  r.last = step;
}

// ---- A network's accounts: 12 bits of the minute, 32 marks of which each account sets one, and
// how many marks were set in the minute before.
constexpr unsigned kMinuteBits = 12, kMarks = 32;
constexpr std::uint64_t kMinuteMask = (std::uint64_t{1} << kMinuteBits) - 1;

std::uint64_t crowd_minute(TimePoint t) {
  return static_cast<std::uint64_t>(to_millis(t) / 60'000) & kMinuteMask;
}

struct Crowd {
  std::uint64_t minute = 0;
  std::uint32_t marks = 0;
  unsigned before = 0;
};

Crowd crowd_at(State s, std::uint64_t minute) {
  Crowd c{s & kMinuteMask, static_cast<std::uint32_t>(s >> kMinuteBits),
          static_cast<unsigned>(s >> (kMinuteBits + kMarks))};
  if (c.minute == minute) return c;
  const bool last_minute = ((c.minute + 1) & kMinuteMask) == minute;
  return {minute, 0, last_minute ? static_cast<unsigned>(std::popcount(c.marks)) : 0};
}

auto crowd_alive(std::uint64_t minute) {
  return [minute](State s) {
    const std::uint64_t age = (minute - (s & kMinuteMask)) & kMinuteMask;
    return age <= 1;
  };
}

}  // namespace

ClickWatch::ClickWatch(std::uint64_t seed, unsigned buyers_log2, unsigned networks_log2)
    : seed_(seed),
      buyers_(buyers_log2, seed, WhenFull::displace),
      networks_(networks_log2, ~seed, WhenFull::displace) {}

void ClickWatch::note(std::uint64_t buyer, std::uint64_t network, TimePoint now,
                      TimePoint opens_at) {
  note_rhythm(buyer, now, opens_at);
  note_account(network, buyer, now);
}

void ClickWatch::note_rhythm(std::uint64_t buyer, TimePoint now, TimePoint opens_at) {
  const std::uint64_t step = step_of(now);
  const auto alive = rhythm_alive(now);
  buyers_.update(buyer, alive, [&](State s) {
    Rhythm r;
    if (s == 0 || !alive(s)) {
      r.last = step;
      r.at_opening = now >= opens_at && now - opens_at < kAtOpening;
    } else {
      r = rhythm_of(s);
      click(r, step);
    }
    return packed(r);
  });
}

void ClickWatch::note_account(std::uint64_t network, std::uint64_t buyer, TimePoint now) {
  const std::uint64_t minute = crowd_minute(now);
  const auto mark = std::uint32_t{1} << (keyed_hash(buyer, seed_) >> 59);
  networks_.update(network, crowd_alive(minute), [&](State s) {
    const Crowd c = s == 0 ? Crowd{minute, 0, 0} : crowd_at(s, minute);
    return std::uint64_t{c.before} << (kMinuteBits + kMarks) |
           std::uint64_t{c.marks | mark} << kMinuteBits | c.minute;
  });
}

Signs ClickWatch::signs(std::uint64_t buyer, std::uint64_t network, TimePoint now) {
  Signs signs;
  const auto alive = rhythm_alive(now);
  if (const State s = buyers_.peek(buyer, alive); s != 0 && alive(s)) {
    const Rhythm r = rhythm_of(s);
    signs.regular_clicks = static_cast<unsigned>(r.regular);
    signs.fast_clicks = static_cast<unsigned>(r.fast);
    signs.first_at_opening = r.at_opening;
  }
  const std::uint64_t minute = crowd_minute(now);
  if (const State s = networks_.peek(network, crowd_alive(minute)); s != 0) {
    const Crowd c = crowd_at(s, minute);
    signs.accounts_seen = std::max(c.before, static_cast<unsigned>(std::popcount(c.marks)));
  }
  return signs;
}

}  // namespace onrush::admission
