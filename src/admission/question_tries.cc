#include "admission/question_tries.h"

#include <algorithm>

namespace onrush::admission {
namespace {

// A state: 34 bits of the second until which it counts, 5 bits of wrong answers, 13 bits of rounds.
constexpr unsigned kSecondBits = 34, kWrongBits = 5, kRoundBits = 13;
constexpr std::uint64_t kSecondMask = (std::uint64_t{1} << kSecondBits) - 1;
constexpr std::uint64_t kRoundMask = (std::uint64_t{1} << kRoundBits) - 1;

struct Tried {
  std::uint64_t until = 0;
  unsigned wrong = 0;
  std::uint64_t round = 0;
};

Tried tried_of(KeyedWords::State s) {
  return {s & kSecondMask, static_cast<unsigned>(s >> kSecondBits & ((1u << kWrongBits) - 1)),
          s >> (kSecondBits + kWrongBits)};
}
KeyedWords::State state_of(const Tried& t) {
  return t.until | std::uint64_t{t.wrong} << kSecondBits | t.round << (kSecondBits + kWrongBits);
}

std::uint64_t whole_second(TimePoint t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count()));
}

auto alive_at(TimePoint now) {
  return [second = whole_second(now)](KeyedWords::State s) { return tried_of(s).until > second; };
}

// Wrong answers of the past are nothing; the round is kept as long as nobody needs the place.
Tried at(KeyedWords::State s, TimePoint now) {
  Tried tried = tried_of(s);
  if (tried.until <= whole_second(now)) tried.wrong = 0;
  return tried;
}

QuestionTries::View view_of(const Tried& tried, const TryLimit& limit) {
  QuestionTries::View view;
  view.left = limit.tries - std::min(limit.tries, tried.wrong);
  view.round = static_cast<unsigned>(tried.round);
  if (view.left == 0)
    view.until = TimePoint{std::chrono::seconds{static_cast<std::int64_t>(tried.until)}};
  return view;
}

}  // namespace

QuestionTries::View QuestionTries::look(std::uint64_t key, const TryLimit& limit, TimePoint now) {
  return view_of(at(words_.peek(key, alive_at(now)), now), limit);
}

QuestionTries::View QuestionTries::begin(std::uint64_t key, const TryLimit& limit, TimePoint now) {
  const KeyedWords::State before = words_.update(key, alive_at(now), [&](KeyedWords::State s) {
    Tried tried = at(s, now);
    if (tried.wrong >= limit.tries) return s;
    // Rounded up, so that a cool-down is never shorter than said.
    tried.until = whole_second(now) + static_cast<std::uint64_t>(limit.retry.count()) + 1;
    ++tried.wrong;
    tried.round = (tried.round + 1) & kRoundMask;
    return state_of(tried);
  });
  return view_of(at(before, now), limit);
}

void QuestionTries::forgive(std::uint64_t key, TimePoint now) {
  words_.update(key, alive_at(now), [&](KeyedWords::State s) {
    Tried tried = at(s, now);
    if (tried.wrong == 0) return s;
    --tried.wrong;
    tried.round = (tried.round - 1) & kRoundMask;
    return state_of(tried);
  });
}

}  // namespace onrush::admission
