// Limits of how often somebody may ask: per network of addresses, per account, and for the whole
// server. One object for all workers of all listeners, so each limit holds for the process.
//
//   hold request ─► address ─► token ─► account ─► server ─► latch, queue
//   sign-in, sign-up ─► address ─► password
//
// The server's limit comes last: whoever is over his own takes nothing from what all share.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admission/address.h"
#include "admission/gcra.h"
#include "edge/api/problems.h"
#include "edge/http/message.h"
#include "sale/ids.h"

namespace onrush::api {

enum class Limit : std::uint8_t { address, account, server };
inline constexpr std::size_t kLimits = 3;
[[nodiscard]] std::string_view to_string(Limit);

struct RateLimitConfig {
  admission::Rate address, account, server;  // per_second 0: off, and costs nothing
  // Proxies in front that each add the address they saw to X-Forwarded-For. 0: the header is not
  // believed, and the address is that of the connection.
  unsigned trusted_proxies = 0;
};

struct Excess {
  Limit limit;
  int retry_after_seconds;  // >= 1
};

class RateLimits {
 public:
  // The seed: random for each process, and secret.
  RateLimits(const RateLimitConfig& config, std::uint64_t seed);

  // Thread-safe, no lock, no allocation. Nothing: within the limit, and counted.
  [[nodiscard]] std::optional<Excess> take_address(const http::Request& request) noexcept;
  // The account's, then the server's.
  [[nodiscard]] std::optional<Excess> take_account(sale::BuyerId buyer) noexcept;
  void prefetch_account(sale::BuyerId buyer) const noexcept {
    if (accounts_) accounts_->prefetch(buyer.value());
  }

  // The network that a request comes from, as the address limit sees it.
  [[nodiscard]] std::uint64_t network_of(const http::Request& request) const noexcept;

  // 429 rate_limited with Retry-After, RateLimit-Policy and RateLimit
  // (draft-ietf-httpapi-ratelimit-headers).
  [[nodiscard]] Problem problem_of(const Excess& excess) const;

 private:
  [[nodiscard]] const admission::Rate& rate(Limit limit) const;

  const RateLimitConfig config_;
  std::optional<admission::KeyedGcra> addresses_, accounts_;
  std::optional<admission::Gcra> server_;
};

}  // namespace onrush::api
