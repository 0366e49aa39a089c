#include "auditor/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>

#include "base/hex.h"

namespace onrush::auditor {
namespace {

namespace json = boost::json;

constexpr unsigned kRounds = 8;

// Everything is hashed as one buffer of bytes.
class Message {
 public:
  Message& text(std::string_view text) { return raw(text.data(), text.size()); }
  Message& bytes(Bytes bytes) { return raw(bytes.data(), bytes.size()); }
  Message& number(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  [[nodiscard]] Digest hash() const { return sha256(Bytes{bytes_}); }

 private:
  Message& raw(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
    return *this;
  }
  std::vector<std::byte> bytes_;
};

std::uint32_t first_four(const Digest& digest) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(digest[i]) << (8 * i);
  return value;
}

// A member of the published object, or the first complaint.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}
  void digest(const char* key, Digest& out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_string() ||
        !read_hex(std::string_view(value->get_string()), out)) {
      complain(key, "must be 64 hexadecimal digits");
    }
  }
  void text(const char* key, std::string& out, bool required) {
    const json::value* value = object_.if_contains(key);
    if (value != nullptr && value->is_string()) {
      out = std::string_view(value->get_string());
    } else if (required || (value != nullptr && !value->is_null())) {
      complain(key, "must be a text");
    }
  }
  std::uint64_t number(const char* key) {
    const json::value* value = object_.if_contains(key);
    if (value != nullptr && value->is_int64() && value->get_int64() >= 0)
      return static_cast<std::uint64_t>(value->get_int64());
    complain(key, "must be a whole number");
    return 0;
  }
  bool boolean(const char* key) {
    const json::value* value = object_.if_contains(key);
    if (value != nullptr && value->is_bool()) return value->get_bool();
    complain(key, "must be true or false");
    return false;
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  void complain(const char* key, const char* what) {
    if (complaint_.empty()) complaint_ = fmt::format("{}: {}", key, what);
  }
  const json::object& object_;
  std::string complaint_;
};

}  // namespace

LobbyChain::LobbyChain(std::string_view sale)
    : digest_(Message().text("onrush lobby v1").text(sale).hash()) {}

void LobbyChain::add(const DrawLeaf& leaf) {
  digest_ = Message().bytes(digest_).bytes(leaf).hash();
  ++entries_;
}

DrawLeaf draw_leaf(const Digest& secret, std::string_view sale, std::uint64_t buyer) {
  const Digest digest =
      Message().text("onrush leaf v1").bytes(secret).text(sale).number(buyer, 8).hash();
  DrawLeaf leaf;
  std::memcpy(leaf.data(), digest.data(), leaf.size());
  return leaf;
}

Digest draw_seed_of(const Digest& secret, std::uint64_t entries, const Digest& lobby,
                    std::string_view beacon) {
  return Message()
      .text("onrush draw v1")
      .bytes(secret)
      .number(entries, 8)
      .bytes(lobby)
      .text(beacon)
      .hash();
}

DrawnPlaces::DrawnPlaces(const Digest& seed, std::uint64_t entries) : entries_(entries) {
  unsigned bits = 2;
  while (std::uint64_t{1} << bits < entries) ++bits;
  const unsigned high_bits = bits / 2;
  low_bits_ = bits - high_bits;
  for (unsigned round = 0; round < kRounds; ++round) {
    // Even rounds take the low half and change the high one.
    const unsigned in = round % 2 == 0 ? low_bits_ : high_bits;
    const unsigned out = round % 2 == 0 ? high_bits : low_bits_;
    std::vector<std::uint32_t>& table = rounds_.emplace_back(std::size_t{1} << in);
    for (std::uint32_t x = 0; x < table.size(); ++x) {
      const Digest digest = Message().bytes(seed).number(round, 1).number(x, 4).hash();
      table[x] = first_four(digest) & ((1U << out) - 1);
    }
  }
}

