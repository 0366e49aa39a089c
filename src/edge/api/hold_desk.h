// The hot path: POST /api/v1/sales/{sale}/holds, hundreds of thousands of times a second.
//
//   rate limits (hold_limits.h) around the token (memo of the connection) → channel → body →
//   guards (first_refusal: phase … stock) → prepared bytes
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

// A hold request as the guards see it.
struct HoldAsk {
  const http::Request& request;
  const live::SaleEntry& sale;
  sale::BuyerId buyer;
  const sale::Lines& lines;
  bool join_standby;
  TimePoint now;
};

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
  // The last body that was read and what it says: in a rush, nearly all bodies are the same bytes.
  struct BodyMemo {
    std::string bytes;
    live::SaleListPtr sales;  // in which `sale` was found
    sale::SaleNo sale;
    sale::Lines lines;
    bool join_standby = true;
  };
  // One refusal in so many is timed, for all of them: two looks at the clock would be a good part
  // of what a refusal costs.
  static constexpr std::uint32_t kTimedRefusals = 16;

  std::optional<sale::BuyerId> authenticate(const http::Request& request, TimePoint now);
  // What the body says if it is sound and of a known kind; false: read_lines() tells what is wrong.
  bool read_quickly(const http::Request& request, const live::SaleEntry& sale, sale::Lines& lines,
                    bool& join_standby);
  // Resolves the lines; false: answered.
  bool read_lines(const http::Request& request, const live::SaleEntry& sale, sale::Lines& lines,
                  bool& join_standby, Pending& pending);
  std::optional<LatchRefusal> first_refusal(const HoldAsk& ask);
  std::optional<LatchRefusal> refused_by_phase(const HoldAsk& ask) const;
  std::optional<LatchRefusal> refused_by_line(const HoldAsk& ask);
  std::optional<LatchRefusal> refused_by_stock(const HoldAsk& ask) const;
  bool refused(const HoldAsk& ask, Pending& pending);  // true: answered
  void refuse(Pending& pending, const Problem& problem);
  void refuse_from_latch(Pending& pending, const HoldAsk& ask, const LatchRefusal& refusal);
  void count_refusal(const Pending& pending, int status);
  void submit(Pending pending, const http::Request& request, const live::SaleEntry& sale,
              const sale::Lines& lines, bool join_standby);
  void answer(std::uint32_t slot, const sale::Outcome& outcome);
  void finish(const Pending& pending, int status, std::string_view code);

  Station& station_;
  HoldRefusals refusals_;
  HoldLimits limits_;
  std::vector<Memo> memos_;
  BodyMemo body_memo_;
  std::uint32_t until_timed_ = kTimedRefusals;
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;
};

}  // namespace onrush::api
