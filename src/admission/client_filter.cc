#include "admission/client_filter.h"

#include <algorithm>
#include <cstring>

#include "base/sha256.h"

namespace onrush::admission {
namespace {

constexpr double kWhole = 4294967296.0;  // 2^32

void put_le64(std::byte* to, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t le32(const std::byte* from) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(from[i]) << (8 * i);
  return value;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint32_t tag_of(const FilterRule& rule) {
  std::uint64_t salt = 0;
  std::uint64_t ratio = 0;
  std::memcpy(&salt, rule.salt.data(), sizeof salt);
  std::memcpy(&ratio, &rule.ratio, sizeof ratio);
  return static_cast<std::uint32_t>(
      mix(salt ^ mix(ratio ^ mix(static_cast<std::uint64_t>(rule.slot.count())))));
}

}  // namespace

std::int64_t FilterRule::slot_of(TimePoint at) const {
  return to_millis(at) / slot.count();
}

TimePoint FilterRule::start_of(std::int64_t slot_number) const {
  return from_millis(slot_number * slot.count());
}

std::optional<TimePoint> FilterRule::opening(std::uint64_t buyer, std::int64_t slot_number) const {
  std::array<std::byte, 24> input;
  std::copy(salt.begin(), salt.end(), input.begin());
  put_le64(input.data() + 8, buyer);
  put_le64(input.data() + 16, static_cast<std::uint64_t>(slot_number));
  const Digest digest = sha256_short(input);
  if (static_cast<double>(le32(digest.data())) >= ratio * kWhole) return std::nullopt;
  const std::uint64_t o = le32(digest.data() + 4);
  const auto later = static_cast<std::int64_t>((o * static_cast<std::uint64_t>(slot.count()) * 3) >>
                                               34);  // below 3/4 of the slot
  return start_of(slot_number) + Millis{later};
}

std::optional<Millis> ClientFilter::refuses(const FilterRule& rule, std::uint32_t sale,
                                            std::uint64_t buyer, TimePoint now) {
  const std::int64_t ms = to_millis(now);
  const std::uint32_t tag = tag_of(rule);
  const std::size_t place = mix(buyer ^ (std::uint64_t{sale} << 40)) % kKnown;
  if (!known_.empty()) {
    const Known& known = known_[place];
    if (known.buyer == buyer && known.sale == sale && known.rule_tag == tag && known.from <= ms &&
        ms < known.until) {
      return Millis{known.until - ms};
    }
  }
  const std::int64_t slot = rule.slot_of(now);
  std::optional<TimePoint> opening = rule.opening(buyer, slot);
  if (opening && *opening <= now) return std::nullopt;
  for (std::int64_t next = slot + 1; !opening && next < slot + kLookAhead; ++next)
    opening = rule.opening(buyer, next);
  const std::int64_t until = to_millis(opening.value_or(rule.start_of(slot + kLookAhead)));
  if (known_.empty()) known_.resize(kKnown);
  known_[place] = {buyer, ms, until, sale, tag};
  return Millis{until - ms};
}

}  // namespace onrush::admission
