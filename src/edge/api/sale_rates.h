// How fast things happen in each sale, from its events: totals since the start of the process, and
// rates over the last ten seconds. For the admin console.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "ports/box_office.h"

namespace onrush::api {

class SaleRates final : public ports::EventListener {
 public:
  enum Kind : std::size_t { granted, standby, paid, ended, kKinds };
  struct Rates {
    std::array<std::uint64_t, kKinds> total{};
    std::array<double, kKinds> per_second{};
  };

  void on_events(std::uint64_t first_seq, TimePoint at,
                 std::span<const sale::Event> events) noexcept override;
  [[nodiscard]] Rates rates(sale::SaleNo sale, TimePoint now) const;

 private:
  static constexpr std::int64_t kWindowSeconds = 10;
  struct Bucket {
    std::int64_t second = 0;
    std::array<std::uint32_t, kKinds> count{};
  };
  struct PerSale {
    std::array<std::uint64_t, kKinds> total{};
    std::array<Bucket, kWindowSeconds + 1> buckets{};
  };

  mutable std::mutex mutex_;
  std::unordered_map<sale::SaleNo, PerSale> sales_;
};

}  // namespace onrush::api
