// Places: every place of one sale's line, by entry, and the newest one of each buyer. 16 bytes a
// place and up to 11 of index.
#pragma once

#include <cstdint>

#include "sale/buyer_index.h"
#include "sale/chunked_vector.h"

namespace onrush::sale {

// What became of a place; whether its number was called is a comparison.
enum class PlaceMark : std::uint8_t { waiting, claimed, used, left };

// A buyer who never comes to buy must not keep others out for ever: as many passes as anybody needs
// who lets them lapse by mistake.
inline constexpr std::uint32_t kPassesPerPlace = 20;
// However many orders a buyer may start.
inline constexpr std::uint32_t kPlacesPerBuyer = 255;

struct Place {
  std::uint64_t buyer = 0;
  std::int64_t expires : 49 = 0;  // ms; claimed: of its newest pass, which may have lapsed
  std::uint64_t mark_bits : 2 = 0;
  std::uint64_t passes : 5 = 0;  // claimed so far
  std::uint64_t nth : 8 = 1;     // of its buyer's places in the sale

  [[nodiscard]] PlaceMark mark() const { return static_cast<PlaceMark>(mark_bits); }
  void set(PlaceMark mark) { mark_bits = static_cast<std::uint64_t>(mark) & 3; }
  [[nodiscard]] bool over() const { return mark() == PlaceMark::used || mark() == PlaceMark::left; }
  [[nodiscard]] bool live_pass(std::int64_t now) const {
    return mark() == PlaceMark::claimed && expires > now;
  }
};
static_assert(kPassesPerPlace < 32 && kPlacesPerBuyer < 256, "Place counts them");
static_assert(sizeof(Place) == 16, "docs/memory.md says so");

class Places {
 public:
  // Issued so far; entries are 1..size().
  [[nodiscard]] std::uint32_t size() const { return records_.size(); }
  Place& operator[](std::uint32_t entry) { return records_[entry - 1]; }
  const Place& operator[](std::uint32_t entry) const { return records_[entry - 1]; }

  // The buyer's newest entry, 0 if he never had one.
  [[nodiscard]] std::uint32_t newest_of(std::uint64_t buyer) const {
    const Index i = index_.find(buyer, buyer_at());
    return i == kNone ? 0 : i + 1;
  }
  std::uint32_t add(const Place& place) {
    const Index i = records_.size();
    records_.push_back(place);
    index_.put(place.buyer, i, buyer_at());
    return i + 1;
  }
  void prefetch(std::uint64_t buyer) const { index_.prefetch(buyer); }
  [[nodiscard]] std::size_t bytes() const { return records_.bytes() + index_.bytes(); }

 private:
  struct BuyerAt {
    const ChunkedVector<Place>& records;
    std::uint64_t operator()(Index i) const { return records[i].buyer; }
  };
  [[nodiscard]] BuyerAt buyer_at() const { return {records_}; }

  ChunkedVector<Place> records_;
  BuyerIndex index_;
};

}  // namespace onrush::sale
