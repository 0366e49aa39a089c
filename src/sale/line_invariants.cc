#include "sale/line_invariants.h"

#include <algorithm>
#include <set>

namespace onrush::sale {
namespace {

class LineCheck {
 public:
  explicit LineCheck(const SaleState& s) : s_(s), line_(*s.queue), mode_(s.rules->line.mode) {}

  std::string run() {
    check_counters();
    check_draw();
    for (std::uint32_t entry = line_.places.size(); entry > 0 && message_.empty(); --entry)
      check_place(entry);
    const RateController& c = line_.controller;
    that(left_ == line_.left, "I7: the number of places left is wrong");
    that(left_waiting_ == line_.left_waiting, "I7: the number of uncalled places left is wrong");
    that(expected_ == c.pending(), "I7: the number of those expected to claim is wrong");
    that(active_ == c.active(), "I7: the number of passes that are out is wrong");
    return message_;
  }

 private:
  void that(bool holds, const char* what) {
    if (!holds && message_.empty()) message_ = what;
  }

  void check_counters() {
    that(line_.places.size() <= s_.rules->line.capacity, "I7: more places than the line has");
    that(line_.serving <= line_.places.size(), "I7: numbers called that nobody has");
    that(line_.opened || line_.serving == 0, "I7: numbers called before the opening");
    that(line_.lobby_entries <= line_.places.size(), "I7: a lobby of more than all places");
    that(line_.controller.settled_upto() <= line_.serving, "I7: numbers over before their call");
  }

  void check_draw() {
    const bool draw = mode_ == LineMode::draw;
    that((line_.permutation != nullptr) == (draw && line_.opened), "I7: a draw at a wrong time");
    if (!draw) return;
    Digest digest = lobby_digest(s_.rules->key);
    const std::uint32_t lobby = line_.opened ? line_.lobby_entries : line_.places.size();
    for (std::uint32_t entry = 1; entry <= lobby; ++entry) {
      digest = lobby_digest(digest, lobby_leaf(s_.rules->line.draw_secret, s_.rules->key,
                                               BuyerId{line_.places[entry].buyer}));
    }
    that(digest == line_.lobby_digest, "I7: a lobby that is not the one of the draw");
    if (line_.permutation == nullptr) return;
    that(line_.permutation->entries() == lobby, "I7: a draw among others than the lobby");
    that(draw_seed(s_.rules->line.draw_secret, lobby, digest, s_.beacon) == line_.seed,
         "I7: a draw that does not follow from its secret");
  }

  // From the newest to the oldest: the first of a buyer is the one that counts.
  void check_place(std::uint32_t entry) {
    const Place& place = line_.places[entry];
    if (buyers_.insert(place.buyer).second) {
      that(line_.places.newest_of(place.buyer) == entry, "I7: a buyer who lost his place");
    } else {
      that(place.over(), "I7: a buyer with two places");
    }
    that(place.nth <= std::max(1U, places_of_a_buyer(*s_.rules)),
         "I7: a buyer with too many places");
    that(place.passes <= kPassesPerPlace, "I7: a place with too many passes");
    const std::uint32_t number = line_.number_of(entry, mode_);
    that(!line_.opened || (number >= 1 && number <= line_.places.size() &&
                           numbers_.insert(number).second && line_.entry_at(number) == entry),
         "I7: two places of one number");
    const bool called = line_.opened && number <= line_.serving;
    switch (place.mark()) {
      case PlaceMark::waiting:
        if (called && number > line_.controller.settled_upto()) ++expected_;
        break;
      case PlaceMark::claimed:
        that(called, "I7: a pass before its number was called");
        if (line_.controller.counts(from_millis(place.expires))) ++active_;
        break;
      case PlaceMark::used:
        that(called, "I7: a used pass before its number was called");
        break;
      case PlaceMark::left:
        ++left_;
        if (!called) ++left_waiting_;
        break;
    }
  }

  const SaleState& s_;
  const LineState& line_;
  const LineMode mode_;
  std::set<std::uint64_t> buyers_;
  std::set<std::uint32_t> numbers_;
  std::uint32_t left_ = 0, left_waiting_ = 0, expected_ = 0, active_ = 0;
  std::string message_;
};

}  // namespace

std::string check_line(const SaleState& s) {
  if ((s.queue != nullptr) != s.rules->line.on()) return "I7: a line that the rules do not know";
  return s.queue == nullptr ? "" : LineCheck(s).run();
}

}  // namespace onrush::sale
