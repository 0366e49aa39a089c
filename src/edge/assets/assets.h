// The pages and their files, embedded in the program. Built from web/ by scripts/embed_assets.py;
// see docs/pages.md. Everything here is constant and may be used from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onrush::assets {

enum class Listener : std::uint8_t { general, admin };

struct Asset {
  std::string_view path;          // "/assets/shop-5f0c….js"; of a page: "/shop/index.html"
  std::string_view content_type;  // a literal
  std::string_view bytes;
  std::string_view gzip_bytes;  // empty where packing does not make it smaller
  std::string_view etag;        // quoted, of `bytes`
  bool immutable = false;       // the name holds the hash: cacheable for a year
};

// A file under /assets/, by its whole path. Null: there is none. Pages are not found here.
[[nodiscard]] const Asset* find_asset(std::string_view path);

// The HTML shell that a listener shows at a path ("/s/618"). Null: no page is there. The path is as
// sent, without the query; a parameter is one non-empty segment of [A-Za-z0-9._~-].
[[nodiscard]] const Asset* find_page(Listener listener, std::string_view path);

// The Cache-Control value of an asset: a year and immutable, or for shells `no-cache` (ask by
// ETag).
[[nodiscard]] std::string_view cache_control(const Asset& asset);

// The Content-Security-Policy value for the pages. `rush_origin`: "https://rush.example" where the
// rush has an origin of its own, else ""; anything that is not a plain http(s) origin is left out.
// `own_origin` likewise: of the page itself, for browsers whose 'self' leaves out WebSockets.
[[nodiscard]] std::string content_security_policy(std::string_view rush_origin,
                                                  std::string_view own_origin = {});

// The ETag of what is sent: the packed form has bytes of its own, so it has a tag of its own.
[[nodiscard]] std::string etag_of(const Asset& asset, bool gzip);

// Whether an If-None-Match header names this ETag (weak comparison, lists and "*" included).
[[nodiscard]] bool etag_matches(std::string_view if_none_match, std::string_view etag);

// Whether an Accept-Encoding header permits gzip (q=0 refuses).
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace onrush::assets
