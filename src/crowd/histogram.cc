#include "crowd/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace onrush::crowd {

std::size_t Histogram::index_of(std::uint64_t value) {
  constexpr std::uint64_t kSub = 1ULL << kSubBits;
  if (value < kSub) return static_cast<std::size_t>(value);
  const int shift = std::bit_width(value) - 1 - kSubBits;
  return (static_cast<std::size_t>(shift + 1) << kSubBits) +
         static_cast<std::size_t>((value >> shift) - kSub);
}

std::uint64_t Histogram::upper_border(std::size_t index) {
  constexpr std::uint64_t kSub = 1ULL << kSubBits;
  if (index < kSub) return index;
  const auto shift = (index >> kSubBits) - 1;
  const std::uint64_t base = (index & (kSub - 1)) + kSub;
  return ((base + 1) << shift) - 1;
}

void Histogram::record(std::int64_t micros) {
  const std::int64_t value = std::max<std::int64_t>(micros, 0);
  ++buckets_[index_of(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

std::int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(static_cast<std::int64_t>(upper_border(i)), max_);
  }
  return max_;
}

}  // namespace onrush::crowd
