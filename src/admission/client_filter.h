// The client filter: a click is let through only in time slots that a keyed hash chooses for its
// buyer, by default one slot in twenty. The pages do the sum themselves and keep the other clicks
// at home; the server does the same sum, so a client that sends them all gains nothing.
//
//   slot = floor(unix ms / slot length)
//   h    = first 4 bytes, little-endian, of SHA-256(salt || buyer LE64 || slot LE64)
//   the slot is this buyer's if h < ratio × 2^32     (both sides as 64-bit floating point)
//   o    = the next 4 bytes, little-endian; in his slot he may ask from
//          floor(o × slot length × 3 / 2^34) ms after its start to its end
//
// The moment within the slot is the hash's too: otherwise whoever sends all the time would be first
// in every slot, before the pages, which cannot all ask at its very start. A click at the moment
// has a quarter of the slot, or more, to arrive in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace onrush::admission {

struct FilterRule {
  std::array<std::byte, 8> salt{};  // of the sale
  double ratio = 1;                 // of slots that are let through, 0..1
  Millis slot{1'000};               // > 0

  [[nodiscard]] std::int64_t slot_of(TimePoint at) const;
  [[nodiscard]] TimePoint start_of(std::int64_t slot_number) const;
  // From when in this slot the buyer may ask; nothing: it is not his. One SHA-256 block.
  [[nodiscard]] std::optional<TimePoint> opening(std::uint64_t buyer,
                                                 std::int64_t slot_number) const;
  friend bool operator==(const FilterRule&, const FilterRule&) = default;
};

// Asks the rule, and remembers for a buyer who was refused until when the answer stays the same: a
// client that hammers costs one look-up a request. Of one thread. 2 MiB, from the first refusal.
class ClientFilter {
 public:
  // Slots that are looked at for the next one that passes. With none of them the buyer is told to
  // ask again after them: a refusal must not cost a thousand hashes.
  static constexpr int kLookAhead = 64;

  // Nothing: let through. Else how long until this buyer may ask, at least 1 ms.
  // `sale` tells the sales apart in the memory.
  [[nodiscard]] std::optional<Millis> refuses(const FilterRule& rule, std::uint32_t sale,
                                              std::uint64_t buyer, TimePoint now);

 private:
  struct Known {
    std::uint64_t buyer = 0;
    std::int64_t from = 0, until = 0;  // milliseconds in which the buyer is refused
    std::uint32_t sale = 0;
    std::uint32_t rule_tag = 0;  // a sale may be given another rule
  };
  static constexpr std::size_t kKnown = 1u << 16;

  std::vector<Known> known_;
};

}  // namespace onrush::admission
