// What somebody is told who claims a pass before his turn.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/prepared_text.h"
#include "edge/api/station.h"

namespace onrush::api {

// The place that its token (Onrush-Place) proves to be that of the buyer whom the call's own token
// names, if the latch already knows that it has not been called. Nothing: there is no such proof,
// or the box office has to say. The call's own token is not checked.
struct WaitingPlace {
  sale::BuyerId buyer;
  sale::PlaceView place;
};
[[nodiscard]] std::optional<WaitingPlace> waiting_place(Station& station,
                                                        const http::Request& request,
                                                        sale::SaleNo sale,
                                                        const ports::LineStatus& line,
                                                        TimePoint now);

// 425 not_your_turn with the place, and when to ask again.
[[nodiscard]] Problem turn_problem(const live::SaleEntry& sale, const ports::LineStatus& line,
                                   const sale::PlaceView& place, std::string_view place_token,
                                   TimePoint now);

// The same as prepared bytes, in which only this buyer's numbers, his token and the time are
// written. Of one worker; on its thread only.
class TurnAnswers {
 public:
  // `common_headers`: the lines that every answer carries.
  explicit TurnAnswers(std::string common_headers) : common_headers_(std::move(common_headers)) {}

  // Valid until the next call; empty if the token is longer than any of ours.
  [[nodiscard]] std::string_view get(const live::SaleEntry& sale, const ports::LineStatus& line,
                                     const sale::PlaceView& place, std::string_view place_token,
                                     TimePoint now);

 private:
  enum class Kind : std::uint8_t { timed, untimed, hopeless };  // an ETA is known; not; cannot win
  struct Prepared {
    sale::RulesPtr made_from;
    std::string bytes;
    Room entry, number, serving, ahead, retry, low, high;
    std::size_t token_at = 0, time_at = 0;
  };
  void make(Prepared& answer, const live::SaleEntry& sale, Kind kind);

  const std::string common_headers_;
  std::vector<std::array<Prepared, 3>> by_sale_;
};

}  // namespace onrush::api
