#include "crowd/door.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/sha256.h"
#include "crowd/json_text.h"

namespace onrush::crowd {
namespace {

namespace json = boost::json;

constexpr int kSlotsAhead = 1'000'000;  // looked through before a client gives up waiting

void put_le64(std::uint64_t value, std::byte* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::byte>(value >> (8 * i));
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::uint64_t le32(const std::byte* from) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  return value;
}

// From when in a slot the buyer may ask, in ms; nothing: it is not his (docs/admission.md).
std::optional<std::int64_t> opening_in(const FilterSeen& filter, std::uint64_t buyer,
                                       std::int64_t slot) {
  std::array<std::byte, 48> input{};
  std::copy_n(filter.salt.begin(), filter.salt_size, input.begin());
  put_le64(buyer, input.data() + filter.salt_size);
  put_le64(static_cast<std::uint64_t>(slot), input.data() + filter.salt_size + 8);
  const Digest digest = sha256(Bytes{input.data(), filter.salt_size + 16});
  if (static_cast<double>(le32(digest.data())) >= filter.ratio * 0x1.0p32) return std::nullopt;
  const std::uint64_t later =
      (le32(digest.data() + 4) * static_cast<std::uint64_t>(filter.slot_ms) * 3) >> 34;
  return slot * filter.slot_ms + static_cast<std::int64_t>(later);
}

std::optional<FilterSeen> filter_of(const json::object& object) {
  FilterSeen filter;
  filter.ratio = real_of(object, "ratio");
  filter.slot_ms = static_cast<std::int64_t>(number_of(object, "slot_ms"));
  const std::string_view salt = text_of(object, "salt");
  filter.salt_size = salt.size() / 2;
  if (!(filter.ratio > 0) || filter.slot_ms < 1 || filter.salt_size > filter.salt.size() ||
      !read_hex(salt, {filter.salt.data(), filter.salt_size})) {
    return std::nullopt;
  }
  return filter;
}

// Standard base64 with padding, as ALTCHA's payload has it.
std::string to_base64(std::string_view text) {
  std::string out = to_base64url(bytes_of(text));
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

std::optional<DoorSeen> read_door(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  DoorSeen door;
  door.lobby_at_ms = time_of(*parsed.object(), "lobby_at");
  if (const json::object* line = object_of(*parsed.object(), "line"); line != nullptr) {
    const std::string_view mode = text_of(*line, "mode");
    door.draw = mode == "draw";
    door.line = door.draw || mode == "fifo";
  }
  const json::object* admission = object_of(*parsed.object(), "admission");
  if (admission == nullptr) return door;
  const std::string_view registration = text_of(*admission, "registration");
  door.registration = registration == "required"   ? Registration::required
                      : registration == "optional" ? Registration::optional
                                                   : Registration::off;
  const json::array* challenge = array_of(*admission, "challenge");
  door.challenge = challenge != nullptr && !challenge->empty();
  door.purchase_path = flag_of(*admission, "purchase_path");
  if (const json::object* filter = object_of(*admission, "filter"); filter != nullptr) {
    door.filter = filter_of(*filter);
    if (!door.filter) return std::nullopt;
  }
  return door;
}

std::optional<LineSeen> read_line(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const json::object* object = object_of(*parsed.object(), "line");
  if (object == nullptr) return std::nullopt;
  LineSeen line;
  line.entries = number_of(*object, "entries");
  line.lobby_entries = number_of(*object, "lobby_entries");
  line.drawn = flag_of(*object, "drawn");
  line.serving = number_of(*object, "serving");
  line.claimed = number_of(*object, "claimed");
  line.active = number_of(*object, "active");
  line.claim_rate = real_of(*object, "claim_rate");
  return line;
}

std::optional<PlaceSeen> read_place(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  PlaceSeen place;
  place.entry = number_of(*parsed.object(), "entry");
  place.number = number_of(*parsed.object(), "number");
  place.state = text_of(*parsed.object(), "state");
  return place.entry == 0 || place.state.empty() ? std::nullopt : std::optional(place);
}

std::optional<TokenSeen> read_token(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  TokenSeen seen;
  seen.token = text_of(*parsed.object(), "token");
  seen.number = number_of(*parsed.object(), "number");
  seen.expires_at_ms = time_of(*parsed.object(), "expires_at");
  return seen.token.empty() ? std::nullopt : std::optional(std::move(seen));
}

std::optional<ChallengeSeen> read_challenge(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  ChallengeSeen seen;
  seen.needed = flag_of(*parsed.object(), "needed");
  if (const json::object* question = object_of(*parsed.object(), "question"); question != nullptr) {
    seen.question_id = text_of(*question, "id");
    if (const json::object* words = object_of(*question, "text"); words != nullptr) {
      seen.question = text_of(*words, "en");
    }
    if (seen.question_id.empty()) return std::nullopt;
  }
  if (const json::object* work = object_of(*parsed.object(), "proof_of_work"); work != nullptr) {
    seen.puzzle =
        PuzzleSeen{std::string(text_of(*work, "algorithm")),
                   std::string(text_of(*work, "challenge")), std::string(text_of(*work, "salt")),
                   std::string(text_of(*work, "signature")), number_of(*work, "maxnumber")};
  }
  return seen;
}

std::optional<std::string> read_path(std::string_view text) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const std::string_view path = text_of(*parsed.object(), "path");
  // It becomes a part of a request line: nothing but a path of the API.
  const bool plain =
      std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 127; });
  if (!plain || !path.starts_with("/api/v1/sales/")) return std::nullopt;
  return std::string(path);
}

std::optional<std::int64_t> problem_number(std::string_view text, std::string_view key) {
  const Parsed parsed{text};
  if (parsed.object() == nullptr) return std::nullopt;
  const json::value* value = parsed.object()->if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

bool passes_filter(const FilterSeen& filter, std::uint64_t buyer, std::int64_t now_ms) {
  const auto opening = opening_in(filter, buyer, now_ms / filter.slot_ms);
  return opening && *opening <= now_ms;
}

std::int64_t next_slot_ms(const FilterSeen& filter, std::uint64_t buyer, std::int64_t now_ms) {
  const std::int64_t first = now_ms / filter.slot_ms;
  for (std::int64_t slot = first; slot <= first + kSlotsAhead; ++slot) {
    if (const auto opening = opening_in(filter, buyer, slot)) return std::max(*opening, now_ms);
  }
  return (first + kSlotsAhead) * filter.slot_ms;
}

PuzzleSearch::PuzzleSearch(PuzzleSeen puzzle) : puzzle_(std::move(puzzle)) {
  valid_ = puzzle_.algorithm == "SHA-256" && read_hex(puzzle_.challenge, wanted_);
}

PuzzleSearch::Step PuzzleSearch::search(std::uint64_t numbers) {
  if (!valid_) return Step::not_found;
  Sha256 sha;
  for (std::uint64_t i = 0; i < numbers; ++i, ++next_) {
    if (next_ > puzzle_.max_number) return Step::not_found;
    const auto digits = fmt::format_int(next_);
    sha.update(bytes_of(puzzle_.salt)).update(bytes_of({digits.data(), digits.size()}));
    if (sha.finish() == wanted_) return Step::found;
  }
  return Step::more;
}

std::string PuzzleSearch::payload() const {
  const json::object all{{"algorithm", puzzle_.algorithm},
                         {"challenge", puzzle_.challenge},
                         {"number", next_},
                         {"salt", puzzle_.salt},
                         {"signature", puzzle_.signature}};
  return to_base64(json::serialize(all));
}

}  // namespace onrush::crowd
