// Who comes, when, and what they will do: drawn from the seed before anything is sent.
#pragma once

#include <cstdint>
#include <vector>

#include "crowd/crowd.h"

namespace onrush::crowd {

enum class Kind : std::uint8_t {
  buyer,
  repeat_clicker,
  refresher,
  abandoner,
  decliner,
  late_payer,
  duplicate_payer,
  quitter
};

// Between the clicks of a repeat clicker.
inline constexpr std::int64_t kClickGapUs = 120'000;
inline constexpr unsigned kBotSpeedMax = 200;  // the clicks of one shopper are numbered by a byte

struct PlannedShopper {
  std::int64_t arrive_us = 0;   // the first click, after the opening
  std::int64_t appears_us = 0;  // when polling starts (early, refreshers); else arrive_us
  std::uint64_t seed = 0;       // of all that this shopper draws later
  std::uint16_t item = 0;       // index into the items of the run
  std::uint16_t quantity = 1;
  std::uint8_t clicks = 1;
  Kind kind = Kind::buyer;
  Group group = Group::person;
  std::int64_t click_gap_us = kClickGapUs;
  // When the place in a line is taken: 0..1 of the lobby's time; below 0: on arrival.
  double lobby_part = -1;
  bool leaves_line = false;
  bool mistaken = false;
  bool polls_before = false;  // reloads the live document until the first click
  bool joins_standby = true;
  bool waits_by_socket = false;
};

// `items` are the run's items, not empty. Sorted by arrive_us; equal configurations give equal
// plans.
[[nodiscard]] std::vector<PlannedShopper> plan_crowd(const CrowdConfig& config,
                                                     const std::vector<ItemShare>& items);

// Checks percentages, counts and addresses without touching the network. Error: invalid.
[[nodiscard]] Status check_config(const CrowdConfig& config);

}  // namespace onrush::crowd
