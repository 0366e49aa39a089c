#include "adapters/payment_sandbox/signature.h"

#include <charconv>

#include "base/constant_time.h"
#include "base/hex.h"

namespace onrush::payment_sandbox {

std::string sign_callback(const HmacSha256& key, TimePoint now, std::string_view body) {
  const std::string time =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  return "t=" + time + ",v1=" + to_hex(key.mac({time, ".", body}));
}

Status check_signature(const HmacSha256& key, std::string_view header, std::string_view body,
                       TimePoint now) {
  const std::size_t comma = header.find(',');
  if (!header.starts_with("t=") || comma == std::string_view::npos) {
    return invalid("the signature header is malformed");
  }
  const std::string_view time = header.substr(2, comma - 2);
  const std::string_view rest = header.substr(comma + 1);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
  if (error != std::errc{} || end != time.data() + time.size() || seconds < 0 ||
      seconds > 253'402'300'799 || !rest.starts_with("v1=")) {
    return invalid("the signature header is malformed");
  }
  Mac given;
  if (!read_hex(rest.substr(3), given)) return invalid("the signature header is malformed");
  const Mac expected = key.mac({time, ".", body});
  if (!equal_constant_time(Bytes(given), Bytes(expected))) return invalid("the signature is wrong");
  const auto age = now - TimePoint{std::chrono::seconds{seconds}};
  if (age > kSignatureAgeMax || age < -kSignatureAgeMax) return invalid("the signature is too old");
  return {};
}

}  // namespace onrush::payment_sandbox
