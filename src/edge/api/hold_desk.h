// The hot path: POST /api/v1/sales/{sale}/holds, hundreds of thousands of times a second.
//
//   rate limits (hold_limits.h) around the token (memo of the connection) → body → latch: closed,
//   paused, not open, sold out → prepared bytes
//                                         └ else the box office's queue → answer after it is
//                                         durable
//
// Most requests end at the latch: no allocation, no lock, no queue. A latch may only say no, and
// only to buyers who have nothing in the sale (known_buyers.h); everybody else gets his answer from
// the box office.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/hold_body.h"
#include "edge/api/hold_limits.h"
#include "edge/api/hold_refusals.h"
#include "edge/api/station.h"

namespace onrush::api {

class HoldDesk {
 public:
  explicit HoldDesk(Station& station);

  void handle(std::string_view sale_key, const http::Request& request, http::Responder responder);

 private:
  struct Pending {
    http::Responder responder;
    Trace trace;
    std::string cors;
    sale::BuyerId buyer;
    sale::SaleNo sale;
    std::chrono::steady_clock::time_point started_at;
  };
  // The last token that was verified on a connection. Found by the connection's number; compared in
  // full and in constant time, because a proxy may carry many clients on one connection.
  struct Memo {
    std::uint64_t connection = 0;
    std::string authorization;
    accounts::Claims claims;
  };
  static constexpr std::size_t kMemos = 1u << 14;

  std::optional<sale::BuyerId> authenticate(const http::Request& request, TimePoint now);
  // Resolves the lines; false: answered.
  bool read_lines(const http::Request& request, const live::SaleEntry& sale, HoldBody& body,
                  sale::Lines& lines, Pending& pending);
  std::optional<sale::Outcome> latched(const live::SaleEntry& sale, const sale::Lines& lines,
                                       bool join_standby, TimePoint now) const;
  void refuse(Pending& pending, const Problem& problem);
  void refuse_from_latch(Pending& pending, const http::Request& request,
                         const live::SaleEntry& sale, const sale::Outcome& outcome,
                         sale::ItemNo item, TimePoint now);
  void submit(Pending pending, const http::Request& request, const live::SaleEntry& sale,
              const sale::Lines& lines, bool join_standby);
  void answer(std::uint32_t slot, const sale::Outcome& outcome);
  void finish(const Pending& pending, int status, std::string_view code);

  Station& station_;
  HoldRefusals refusals_;
  HoldLimits limits_;
  std::vector<Memo> memos_;
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;
};

}  // namespace onrush::api
