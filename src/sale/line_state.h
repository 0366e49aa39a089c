// LineState: the waiting line of one sale (docs/line.md). A place is a number; what is kept beside
// the places themselves are counters, the draw's digest and the rate controller.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sale/draw.h"
#include "sale/outcome.h"
#include "sale/places.h"
#include "sale/rate_controller.h"
#include "sale/rules.h"

namespace onrush::sale {

// Each place is worth one order, so nobody needs more of them; in the lobby a place that was left
// is taken back and no new one is issued.
[[nodiscard]] inline std::uint32_t places_of_a_buyer(const SaleRules& rules) {
  return std::min<std::uint32_t>(rules.orders_per_buyer, kPlacesPerBuyer);
}

struct LineState {
  explicit LineState(const SaleRules& rules)
      : lobby_digest(sale::lobby_digest(rules.key)), controller(rules.line) {}

  Places places;
  Digest lobby_digest;  // of a draw sale; grows with the lobby
  bool opened = false;
  std::uint32_t lobby_entries = 0;           // opened: places taken before
  Digest seed{};                             // drawn: of the permutation
  std::unique_ptr<Permutation> permutation;  // drawn
  std::uint32_t serving = 0;
  std::uint32_t claimed = 0;       // passes, in all
  std::uint32_t left = 0;          // places whose buyers left …
  std::uint32_t left_waiting = 0;  // … and whose numbers are not called yet
  RateController controller;
  TimePoint looked{};  // how far the calling of numbers has been looked at; not saved

  // 0: not drawn yet. Entries of a fifo line, and those behind a draw, are their numbers.
  [[nodiscard]] std::uint32_t number_of(std::uint32_t entry, LineMode mode) const {
    if (mode != LineMode::draw) return entry;
    if (permutation == nullptr) return 0;
    return entry <= permutation->entries() ? permutation->place_of(entry) : entry;
  }
  [[nodiscard]] std::uint32_t entry_at(std::uint32_t number) const {
    if (permutation == nullptr || number > permutation->entries()) return number;
    return permutation->entry_at(number);
  }
  // Numbers that may be called and were not.
  [[nodiscard]] std::uint32_t uncalled() const { return opened ? places.size() - serving : 0; }
  // The number up to which `present` more places are called whose buyers have not left.
  [[nodiscard]] std::uint32_t reach(std::uint32_t present) const;
  // Of the numbers serving + 1 .. upto, those whose buyers have not left.
  [[nodiscard]] std::uint32_t present_until(std::uint32_t upto) const;
  [[nodiscard]] PlaceView view(std::uint32_t entry, LineMode mode, TimePoint now) const;
  [[nodiscard]] std::size_t bytes() const;
};

}  // namespace onrush::sale
