// What became of the hold requests, sale by sale and layer by layer: one set of counters for each
// worker, summed when asked. Counting is one relaxed add to memory that no other worker writes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sale/outcome.h"

namespace onrush::api {

// In the order in which a request meets them: what refuses, then what is given.
enum class Layer : std::uint8_t {
  rate_limited,
  channel_required,
  registration_required,
  filtered,
  challenge_required,
  not_open,
  closed,
  paused,
  not_your_turn,
  pass_required,
  path_required,
  sold_out,
  limit_reached,
  busy,
  granted,
  standby,
};
inline constexpr std::size_t kLayers = static_cast<std::size_t>(Layer::standby) + 1;
inline constexpr std::size_t kRefusingLayers = static_cast<std::size_t>(Layer::granted);
[[nodiscard]] std::string_view to_string(Layer);
// Nothing for verdicts that are no layer's: a request that contradicts itself or its own repeat.
[[nodiscard]] std::optional<Layer> layer_of(sale::Verdict);

struct FunnelCounts {
  std::array<std::uint64_t, kLayers> by_layer{};
  [[nodiscard]] std::uint64_t of(Layer layer) const {
    return by_layer[static_cast<std::size_t>(layer)];
  }
  FunnelCounts& operator+=(const FunnelCounts& more);
};

// Of one worker. Any thread may count and read.
class SaleFunnel {
 public:
  SaleFunnel() = default;
  ~SaleFunnel();
  SaleFunnel(const SaleFunnel&) = delete;
  SaleFunnel& operator=(const SaleFunnel&) = delete;

  // Sale 0: a request that names no sale we know. It is in all(), as is a sale past the table.
  void count(sale::SaleNo sale, Layer layer) {
    counts_of(sale)[static_cast<std::size_t>(layer)].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] FunnelCounts of(sale::SaleNo sale) const;
  [[nodiscard]] FunnelCounts all() const;

 private:
  // A sale's counters are made when it is first counted: 8 KiB for each 64 sales with traffic.
  static constexpr std::size_t kSalesPerChunk = 64;
  static constexpr std::size_t kChunks = 1024;
  using Counts = std::array<std::atomic<std::uint64_t>, kLayers>;
  struct alignas(64) Chunk {
    std::array<Counts, kSalesPerChunk> sales{};
  };

  Counts& counts_of(sale::SaleNo sale) {
    const std::size_t number =
        sale.value() < kChunks * kSalesPerChunk ? std::size_t{sale.value()} : 0;
    Chunk* chunk = chunks_[number / kSalesPerChunk].load(std::memory_order_acquire);
    if (chunk == nullptr) chunk = make_chunk(number / kSalesPerChunk);
    return chunk->sales[number % kSalesPerChunk];
  }
  Chunk* make_chunk(std::size_t index);

  std::array<std::atomic<Chunk*>, kChunks> chunks_{};
};

}  // namespace onrush::api
