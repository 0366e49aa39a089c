#include "edge/api/known_buyers.h"

namespace onrush::api {

KnownBuyers::KnownBuyers(unsigned bits_log2)
    : block_mask_((std::uint64_t{1} << bits_log2) / kBlockBits - 1),
      blocks_(block_mask_ + 1),
      places_(block_mask_ + 1),
      registered_(block_mask_ + 1) {}

template <class Visit>
void KnownBuyers::for_each_bit(const Blocks& blocks, sale::SaleNo sale, sale::BuyerId buyer,
                               Visit visit) const noexcept {
  const std::uint64_t hash = hash_of(sale, buyer);
  Block& block = blocks[hash & block_mask_];
  // Nine bits of a second hash for each probe: one of the block's 512 bits.
  std::uint64_t bits = mix_bits(hash + 0x9e3779b97f4a7c15ULL);
  for (unsigned i = 0; i < kProbes; ++i, bits >>= 9) {
    if (!visit(block.words[(bits >> 6) & 7], std::uint64_t{1} << (bits & 63))) return;
  }
}

void KnownBuyers::add_to(const Blocks& blocks, sale::SaleNo sale, sale::BuyerId buyer) noexcept {
  for_each_bit(blocks, sale, buyer, [](std::atomic<std::uint64_t>& word, std::uint64_t bit) {
    if ((word.load(std::memory_order_relaxed) & bit) == 0)
      word.fetch_or(bit, std::memory_order_release);
    return true;
  });
}

bool KnownBuyers::is_in(const Blocks& blocks, sale::SaleNo sale,
                        sale::BuyerId buyer) const noexcept {
  bool known = true;
  for_each_bit(blocks, sale, buyer, [&](const std::atomic<std::uint64_t>& word, std::uint64_t bit) {
    known = (word.load(std::memory_order_acquire) & bit) != 0;
    return known;
  });
  return known;
}

void KnownBuyers::on_events(std::uint64_t /*first_seq*/, TimePoint /*at*/,
                            std::span<const sale::Event> events) noexcept {
  for (const sale::Event& event : events) {
    if (const auto* granted = std::get_if<sale::event::HoldGranted>(&event)) {
      add(granted->sale, granted->buyer);
    } else if (const auto* joined = std::get_if<sale::event::StandbyJoined>(&event)) {
      add(joined->sale, joined->buyer);
    } else if (const auto* taken = std::get_if<sale::event::PlaceTaken>(&event)) {
      add_to(places_, taken->sale, taken->buyer);
    } else if (const auto* registered = std::get_if<sale::event::Registered>(&event)) {
      add_to(registered_, registered->sale, registered->buyer);
    }
  }
}

}  // namespace onrush::api
