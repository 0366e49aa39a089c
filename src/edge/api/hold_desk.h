// The hot path: POST /api/v1/sales/{sale}/holds, hundreds of thousands of times a second.
//
//   limit of the network → phase, if it says no to everybody → token (memo of those seen) →
//   channel → body → limit of the account → guards (first_refusal: phase … stock) → prepared bytes
//                                         └ else the box office's queue → answer after it is
//                                         durable
//
// Most requests end at the latch: no allocation, no lock, no queue. A latch may only say no, and
// only to buyers who have nothing in the sale (known_buyers.h); everybody else gets his answer from
// the box office.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "admission/leaky_bucket.h"
#include "base/zeroed_table.h"
#include "edge/api/door_guards.h"
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
  std::string_view path_code;  // of a personal purchase path, "" if there is none
};

class HoldDesk {
 public:
  explicit HoldDesk(Station& station);

  void handle(const HoldsPath& path, const http::Request& request, http::Responder responder);
  // The server stops: whoever waits in a bucket is told so, and nobody waits any more.
  void drain();

 private:
  struct Pending {
    http::Responder responder;
    Trace trace;
    std::string cors;
    sale::BuyerId buyer;
    sale::SaleNo sale;
    std::chrono::steady_clock::time_point started_at;
  };
  struct Waiting {  // in a bucket
    Pending pending;
    sale::command::RequestHold command;
  };
  struct Bucket {
    sale::RulesPtr made_from;
    std::shared_ptr<admission::LeakyBucket> bucket;  // of all workers
    admission::DripQueue<Waiting> queue;             // this worker's part of the line
  };
  struct Recalled {
    Waiting waiting;
    GuardRefusal refusal;
  };
  using Refusal = std::variant<LatchRefusal, GuardRefusal>;
  // A token that was verified not long ago, whichever connection it came on: a proxy carries many
  // clients on one. Compared in full and in constant time.
  struct Memo {
    sale::BuyerId subject;
    TimePoint expires_at{};
    std::uint16_t size = 0;               // 0: none
    std::array<char, 232> authorization;  // longer ones are verified each time
  };
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
  std::optional<Refusal> first_refusal(const HoldAsk& ask);
  std::optional<LatchRefusal> refused_by_phase(const live::SaleEntry& sale, sale::ItemNo item,
                                               TimePoint now) const;
  // True: answered, by what is the same for everybody who has nothing in the sale.
  bool refused_to_all(const HoldsPath& path, const live::SaleEntry& sale,
                      const http::Request& request, TimePoint now, Pending& pending);
  std::optional<LatchRefusal> refused_by_line(const HoldAsk& ask);
  std::optional<LatchRefusal> refused_by_stock(const HoldAsk& ask) const;
  bool refused(const HoldAsk& ask, Pending& pending);  // true: answered
  void refuse(Pending& pending, const Problem& problem);
  // With the headers of an answer that is this request's alone.
  static void send_own(Pending& pending, http::Response& response);
  void refuse_from_latch(Pending& pending, const HoldAsk& ask, const LatchRefusal& refusal);
  void send_latch_refusal(Pending& pending, const live::SaleEntry& sale, sale::ItemNo item,
                          const LatchRefusal& refusal, TimePoint now);
  [[nodiscard]] bool is_for_prepared(std::string_view origin) const;
  void count_refusal(const Pending& pending, int status);
  void refuse_quietly(Pending& pending, const HoldAsk& ask, const GuardRefusal& refusal);
  void trace(Pending& pending, const http::Request& request);

  // hold_desk_office.cc
  static sale::command::RequestHold command_of(const HoldAsk& ask);
  void submit(Pending pending, const HoldAsk& ask);
  void send(Pending pending, sale::command::RequestHold command);
  std::uint32_t keep(Pending pending);
  Pending take(std::uint32_t slot);
  void refuse_busy(Pending pending, int retry_after_seconds);
  void wait_in_bucket(Pending pending, sale::command::RequestHold command,
                      const live::SaleEntry& sale);
  void drip();
  void serve(Waiting waiting);
  void recall(Pending pending, const HoldAsk& ask, const GuardRefusal& refusal);
  void refuse_by_guard(Pending& pending, const GuardRefusal& refusal);
  void answer(std::uint32_t slot, const sale::Outcome& outcome);
  void finish(const Pending& pending, int status, std::string_view code);

  Station& station_;
  HoldRefusals refusals_;
  GuardRefusals guard_refusals_;
  HoldLimits limits_;
  DoorGuards door_;
  std::unordered_map<sale::SaleNo, Bucket> buckets_;
  bool drips_ = false;
  bool draining_ = false;
  ZeroedTable<Memo> memos_;
  BodyMemo body_memo_;
  std::uint32_t until_timed_ = kTimedRefusals;
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;
};

}  // namespace onrush::api
