#include "app/page_store.h"

namespace onrush::app {

const assets::Asset* find_page_or_asset(api::Listener listener, std::string_view path) {
  if (const auto* file = assets::find_asset(path)) return file;
  const auto site =
      listener == api::Listener::admin ? assets::Listener::admin : assets::Listener::general;
  return assets::find_page(site, path);
}

}  // namespace onrush::app
