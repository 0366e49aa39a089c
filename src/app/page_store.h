// The embedded pages in the form that the API serves.
#pragma once

#include <string_view>

#include "edge/api/context.h"

namespace onrush::app {

// A page of this listener, or a file under /assets/; null if there is none. Thread-safe; what it
// points to lives as long as the process.
[[nodiscard]] const assets::Asset* find_page_or_asset(api::Listener listener,
                                                      std::string_view path);

}  // namespace onrush::app
