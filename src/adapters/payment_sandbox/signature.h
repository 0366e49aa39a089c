// The signature of the sandbox's callbacks: `t=UNIX_SECONDS,v1=HEX(HMAC-SHA256(secret, t + "." +
// body))`. The time is signed too, so that a recorded callback cannot be played back for ever.
#pragma once

#include <string>
#include <string_view>

#include "base/hmac.h"
#include "base/result.h"
#include "base/time.h"

namespace onrush::payment_sandbox {

inline constexpr std::string_view kSignatureHeader = "x-onrush-signature";
inline constexpr std::chrono::minutes kSignatureAgeMax{5};  // either way: clocks differ

[[nodiscard]] std::string sign_callback(const HmacSha256& key, TimePoint now,
                                        std::string_view body);
// Error: invalid; says malformed, too old, or wrong.
[[nodiscard]] Status check_signature(const HmacSha256& key, std::string_view header,
                                     std::string_view body, TimePoint now);

}  // namespace onrush::payment_sandbox
