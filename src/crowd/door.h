// The front door as a shopper's client sees it: what a sale asks for before a hold, and the small
// computations that it leaves to the client (docs/http_api.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onrush::crowd {

enum class Registration : std::uint8_t { off, optional, required };

// A client asks only in some of the time slots; which, follows from its account.
struct FilterSeen {
  double ratio = 1;
  std::int64_t slot_ms = 1'000;
  std::array<std::byte, 32> salt{};
  std::size_t salt_size = 0;
};

// Of the sale's document. All off: a hold is asked for at once.
struct DoorSeen {
  Registration registration = Registration::off;
  bool line = false;
  bool draw = false;  // the line's order is drawn at the opening
  bool challenge = false;
  bool purchase_path = false;
  std::optional<FilterSeen> filter;
  std::int64_t lobby_at_ms = 0;  // 0: not said
  [[nodiscard]] bool any() const {
    return registration == Registration::required || line || challenge || purchase_path || filter;
  }
};

// `line` of the live document.
struct LineSeen {
  std::uint64_t entries = 0, lobby_entries = 0, serving = 0, claimed = 0, active = 0;
  bool drawn = false;
  double claim_rate = 0;
};

struct PlaceSeen {
  std::uint64_t entry = 0;
  std::uint64_t number = 0;  // 0: not drawn yet
  std::string state;
};

struct TokenSeen {
  std::string token;
  std::uint64_t number = 0;  // of a pass
  std::int64_t expires_at_ms = 0;
};

struct PuzzleSeen {
  std::string algorithm, challenge, salt, signature;
  std::uint64_t max_number = 0;
};
struct ChallengeSeen {
  bool needed = false;
  std::string question_id;  // "" without a question
  std::string question;     // in English
  std::optional<PuzzleSeen> puzzle;
};

// Each: nothing, when the text is not such a document.
[[nodiscard]] std::optional<DoorSeen> read_door(std::string_view json);
[[nodiscard]] std::optional<LineSeen> read_line(std::string_view json);
[[nodiscard]] std::optional<PlaceSeen> read_place(std::string_view json);
[[nodiscard]] std::optional<TokenSeen> read_token(std::string_view json);
[[nodiscard]] std::optional<ChallengeSeen> read_challenge(std::string_view json);
// The target of the request that a purchase path stands for; only one on this server.
[[nodiscard]] std::optional<std::string> read_path(std::string_view json);
// `key` of a problem document, a number; nothing if it has none.
[[nodiscard]] std::optional<std::int64_t> problem_number(std::string_view json,
                                                         std::string_view key);

// Whether the filter lets this buyer ask in the slot of `now_ms` (server's clock).
[[nodiscard]] bool passes_filter(const FilterSeen& filter, std::uint64_t buyer,
                                 std::int64_t now_ms);
// The first millisecond, now or later, of a slot in which he may.
[[nodiscard]] std::int64_t next_slot_ms(const FilterSeen& filter, std::uint64_t buyer,
                                        std::int64_t now_ms);

// Looks for the number whose digest is the puzzle's, in portions, so that a loop can do something
// else between them.
class PuzzleSearch {
 public:
  enum class Step : std::uint8_t { found, not_found, more };
  // Error (not_found): an algorithm other than SHA-256, or a challenge that is no digest.
  explicit PuzzleSearch(PuzzleSeen puzzle);
  Step search(std::uint64_t numbers);
  // Once found: what is sent back (ALTCHA's payload, base64).
  [[nodiscard]] std::string payload() const;

 private:
  PuzzleSeen puzzle_;
  std::array<std::byte, 32> wanted_{};
  bool valid_ = false;
  std::uint64_t next_ = 0;
};

}  // namespace onrush::crowd
