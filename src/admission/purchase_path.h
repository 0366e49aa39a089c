// Personal purchase paths: the last segment of the address that a buyer posts his hold request to.
// It is a keyed hash of the buyer, the sale and the minute, so it cannot be known before it is
// handed out, not be passed on, and not be kept for long. Nothing is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hmac.h"
#include "base/time.h"

namespace onrush::admission {

// Immutable; may be shared by threads.
class PurchasePaths {
 public:
  explicit PurchasePaths(Bytes key) : hmac_(key) {}

  struct Path {
    std::string code;  // 16 characters of base64url
    TimePoint expires_at;
  };
  // Good in this minute and the next: for 60 to 120 seconds.
  [[nodiscard]] Path make(std::uint32_t sale, std::uint64_t buyer, TimePoint now) const;
  [[nodiscard]] bool holds(std::string_view code, std::uint32_t sale, std::uint64_t buyer,
                           TimePoint now) const;

 private:
  [[nodiscard]] std::string code_of(std::uint32_t sale, std::uint64_t buyer,
                                    std::int64_t minute) const;

  HmacSha256 hmac_;
};

}  // namespace onrush::admission
