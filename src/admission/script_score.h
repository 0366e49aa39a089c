// How much a client looks like a script: a sum of weights over signs, 0..100. It decides only how
// much work is asked for, never whether somebody is let in.
//
//   sign                                                           points
//   no User-Agent                                                      40
//   a User-Agent of a library, a tool or a headless browser            40
//   clicks at machine-regular intervals       10 for each from the 3rd on, at most 40
//   clicks faster than a finger                5 for each, at most 40
//   first click within 60 ms of the opening                            20
//   many accounts in the network within a minute: about 44 / 110    10 / 20
//
// From 40 points on four times the work is asked for, from 70 on sixteen times. Nothing that a
// person does by chance reaches 40 by itself: a shared network and a lucky click at the opening
// together make 40 at worst, and cost a few seconds of a telephone.
#pragma once

#include <cstdint>
#include <string_view>

namespace onrush::admission {

enum class Agent : std::uint8_t { browser, missing, scripted };
// By its User-Agent: what says nothing of itself, or says that it is a program. Everything else is
// taken for a browser: the header is the client's own word.
[[nodiscard]] Agent agent_of(std::string_view user_agent);

struct Signs {
  Agent agent = Agent::browser;
  unsigned regular_clicks = 0;  // in a row, less twice those that broke the rhythm
  unsigned fast_clicks = 0;     // less those that were slow
  bool first_at_opening = false;
  unsigned accounts_seen = 0;  // of the network: how many of 32 marks are set (click_watch.h)
};

inline constexpr unsigned kScoreMax = 100;
[[nodiscard]] unsigned script_score(const Signs& signs);

inline constexpr unsigned kRaisedFrom = 40, kHighFrom = 70;
// 0: as the sale says; 1 and 2: more is asked for.
[[nodiscard]] constexpr unsigned challenge_level(unsigned score) {
  return score >= kHighFrom ? 2 : score >= kRaisedFrom ? 1 : 0;
}

inline constexpr std::uint64_t kRaisedNumberMax = 40'000'000;
// The max number of a level: 4 and 16 times the sale's, at most kRaisedNumberMax or the sale's own.
[[nodiscard]] std::uint64_t max_number_of(std::uint64_t of_sale, unsigned level);

}  // namespace onrush::admission
