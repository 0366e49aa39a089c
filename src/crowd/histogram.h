// Latencies in logarithmic buckets: 32 to each power of two, so a percentile is at most 3.2 % too
// high.
#pragma once

#include <array>
#include <cstdint>

namespace onrush::crowd {

class Histogram {
 public:
  // Negative values count as zero.
  void record(std::int64_t micros);
  // The smallest bucket border that at least `percent` (0..100) of the values do not exceed; 0 if
  // empty.
  [[nodiscard]] std::int64_t percentile(double percent) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max() const { return max_; }  // exact

 private:
  static constexpr int kSubBits = 5;
  static constexpr std::size_t kBuckets = (64 - kSubBits) << kSubBits;
  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t upper_border(std::size_t index);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace onrush::crowd
