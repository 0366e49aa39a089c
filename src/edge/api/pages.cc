// The embedded pages and their assets, the configuration that they read, and the API's own
// description.
#include <fmt/format.h>

#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

// http://host → ws://host, https://host → wss://host.
std::string socket_origin(std::string_view origin) {
  return origin.starts_with("http") ? std::string("ws").append(origin.substr(4)) : std::string{};
}

// No inline scripts or styles anywhere, so no nonce is needed: only our own files run.
std::string page_headers(const Station& station) {
  const ApiConfig& config = station.context.config;
  const std::string rush = station.listener == Listener::admin ? std::string{} : config.rush_origin;
  const std::string own =
      station.listener == Listener::admin ? config.admin_origin : config.public_origin;
  return fmt::format(
      "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src "
      "'self' https: data:; "
      "font-src 'self'; manifest-src 'self'; connect-src 'self' {} {} {}; base-uri 'none'; "
      "form-action 'self'; "
      "frame-ancestors 'none'\r\n"
      "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nCross-Origin-Opener-Policy: "
      "same-origin\r\n"
      "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n",
      rush, socket_origin(rush), socket_origin(own));
}

}  // namespace

void get_config(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  const ApiConfig& config = station.context.config;
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("rush_origin").text(config.rush_origin);
  out.key("public_origin").text(config.public_origin);
  out.key("languages").begin_array().text("en").text("zh").end_array();
  out.key("payment_provider").text(station.context.provider.name());
  out.key("version").text(config.version);
  out.key("server_time").time(station.context.clock.now()).end_object();
  call->send_json(200, std::move(text));
}

void get_openapi(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  const std::string& text = station.context.config.openapi_json;
  call->send_public(request, text, etag_of(text), "public, max-age=300");
}

void get_asset(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  const Asset* asset =
      station.context.assets ? station.context.assets(station.listener, request.path) : nullptr;
  if (asset == nullptr) return call->fail(problem::kNotFound);
  http::Response response;
  response.content_type = asset->content_type;
  response.headers =
      fmt::format("ETag: {}\r\nCache-Control: {}\r\n", asset->etag,
                  asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (asset->page) response.headers += page_headers(station);
  const std::string_view known = request.header(http::Header::if_none_match);
  if (!known.empty() && known.find(asset->etag) != std::string_view::npos) {
    response.status = 304;
  } else {
    response.body = asset->body;
  }
  call->send(std::move(response));
}

}  // namespace onrush::api::handle
