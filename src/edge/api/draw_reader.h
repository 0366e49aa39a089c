// Answers pages of a drawn lobby's leaves: from what the edge keeps, else from the box office, one
// block at a time. However many ask, a worker has one question about leaves under way, and each
// block is asked for once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "edge/api/call.h"
#include "edge/live/sale_directory.h"
#include "sale/ids.h"
#include "sale/outcome.h"

namespace onrush::api {

class Station;

// Of one worker; on its thread only.
class DrawReader {
 public:
  static constexpr std::size_t kWaitingMax = 64;

  explicit DrawReader(Station& station) : station_(station) {}

  // The sale is drawn; `from`, `limit` >= 1. Answers now, or when the leaves are there.
  void answer(CallPtr call, const live::SaleEntry& sale, std::uint32_t from, std::uint32_t limit);

 private:
  struct Page {
    CallPtr call;
    sale::SaleNo sale;
    std::uint32_t entries = 0;  // of the lobby
    std::uint32_t from = 1;
    std::uint64_t end = 1;  // the first entry behind the page
  };

  // True: answered. Else `missing` is the first block that has to be asked for.
  [[nodiscard]] bool send(const Page& page, std::uint32_t& missing) const;
  void go_on();
  void take(std::uint32_t block, const sale::Outcome& outcome);  // for the first that waits
  void fail_first(const sale::Outcome& outcome);

  Station& station_;
  std::deque<Page> waiting_;
  bool asking_ = false;
};

}  // namespace onrush::api
