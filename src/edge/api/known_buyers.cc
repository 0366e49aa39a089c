#include "edge/api/known_buyers.h"

namespace onrush::api {

KnownBuyers::KnownBuyers(unsigned bits_log2)
    : mask_((std::uint64_t{1} << bits_log2) - 1),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>((std::size_t{1} << bits_log2) / 64)) {}

template <class Visit>
void KnownBuyers::for_each_bit(sale::SaleNo sale, sale::BuyerId buyer, Visit visit) const noexcept {
  // Double hashing (Kirsch and Mitzenmacher): two hashes give all probes.
  const std::uint64_t first = mix_bits(buyer.value() ^ (std::uint64_t{sale.value()} << 40));
  const std::uint64_t step = mix_bits(first + 0x9e3779b97f4a7c15ULL) | 1;
  for (unsigned i = 0; i < kProbes; ++i) {
    const std::uint64_t bit = (first + i * step) & mask_;
    if (!visit(words_[bit / 64], std::uint64_t{1} << (bit % 64))) return;
  }
}

void KnownBuyers::add(sale::SaleNo sale, sale::BuyerId buyer) noexcept {
  for_each_bit(sale, buyer, [](std::atomic<std::uint64_t>& word, std::uint64_t bit) {
    if ((word.load(std::memory_order_relaxed) & bit) == 0)
      word.fetch_or(bit, std::memory_order_release);
    return true;
  });
}

bool KnownBuyers::may_know(sale::SaleNo sale, sale::BuyerId buyer) const noexcept {
  bool known = true;
  for_each_bit(sale, buyer, [&](const std::atomic<std::uint64_t>& word, std::uint64_t bit) {
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
    }
  }
}

}  // namespace onrush::api
