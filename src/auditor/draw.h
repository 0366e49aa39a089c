// The draw of a waiting line, computed again from what was published. Written from docs/line.md and
// not from sale/draw.h, so that one's mistake is not also the other's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"

namespace onrush::auditor {

using DrawLeaf = std::array<std::byte, 16>;

// What a sale publishes of its draw (GET /api/v1/sales/{sale}/draw).
struct PublishedDraw {
  std::string sale, algorithm, beacon;
  bool revealed = false;
  std::uint64_t entries = 0;
  Digest commitment{};
  // Once it is revealed:
  Digest secret{}, lobby_digest{}, seed{};
};

// The lobby, one leaf after the other.
class LobbyChain {
 public:
  explicit LobbyChain(std::string_view sale);
  void add(const DrawLeaf& leaf);
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  Digest digest_;
  std::uint64_t entries_ = 0;
};

[[nodiscard]] DrawLeaf draw_leaf(const Digest& secret, std::string_view sale, std::uint64_t buyer);
[[nodiscard]] Digest draw_seed_of(const Digest& secret, std::uint64_t entries, const Digest& lobby,
                                  std::string_view beacon);

// Who has which place: all rounds of the network as tables, some megabytes for the largest line.
class DrawnPlaces {
 public:
  DrawnPlaces(const Digest& seed, std::uint64_t entries);
  // Of an entry 1..entries.
  [[nodiscard]] std::uint64_t of(std::uint64_t entry) const;

 private:
  std::uint64_t entries_;
  unsigned low_bits_;
  std::vector<std::vector<std::uint32_t>> rounds_;
};

struct DrawFinding {
  std::string code;  // commitment, lobby, seed, permutation, document
  std::string text;
};
struct DrawReport {
  std::string sale;
  std::uint64_t entries = 0;
  std::vector<DrawFinding> findings;
  // Of the buyer who was asked for: his entries and their places.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> own;
  [[nodiscard]] bool passed() const { return findings.empty(); }
};

// Checks everything that was published; `leaves` are all of the lobby's, in order. `buyer`: 0, or
// whose places to look for.
[[nodiscard]] DrawReport verify_draw(const PublishedDraw& draw, const std::vector<DrawLeaf>& leaves,
                                     std::uint64_t buyer);

// The JSON of the API. Error: invalid, with the place.
[[nodiscard]] Result<PublishedDraw> parse_draw(std::string_view json);
// One page of entries; appended to `leaves`, of which it must be the continuation.
[[nodiscard]] Status parse_leaves(std::string_view json, std::vector<DrawLeaf>& leaves);

}  // namespace onrush::auditor
