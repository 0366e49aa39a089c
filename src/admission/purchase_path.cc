#include "admission/purchase_path.h"

#include <array>

#include "base/base64url.h"
#include "base/constant_time.h"

namespace onrush::admission {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::size_t kCodeBytes = 12;

std::int64_t minute_of(TimePoint at) {
  return to_millis(at) / kMinute;
}

}  // namespace

std::string PurchasePaths::code_of(std::uint32_t sale, std::uint64_t buyer,
                                   std::int64_t minute) const {
  std::array<char, 20> message{};
  for (std::size_t i = 0; i < 4; ++i) message[i] = static_cast<char>(sale >> (8 * i));
  for (std::size_t i = 0; i < 8; ++i) {
    message[4 + i] = static_cast<char>(buyer >> (8 * i));
    message[12 + i] = static_cast<char>(static_cast<std::uint64_t>(minute) >> (8 * i));
  }
  const Mac mac = hmac_.mac(std::string_view(message.data(), message.size()));
  return to_base64url(Bytes(mac).first(kCodeBytes));
}

PurchasePaths::Path PurchasePaths::make(std::uint32_t sale, std::uint64_t buyer,
                                        TimePoint now) const {
  const std::int64_t minute = minute_of(now);
  return {code_of(sale, buyer, minute), from_millis((minute + 2) * kMinute)};
}

bool PurchasePaths::holds(std::string_view code, std::uint32_t sale, std::uint64_t buyer,
                          TimePoint now) const {
  const std::int64_t minute = minute_of(now);
  for (const std::int64_t of : {minute, minute - 1}) {
    const std::string right = code_of(sale, buyer, of);
    if (code.size() == right.size() && equal_constant_time(code, right)) return true;
  }
  return false;
}

}  // namespace onrush::admission
