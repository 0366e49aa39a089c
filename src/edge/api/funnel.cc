// What became of the hold requests since the process started, layer by layer from the outside in.
#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

using sale::Verdict;

// In the order in which a request meets them.
constexpr Verdict kRefusals[] = {Verdict::not_open, Verdict::closed,        Verdict::paused,
                                 Verdict::sold_out, Verdict::limit_reached, Verdict::busy};

void write_layer(live::JsonWriter& out, std::string_view name, std::uint64_t refused) {
  out.begin_object().key("layer").text(name).key("refused").number(
      static_cast<std::int64_t>(refused));
}

}  // namespace

void admin_get_funnel(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  const HoldFunnel counts = station.context.api_metrics.funnel();
  std::uint64_t limited = 0;
  for (const std::uint64_t count : counts.limited) limited += count;
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("server_time").time(station.context.clock.now());
  out.key("layers").begin_array();
  write_layer(out, "rate_limited", limited);
  out.key("limits").begin_object();
  for (std::size_t l = 0; l < kLimits; ++l) {
    out.key(to_string(static_cast<Limit>(l))).number(static_cast<std::int64_t>(counts.limited[l]));
  }
  out.end_object().end_object();
  write_layer(out, "channel_required", counts.wrong_channel);
  out.end_object();
  for (const Verdict verdict : kRefusals) {
    write_layer(out, sale::to_string(verdict), counts.of(verdict));
    out.end_object();
  }
  out.end_array();
  out.key("standby").number(static_cast<std::int64_t>(counts.of(Verdict::standby)));
  out.key("granted").number(static_cast<std::int64_t>(counts.of(Verdict::granted)));
  out.end_object();
  call->send_json(200, std::move(text));
}

}  // namespace onrush::api::handle
