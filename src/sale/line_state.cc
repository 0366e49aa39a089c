#include "sale/line_state.h"

#include <algorithm>

namespace onrush::sale {

std::uint32_t LineState::reach(std::uint32_t present) const {
  const std::uint32_t all = places.size();
  if (left_waiting == 0) return serving + std::min(present, all - serving);
  std::uint32_t number = serving;
  // Those who left at the end are passed as well: nobody else would.
  while (number < all) {
    const bool gone = places[entry_at(number + 1)].mark() == PlaceMark::left;
    if (!gone && present == 0) break;
    if (!gone) --present;
    ++number;
  }
  return number;
}

std::uint32_t LineState::present_until(std::uint32_t upto) const {
  if (left_waiting == 0) return upto - serving;
  std::uint32_t present = 0;
  for (std::uint32_t number = serving + 1; number <= upto; ++number) {
    if (places[entry_at(number)].mark() != PlaceMark::left) ++present;
  }
  return present;
}

PlaceView LineState::view(std::uint32_t entry, LineMode mode, TimePoint now) const {
  const Place& place = places[entry];
  PlaceView view;
  view.entry = entry;
  view.number = number_of(entry, mode);
  view.serving = serving;
  if (view.number > serving) view.ahead = view.number - serving - 1;
  switch (place.mark()) {
    case PlaceMark::used:
      view.state = PlaceState::used;
      break;
    case PlaceMark::left:
      view.state = PlaceState::left;
      break;
    case PlaceMark::waiting:
    case PlaceMark::claimed:
      if (place.live_pass(to_millis(now))) {
        view.state = PlaceState::claimed;
        view.pass_expires_at = from_millis(place.expires);
      } else if (!opened) {
        view.state = PlaceState::lobby;
      } else {
        view.state = view.number <= serving ? PlaceState::called : PlaceState::waiting;
      }
      break;
  }
  return view;
}

std::size_t LineState::bytes() const {
  return sizeof *this + places.bytes() + (permutation == nullptr ? 0 : permutation->bytes());
}

}  // namespace onrush::sale
