#include "app/rate_limit_settings.h"

#include <sodium.h>

namespace onrush::app {

api::RateLimitConfig rate_limits_of(const Config& config) {
  api::RateLimitConfig limits;
  limits.address = {config.limit_address_per_second, config.limit_address_burst};
  limits.account = {config.limit_account_per_second, config.limit_account_burst};
  limits.server = {config.limit_server_per_second, config.limit_server_burst};
  limits.trusted_proxies = config.trusted_proxies;
  return limits;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  randombytes_buf(&seed, sizeof seed);
  return seed;
}

}  // namespace onrush::app
