// 52 bits of state for each key, in a table whose size never changes, for all threads without
// locks.
//
// A key belongs to one line of eight places (a cache line; which one depends on the secret seed). A
// place is a word: 12 bits of tag, 52 bits of state. Whether a state still means something is for
// the caller to say; places that mean nothing any more may be taken by any key, so nothing is ever
// cleaned up. Two keys of one line with one tag (1 of 4,096) are taken for each other. What happens
// to a key whose line is full of others is the caller's choice, see WhenFull.
//
// The table is allocated at the first change: a process that never needs it pays nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "admission/keyed_hash.h"

namespace onrush::admission {

enum class WhenFull : std::uint8_t {
  share,     // it shares the state of its home place's owner: errs towards refusing both
  displace,  // it takes its home place: the owner is forgotten
};

class KeyedWords {
 public:
  using State = std::uint64_t;  // < 2^52; 0: nothing is known
  static constexpr unsigned kStateBits = 52;

  // `places_log2` >= 3. The seed must be random and secret.
  KeyedWords(unsigned places_log2, std::uint64_t seed, WhenFull when_full)
      : seed_(seed),
        line_mask_((std::uint64_t{1} << (places_log2 - 3)) - 1),
        when_full_(when_full) {}

  // `alive(state)`: it still means something. `change(state)` gives the next state from the present
  // one (0 for a new key; what has died is still shown to its own key) and may be called again when
  // another thread was quicker. Returns what change() saw last.
  template <class Alive, class Change>
  State update(std::uint64_t key, Alive alive, Change change) {
    const Where where = locate(key);
    while (true) {
      const Found found = find(where, alive);
      const State next = change(found.state);
      if (next == found.state) return found.state;
      const std::uint64_t owner = found.shared ? found.word >> kStateBits : where.tag;
      std::uint64_t expected = found.word;
      const std::uint64_t word = (owner << kStateBits) | (next & kStateMask);
      if (found.place->compare_exchange_strong(expected, word, std::memory_order_relaxed))
        return found.state;
    }
  }

  // What is known of a key; 0: nothing.
  template <class Alive>
  [[nodiscard]] State peek(std::uint64_t key, Alive alive) {
    return find(locate(key), alive).state;
  }

 private:
  static constexpr std::uint64_t kStateMask = (std::uint64_t{1} << kStateBits) - 1;
  static constexpr std::size_t kPlaces = 8;
  using Place = std::atomic<std::uint64_t>;
  struct alignas(64) Line {
    std::array<Place, kPlaces> places{};
  };
  struct Where {
    Line* line;
    std::uint64_t tag;
    std::size_t home;
  };
  struct Found {
    Place* place;
    std::uint64_t word;  // as read
    State state;         // as the caller may see it
    bool shared;
  };

  Where locate(std::uint64_t key) {
    std::call_once(allocated_, [this] { lines_ = std::make_unique<Line[]>(line_mask_ + 1); });
    const std::uint64_t hashed = keyed_hash(key, seed_);
    return {&lines_[hashed & line_mask_], hashed >> kStateBits, (hashed >> 48) % kPlaces};
  }

  // Its own place, else a free one, else its home.
  template <class Alive>
  Found find(const Where& where, Alive alive) {
    Place* free = nullptr;
    std::uint64_t free_word = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      Place& place = where.line->places[(where.home + i) % kPlaces];
      const std::uint64_t word = place.load(std::memory_order_relaxed);
      const State state = word & kStateMask;
      if (state != 0 && word >> kStateBits == where.tag) return {&place, word, state, false};
      if (free == nullptr && (state == 0 || !alive(state))) {
        free = &place;
        free_word = word;
      }
    }
    if (free != nullptr) return {free, free_word, 0, false};
    Place& home = where.line->places[where.home];
    const std::uint64_t word = home.load(std::memory_order_relaxed);
    if (when_full_ == WhenFull::displace) return {&home, word, 0, false};
    return {&home, word, word & kStateMask, true};
  }

  const std::uint64_t seed_;
  const std::uint64_t line_mask_;
  const WhenFull when_full_;
  std::once_flag allocated_;
  std::unique_ptr<Line[]> lines_;
};

}  // namespace onrush::admission
