#include "edge/api/sale_funnel.h"

#include <memory>

namespace onrush::api {
namespace {

template <class Counts>
FunnelCounts read(const Counts& counts) {
  FunnelCounts read;
  for (std::size_t layer = 0; layer < kLayers; ++layer)
    read.by_layer[layer] = counts[layer].load(std::memory_order_relaxed);
  return read;
}

}  // namespace

std::string_view to_string(Layer layer) {
  constexpr std::array<std::string_view, kLayers> kNames = {"rate_limited",
                                                            "channel_required",
                                                            "registration_required",
                                                            "filtered",
                                                            "challenge_required",
                                                            "not_open",
                                                            "closed",
                                                            "paused",
                                                            "not_your_turn",
                                                            "pass_required",
                                                            "path_required",
                                                            "sold_out",
                                                            "limit_reached",
                                                            "busy",
                                                            "granted",
                                                            "standby"};
  return kNames[static_cast<std::size_t>(layer)];
}

std::optional<Layer> layer_of(sale::Verdict verdict) {
  using sale::Verdict;
  switch (verdict) {
    case Verdict::granted:
      return Layer::granted;
    case Verdict::standby:
      return Layer::standby;
    case Verdict::sold_out:
      return Layer::sold_out;
    case Verdict::limit_reached:
      return Layer::limit_reached;
    case Verdict::not_open:
      return Layer::not_open;
    case Verdict::pass_required:
      return Layer::pass_required;
    case Verdict::registration_required:
      return Layer::registration_required;
    case Verdict::paused:
      return Layer::paused;
    case Verdict::closed:
      return Layer::closed;
    case Verdict::busy:
      return Layer::busy;
    default:
      return std::nullopt;
  }
}

FunnelCounts& FunnelCounts::operator+=(const FunnelCounts& more) {
  for (std::size_t layer = 0; layer < kLayers; ++layer) by_layer[layer] += more.by_layer[layer];
  return *this;
}

SaleFunnel::~SaleFunnel() {
  for (auto& chunk : chunks_) delete chunk.load();
}

SaleFunnel::Chunk* SaleFunnel::make_chunk(std::size_t index) {
  auto made = std::make_unique<Chunk>();
  Chunk* known = nullptr;
  // Late answers are counted by the thread that gives them: two may come first.
  if (chunks_[index].compare_exchange_strong(known, made.get(), std::memory_order_acq_rel))
    return made.release();
  return known;
}

FunnelCounts SaleFunnel::of(sale::SaleNo sale) const {
  if (sale.value() >= kChunks * kSalesPerChunk) return {};
  const Chunk* chunk = chunks_[sale.value() / kSalesPerChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? FunnelCounts{} : read(chunk->sales[sale.value() % kSalesPerChunk]);
}

FunnelCounts SaleFunnel::all() const {
  FunnelCounts sum;
  for (const auto& slot : chunks_) {
    const Chunk* chunk = slot.load(std::memory_order_acquire);
    if (chunk == nullptr) continue;
    for (const Counts& counts : chunk->sales) sum += read(counts);
  }
  return sum;
}

}  // namespace onrush::api
