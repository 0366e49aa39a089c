// A worker's line to the box office: commands out, answers back on the worker's own thread. Nothing
// is shared with other workers; a command costs no lock on its way out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "edge/http/server.h"
#include "edge/live/reply_box.h"
#include "ports/box_office.h"

namespace onrush::api {

class OfficeLine {
 public:
  // An answer that takes longer than `timeout` is given up as `unavailable`; what was asked may
  // still take effect, and a repeat of the request will tell.
  OfficeLine(ports::BoxOffice& office, http::Worker& worker, Millis timeout);

  // Exactly one call, later, on the worker's thread. A small `then` (two pointers) is not
  // allocated.
  using Then = std::function<void(sale::Outcome)>;
  // False: the lane is full; `then` is not called.
  [[nodiscard]] bool ask(sale::Command command, ports::Lane lane, Then then);

  [[nodiscard]] std::size_t under_way() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    Then then;  // empty: free, or given up
    std::chrono::steady_clock::time_point asked_at;
    std::uint32_t generation = 0;
  };
  void take_replies();
  void give_up_late_ones();

  ports::BoxOffice& office_;
  http::Worker& worker_;
  const Millis timeout_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;

  std::mutex mutex_;
  std::vector<ports::Reply> arrived_;  // under mutex_
  std::vector<ports::Reply> taken_;    // worker's, kept for its memory
  live::ReplyBox::Ptr box_;            // last: no reply comes while the rest goes
};

}  // namespace onrush::api
