#include "edge/api/rate_limits.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

namespace onrush::api {
namespace {

// 4 MiB a table. An account within its limit is ahead of its rate for a fraction of a second after
// each click, so half a million places serve a rush of millions.
constexpr unsigned kPlacesLog2 = 19;

// The kernel's coarse steady clock: a fifth of the price of the exact one, and up to a tick of 10
// ms late. That makes a limit stricter, never looser; a burst that is less than a tick of its rate
// cannot be used in full.
constexpr std::chrono::milliseconds kTickMax{10};
admission::SteadyTime coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return admission::SteadyTime(std::chrono::seconds(now.tv_sec) +
                               std::chrono::nanoseconds(now.tv_nsec));
}

std::string_view detail_of(Limit limit) {
  switch (limit) {
    case Limit::address:
      return "Too many requests from this network.";
    case Limit::account:
      return "Too many requests of this account.";
    case Limit::server:
      return "Too many requests at once.";
  }
  return {};
}

std::optional<Excess> excess(Limit limit, const admission::Decision& decision) {
  if (decision.allowed) return std::nullopt;
  // Who comes back at the very second must not meet a clock that is still behind.
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(decision.retry_after + kTickMax).count();
  return Excess{limit, static_cast<int>(std::clamp<std::int64_t>(seconds, 1, 1'000'000'000))};
}

}  // namespace

std::string_view to_string(Limit limit) {
  switch (limit) {
    case Limit::address:
      return "address";
    case Limit::account:
      return "account";
    case Limit::server:
      return "server";
  }
  return "";
}

RateLimits::RateLimits(const RateLimitConfig& config, std::uint64_t seed) : config_(config) {
  const admission::SteadyTime origin = coarse_now();
  if (config.address.per_second > 0) addresses_.emplace(config.address, kPlacesLog2, seed, origin);
  if (config.account.per_second > 0) accounts_.emplace(config.account, kPlacesLog2, ~seed, origin);
  if (config.server.per_second > 0) server_.emplace(config.server, origin);
}

std::optional<Excess> RateLimits::take_address(const http::Request& request) noexcept {
  if (!addresses_) return std::nullopt;
  return excess(Limit::address, addresses_->take(network_of(request), coarse_now()));
}

std::uint64_t RateLimits::network_of(const http::Request& request) const noexcept {
  return admission::network_of(admission::client_address(
      request.remote, request.header(http::Header::x_forwarded_for), config_.trusted_proxies));
}

std::optional<Excess> RateLimits::take_account(sale::BuyerId buyer) noexcept {
  if (!accounts_ && !server_) return std::nullopt;
  const admission::SteadyTime now = coarse_now();
  if (accounts_) {
    if (const auto over = excess(Limit::account, accounts_->take(buyer.value(), now))) return over;
  }
  if (!server_) return std::nullopt;
  return excess(Limit::server, server_->take(now));
}

Problem RateLimits::problem_of(const Excess& excess) const {
  const admission::Rate& allowed = rate(excess.limit);
  const std::string_view name = to_string(excess.limit);
  const std::uint32_t window = (allowed.burst + allowed.per_second - 1) / allowed.per_second;
  Problem problem{problem::kRateLimited, std::string(detail_of(excess.limit)),
                  excess.retry_after_seconds, fmt::format(R"("limit":"{}")", name)};
  problem.headers =
      fmt::format("RateLimit-Policy: \"{}\";q={};w={}\r\nRateLimit: \"{}\";r=0;t={}\r\n", name,
                  allowed.burst, window, name, excess.retry_after_seconds);
  return problem;
}

const admission::Rate& RateLimits::rate(Limit limit) const {
  switch (limit) {
    case Limit::address:
      return config_.address;
    case Limit::account:
      return config_.account;
    case Limit::server:
      break;
  }
  return config_.server;
}

}  // namespace onrush::api
