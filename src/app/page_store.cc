#include "app/page_store.h"

#include <map>
#include <mutex>

#include "edge/assets/assets.h"

namespace onrush::app {
namespace {

// One entry for each embedded file that was ever asked for: their number is that of the files.
const api::Asset* as_api_asset(const assets::Asset& asset, bool page) {
  static std::mutex mutex;
  static std::map<const assets::Asset*, api::Asset> known;
  const std::lock_guard lock(mutex);
  const auto [at, added] = known.try_emplace(&asset);
  if (added) {
    at->second.content_type = asset.content_type;
    at->second.body = asset.bytes;
    at->second.etag = asset.etag;
    at->second.immutable = asset.immutable;
    at->second.page = page;
  }
  return &at->second;
}

}  // namespace

const api::Asset* find_page_or_asset(api::Listener listener, std::string_view path) {
  if (const auto* file = assets::find_asset(path)) return as_api_asset(*file, false);
  const auto site =
      listener == api::Listener::admin ? assets::Listener::admin : assets::Listener::general;
  const auto* page = assets::find_page(site, path);
  return page == nullptr ? nullptr : as_api_asset(*page, true);
}

}  // namespace onrush::app