std::uint64_t DrawnPlaces::of(std::uint64_t entry) const {
  std::uint64_t x = entry - 1;
  do {
    std::uint64_t high = x >> low_bits_;
    std::uint64_t low = x & ((std::uint64_t{1} << low_bits_) - 1);
    for (unsigned round = 0; round < kRounds; round += 2) {
      high ^= rounds_[round][low];
      low ^= rounds_[round + 1][high];
    }
    x = high << low_bits_ | low;
  } while (x >= entries_);
  return x + 1;
}

DrawReport verify_draw(const PublishedDraw& draw, const std::vector<DrawLeaf>& leaves,
                       std::uint64_t buyer) {
  DrawReport report{draw.sale, draw.entries, {}, {}};
  const auto finding = [&report](const char* code, std::string text) {
    report.findings.push_back({code, std::move(text)});
  };
  if (draw.algorithm != "onrush-draw-v1")
    finding("document", "the algorithm is " + draw.algorithm + ", this is onrush-draw-v1");
  if (!draw.revealed) {
    finding("document", "the draw is not revealed yet: there is only a commitment");
    return report;
  }
  if (sha256(Bytes{draw.secret}) != draw.commitment)
    finding("commitment", "the secret is not the one that was committed to");
  if (leaves.size() != draw.entries) {
    finding("lobby", fmt::format("{} entries are published, {} took part in the draw",
                                 leaves.size(), draw.entries));
  }
  LobbyChain chain(draw.sale);
  for (const DrawLeaf& leaf : leaves) chain.add(leaf);
  if (chain.digest() != draw.lobby_digest)
    finding("lobby", "the entries do not give the digest of the lobby");
  if (draw_seed_of(draw.secret, draw.entries, draw.lobby_digest, draw.beacon) != draw.seed)
    finding("seed", "the seed does not follow from secret, lobby and beacon");
  if (draw.entries != leaves.size() || draw.entries > 0xffffffff) return report;
  const DrawnPlaces places(draw.seed, draw.entries);
  std::vector<bool> given(draw.entries + 1);
  const DrawLeaf own = draw_leaf(draw.secret, draw.sale, buyer);
  for (std::uint64_t entry = 1; entry <= draw.entries; ++entry) {
    const std::uint64_t place = places.of(entry);
    if (given[place] && report.findings.empty())
      finding("permutation", fmt::format("place {} is given twice", place));
    given[place] = true;
    if (buyer != 0 && leaves[entry - 1] == own) report.own.emplace_back(entry, place);
  }
  return report;
}

Result<PublishedDraw> parse_draw(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return invalid("the draw: not a JSON object");
  Members members(value.get_object());
  PublishedDraw draw;
  members.text("sale", draw.sale, true);
  members.text("algorithm", draw.algorithm, true);
  members.digest("commitment", draw.commitment);
  draw.revealed = members.boolean("revealed");
  if (draw.revealed) {
    draw.entries = members.number("entries");
    members.digest("secret", draw.secret);
    members.digest("lobby_digest", draw.lobby_digest);
    members.text("beacon", draw.beacon, false);
    members.digest("seed", draw.seed);
  }
  if (!members.complaint().empty()) return invalid("the draw: " + members.complaint());
  return draw;
}

Status parse_leaves(std::string_view text, std::vector<DrawLeaf>& leaves) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::value* list = value.is_object() ? value.get_object().if_contains("leaves") : nullptr;
  if (error || list == nullptr || !list->is_array())
    return invalid("the entries: not a JSON object with a list of leaves");
  const json::value* from = value.get_object().if_contains("from");
  if (from == nullptr || !from->is_int64() ||
      from->get_int64() != static_cast<std::int64_t>(leaves.size() + 1)) {
    return invalid(fmt::format("the entries: a page must begin at {}", leaves.size() + 1));
  }
  for (const json::value& one : list->get_array()) {
    DrawLeaf leaf;
    if (!one.is_string() || !read_hex(std::string_view(one.get_string()), leaf))
      return invalid(
          fmt::format("the entries: leaf {} must be 32 hexadecimal digits", leaves.size() + 1));
    leaves.push_back(leaf);
  }
  return {};
}

}  // namespace onrush::auditor
