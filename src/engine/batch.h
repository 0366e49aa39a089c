// What is decided together and made durable together. Two of them go round: one is filled by the
// writer while the other is synced by the committer.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "engine/journal/format.h"
#include "engine/reply_groups.h"
#include "sale/event.h"

namespace onrush::engine {

struct Batch {
  TimePoint at{};  // of every event in it
  std::vector<sale::Event> events;
  std::vector<std::byte> record;  // room for the header, then the encoded events
  ReplyGroups waiting;            // answers that must not be given before this is durable
  std::vector<std::byte> state;   // a snapshot taken behind this batch; mostly empty

  Batch() { clear(); }
  void clear() {
    events.clear();
    journal::begin_record(record);
    state.clear();
  }
  [[nodiscard]] bool empty() const { return events.empty() && waiting.empty(); }
};

}  // namespace onrush::engine
