// For those who run it: metrics, liveness, readiness.
#include <prometheus/text_serializer.h>

#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {

void get_metrics(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  std::vector<prometheus::MetricFamily> families = station.context.api_metrics.Collect();
  if (station.context.metrics) {
    for (const auto& source : station.context.metrics()) {
      auto more = source->Collect();
      families.insert(families.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }
  }
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = prometheus::TextSerializer().Serialize(families);
  call->send(std::move(response));
}

void get_healthz(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  std::string text;
  live::JsonWriter(text)
      .begin_object()
      .key("status")
      .text("ok")
      .key("version")
      .text(station.context.config.version)
      .end_object();
  call->send_json(200, std::move(text));
}

void get_readyz(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  const Readiness now = station.context.readiness ? station.context.readiness() : Readiness{};
  std::string text;
  live::JsonWriter(text)
      .begin_object()
      .key("ready")
      .boolean(now.ready)
      .key("detail")
      .text(now.detail)
      .end_object();
  call->send_json(now.ready ? 200 : 503, std::move(text));
}

}  // namespace onrush::api::handle
