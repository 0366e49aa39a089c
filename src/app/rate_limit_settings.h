// The rate limits of a process, from its settings.
#pragma once

#include <cstdint>

#include "app/config.h"
#include "edge/api/rate_limits.h"

namespace onrush::app {

[[nodiscard]] api::RateLimitConfig rate_limits_of(const Config& config);
// Of the operating system's randomness: which addresses share a place in the tables cannot be
// guessed.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace onrush::app
