// What is remembered of clicks for the script score: of each buyer in a sale his rhythm, of each
// network about how many accounts came from it in this minute and the one before. Two tables of
// fixed size; a key that finds its line full displaces another, which then looks like somebody new.
//
// Privacy: an address is never stored, only a word in a place that follows from a hash of its
// network under a random key of this process; a minute later it means nothing, and nothing of it
// leaves the process.
#pragma once

#include <cstdint>

#include "admission/keyed_words.h"
#include "admission/script_score.h"
#include "base/time.h"

namespace onrush::admission {

class ClickWatch {
 public:
  explicit ClickWatch(std::uint64_t seed, unsigned buyers_log2 = 19, unsigned networks_log2 = 16);

  // `buyer` names a buyer in a sale. Thread-safe, no lock after the first call.
  void note(std::uint64_t buyer, std::uint64_t network, TimePoint now, TimePoint opens_at);

  // The signs so far; `agent` is left for the caller.
  [[nodiscard]] Signs signs(std::uint64_t buyer, std::uint64_t network, TimePoint now);

 private:
  void note_rhythm(std::uint64_t buyer, TimePoint now, TimePoint opens_at);
  void note_account(std::uint64_t network, std::uint64_t buyer, TimePoint now);

  const std::uint64_t seed_;
  KeyedWords buyers_;
  KeyedWords networks_;
};

}  // namespace onrush::admission
