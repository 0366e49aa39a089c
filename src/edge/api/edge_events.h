// The one listener that the wiring gives to the box office for the whole edge. It keeps the order:
// names before messages that use them.
#pragma once

#include "edge/api/known_buyers.h"
#include "edge/api/sale_rates.h"
#include "edge/live/live_hub.h"
#include "edge/live/sale_directory.h"

namespace onrush::api {

class EdgeEvents final : public ports::EventListener {
 public:
  EdgeEvents(live::SaleDirectory& directory, KnownBuyers& known, live::LiveHub& hub,
             SaleRates& rates)
      : directory_(directory), known_(known), hub_(hub), rates_(rates) {}

  void on_events(std::uint64_t first_seq, TimePoint at,
                 std::span<const sale::Event> events) noexcept override {
    directory_.on_events(first_seq, at, events);
    known_.on_events(first_seq, at, events);
    rates_.on_events(first_seq, at, events);
    hub_.on_events(first_seq, at, events);
  }

 private:
  live::SaleDirectory& directory_;
  KnownBuyers& known_;
  live::LiveHub& hub_;
  SaleRates& rates_;
};

}  // namespace onrush::api
