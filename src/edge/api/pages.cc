// The embedded pages and their assets, the configuration that they read, and the API's own
// description.
#include <fmt/format.h>

#include "edge/api/handlers.h"
#include "edge/api/station.h"

namespace onrush::api::handle {
namespace {

// No inline scripts or styles anywhere, so no nonce is needed: only our own files run.
std::string page_headers(const Station& station) {
  const ApiConfig& config = station.context.config;
  const bool admin = station.listener == Listener::admin;
  return fmt::format(
      "Content-Security-Policy: {}\r\n"
      "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n"
      "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n",
      assets::content_security_policy(admin ? std::string{} : config.rush_origin,
                                      admin ? config.admin_origin : config.public_origin));
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
  const assets::Asset* asset =
      station.context.assets ? station.context.assets(station.listener, request.path) : nullptr;
  if (asset == nullptr) return call->fail(problem::kNotFound);
  const bool packs = !asset->gzip_bytes.empty();
  const bool gzip = packs && assets::accepts_gzip(request.header(http::Header::accept_encoding));
  const std::string etag = assets::etag_of(*asset, gzip);
  http::Response response;
  response.content_type = asset->content_type;
  response.headers =
      fmt::format("ETag: {}\r\nCache-Control: {}\r\n", etag, assets::cache_control(*asset));
  if (packs) response.headers += "Vary: Accept-Encoding\r\n";
  if (!asset->immutable) response.headers += page_headers(station);
  if (assets::etag_matches(request.header(http::Header::if_none_match), etag)) {
    response.status = 304;
  } else {
    if (gzip) response.headers += "Content-Encoding: gzip\r\n";
    response.body = gzip ? asset->gzip_bytes : asset->bytes;
  }
  call->send(std::move(response));
}

}  // namespace onrush::api::handle
