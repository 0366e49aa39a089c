// What scripts/embed_assets.py generates. Only assets.cc and the generated source include this.
#pragma once

#include <cstddef>

#include "edge/assets/assets.h"

namespace onrush::assets::table {

struct Route {
  Listener listener;
  std::string_view pattern;  // "/s/{sale}"
  std::size_t page;          // index into kAssets
};

template <std::size_t N>
constexpr std::string_view view(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

extern const Asset kAssets[];  // sorted by path
extern const std::size_t kAssetCount;
extern const Route kRoutes[];
extern const std::size_t kRouteCount;

}  // namespace onrush::assets::table
