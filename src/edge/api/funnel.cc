// What became of the hold requests since the process started, layer by layer from the outside in.
#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

void write_layer(live::JsonWriter& out, Layer layer, std::uint64_t refused) {
  out.begin_object()
      .key("layer")
      .text(to_string(layer))
      .key("refused")
      .number(static_cast<std::int64_t>(refused));
}

void write_limits(live::JsonWriter& out, const HoldFunnel& counts) {
  out.key("limits").begin_object();
  for (std::size_t l = 0; l < kLimits; ++l) {
    out.key(to_string(static_cast<Limit>(l))).number(static_cast<std::int64_t>(counts.limited[l]));
  }
  out.end_object();
}

}  // namespace

void admin_get_funnel(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  const HoldFunnel counts = station.context.api_metrics.funnel();
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("server_time").time(station.context.clock.now());
  out.key("layers").begin_array();
  for (std::size_t l = 0; l < kRefusingLayers; ++l) {
    const auto layer = static_cast<Layer>(l);
    write_layer(out, layer, counts.layers.of(layer));
    if (layer == Layer::rate_limited) write_limits(out, counts);
    out.end_object();
  }
  out.end_array();
  out.key("standby").number(static_cast<std::int64_t>(counts.layers.of(Layer::standby)));
  out.key("granted").number(static_cast<std::int64_t>(counts.layers.of(Layer::granted)));
  out.end_object();
  call->send_json(200, std::move(text));
}

}  // namespace onrush::api::handle
