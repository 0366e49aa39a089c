#include "edge/assets/assets.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "edge/assets/assets_table.h"

namespace onrush::assets {
namespace {

std::span<const Asset> all() {
  return {table::kAssets, table::kAssetCount};
}
std::span<const table::Route> routes() {
  return {table::kRoutes, table::kRouteCount};
}

bool is_parameter(std::string_view segment) {
  if (segment.empty()) return false;
  return std::all_of(segment.begin(), segment.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
  });
}

// Takes the text up to the next `mark` off the front of `rest`.
std::string_view take(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() || !path.empty()) {
    if (pattern.empty() || path.empty()) return false;
    // A trailing slash is another path.
    if (pattern.find('/') == std::string_view::npos && path.find('/') != std::string_view::npos) {
      return false;
    }
    const auto wanted = take(pattern, '/');
    const auto given = take(path, '/');
    const bool parameter = wanted.starts_with('{');
    if (parameter ? !is_parameter(given) : wanted != given) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "https://host[:port]" and nothing else: it goes into a header, where ';' or a space would change
// the policy.
bool is_origin(std::string_view origin) {
  std::string_view host;
  if (origin.starts_with("https://")) host = origin.substr(8);
  if (origin.starts_with("http://")) host = origin.substr(7);
  if (host.empty()) return false;
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == ':' || c == '[' || c == ']';
  });
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) == y;
         });
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  const auto assets = all();
  const auto at =
      std::lower_bound(assets.begin(), assets.end(), path,
                       [](const Asset& asset, std::string_view p) { return asset.path < p; });
  return at != assets.end() && at->path == path && at->immutable ? &*at : nullptr;
}

const Asset* find_page(Listener listener, std::string_view path) {
  for (const auto& route : routes()) {
    if (route.listener == listener && matches(route.pattern, path)) return &all()[route.page];
  }
  return nullptr;
}

std::string_view cache_control(const Asset& asset) {
  return asset.immutable ? "public, max-age=31536000, immutable" : "no-cache";
}

std::string content_security_policy(std::string_view rush_origin, std::string_view own_origin) {
  std::string connect = "'self'";
  // The WebSocket has a scheme of its own: "http" becomes "ws", "https" becomes "wss".
  if (is_origin(rush_origin)) {
    connect.append(" ").append(rush_origin).append(" ws").append(rush_origin.substr(4));
  }
  if (is_origin(own_origin)) connect.append(" ws").append(own_origin.substr(4));
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; "
         "connect-src " +
         connect + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

std::string etag_of(const Asset& asset, bool gzip) {
  std::string tag(asset.etag);
  if (gzip) tag.insert(tag.size() - 1, "-gz");
  return tag;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    auto tag = trim(take(if_none_match, ','));
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    auto parameters = take(accept_encoding, ',');
    const auto coding = trim(take(parameters, ';'));
    if (!equals_ignoring_case(coding, "gzip")) continue;
    const auto q = trim(parameters);
    // "q=0", "q=0.", "q=0.000" refuse.
    return !(q.starts_with("q=0") && q.find_first_not_of("0.", 2) == std::string_view::npos);
  }
  return false;
}

}  // namespace onrush::assets
