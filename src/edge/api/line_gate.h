// The line's refusals that need no trip to the box office, from the latch:
//   - those that are the same for everybody, before a token is looked at, as prepared bytes: the
//     sale has no line, its lobby or the sale is not open yet, it is paused or over;
//   - a pass claimed with a place's token before the turn. That token says whose the place is, and
//     nothing is told but what it proves, so the buyer's own token is not checked as well.
//
// What passes here goes the way of every other call (line.cc).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/station.h"

namespace onrush::api {

enum class LineCall : std::uint8_t { place, pass };
inline constexpr std::size_t kLineCalls = 2;

// What the latch says to a call before it is known who asks; nothing: ask further.
[[nodiscard]] std::optional<sale::Outcome> refused_to_all(LineCall call,
                                                          const live::SaleEntry& sale,
                                                          const ports::LineStatus& line,
                                                          TimePoint now);

// Of one worker; on its thread only.
class LineGate {
 public:
  explicit LineGate(Station& station);

  // True: it was POST …/place or …/pass of a sale, and it is answered.
  bool refuses(const http::Request& request, http::Responder& responder);

 private:
  bool refuses_turn(const http::Request& request, const live::SaleEntry& sale,
                    const ports::LineStatus& line, TimePoint now, http::Responder& responder);
  void count(const http::Request& request, sale::Verdict verdict, int status);
  struct Prepared {
    sale::Verdict verdict = sale::Verdict::done;  // what the text depends on, and …
    TimePoint when{};
    int retry_after_seconds = 0;
    int status = 0;
    std::string bytes;
  };
  const Prepared& prepare(LineCall call, sale::SaleNo sale, const sale::Outcome& outcome,
                          TimePoint now);

  Station& station_;
  const std::string common_headers_;
  std::vector<std::array<Prepared, kLineCalls>> prepared_;  // by sale
};

}  // namespace onrush::api
