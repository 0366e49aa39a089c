#pragma once

namespace onrush::app {
inline constexpr const char* kVersion = "0.1.0";
}  // namespace onrush::app
