// Buyers who may have an order or a standby entry in a sale: a concurrent Bloom filter.
//
// When an item is sold out, everybody is told so from the latch, without a trip through the box
// office's queue; except those who have (or may have) something there, because a repeated request
// must get its first answer again. This filter tells them apart. It has no false negatives, because
//   1. a buyer is added before his hold request is handed to the box office, so before it can be
//   granted;
//   2. at start it is filled with everybody who has an order or an entry (events of the journal);
//   3. nobody is ever removed.
// A false positive costs one trip through the queue. Losers who are answered from the latch are not
// added, so it stays as small as the number of requests that reached the queue.
//
// Two more filters of the same kind hold those who may have a place in the line of a sale, and
// those who may have registered for it: the others are refused without a trip. Who takes his
// registration back stays in it; the box office knows.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/zeroed_table.h"
#include "ports/box_office.h"

namespace onrush::api {

class KnownBuyers final : public ports::EventListener {
 public:
  // 2^bits_log2 bits a filter; the default (4 MiB each) holds 2.5 million buyers at 2 % false
  // positives.
  explicit KnownBuyers(unsigned bits_log2 = 25);

  // Thread-safe, no lock.
  void add(sale::SaleNo sale, sale::BuyerId buyer) noexcept { add_to(blocks_, sale, buyer); }
  [[nodiscard]] bool may_know(sale::SaleNo sale, sale::BuyerId buyer) const noexcept {
    return is_in(blocks_, sale, buyer);
  }
  [[nodiscard]] bool may_be_registered(sale::SaleNo sale, sale::BuyerId buyer) const noexcept {
    return is_in(registered_, sale, buyer);
  }
  // Begins to fetch what may_know() will look at: with millions of buyers it is in no cache.
  void prefetch(sale::SaleNo sale, sale::BuyerId buyer) const noexcept {
    __builtin_prefetch(&blocks_[hash_of(sale, buyer) & block_mask_]);
  }

  // The same for a place in the sale's line.
  void add_place(sale::SaleNo sale, sale::BuyerId buyer) noexcept { add_to(places_, sale, buyer); }
  [[nodiscard]] bool may_have_place(sale::SaleNo sale, sale::BuyerId buyer) const noexcept {
    return is_in(places_, sale, buyer);
  }

  // Fed with live events, and at start with those of the journal.
  void on_events(std::uint64_t first_seq, TimePoint at,
                 std::span<const sale::Event> events) noexcept override;

 private:
  static constexpr unsigned kProbes = 4;
  static std::uint64_t hash_of(sale::SaleNo sale, sale::BuyerId buyer) noexcept {
    return mix_bits(buyer.value() ^ (std::uint64_t{sale.value()} << 40));
  }

  // All probes of a buyer are in one cache line (a blocked filter: Putze, Sanders and Singler,
  // "Cache-, hash- and space-efficient Bloom filters", 2007): asking costs one miss, not four.
  static constexpr std::uint64_t kBlockBits = 512;
  struct alignas(64) Block {
    std::array<std::atomic<std::uint64_t>, 8> words{};
  };
  using Blocks = ZeroedTable<Block>;

  template <class Visit>
  void for_each_bit(const Blocks& blocks, sale::SaleNo sale, sale::BuyerId buyer,
                    Visit visit) const noexcept;
  void add_to(const Blocks& blocks, sale::SaleNo sale, sale::BuyerId buyer) noexcept;
  [[nodiscard]] bool is_in(const Blocks& blocks, sale::SaleNo sale,
                           sale::BuyerId buyer) const noexcept;

  std::uint64_t block_mask_;
  Blocks blocks_, places_, registered_;
};

}  // namespace onrush::api
