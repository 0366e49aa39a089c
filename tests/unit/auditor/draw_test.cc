// The verifier of draws: agrees with the state machine, with which it shares no code, and finds
// what was changed.
#include "auditor/draw.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.h"
#include "sale/draw.h"

namespace onrush::auditor {
namespace {

struct Published {
  PublishedDraw draw;
  std::vector<DrawLeaf> leaves;
};

// As the state machine draws.
Published publish(std::uint32_t entries, const std::string& beacon = "b") {
  Published p;
  p.draw.sale = "618";
  p.draw.algorithm = "onrush-draw-v1";
  p.draw.beacon = beacon;
  p.draw.revealed = true;
  p.draw.entries = entries;
  p.draw.secret.fill(std::byte{0x31});
  p.draw.commitment = sale::draw_commitment(p.draw.secret);
  p.draw.lobby_digest = sale::lobby_digest("618");
  for (std::uint32_t entry = 1; entry <= entries; ++entry) {
    p.leaves.push_back(sale::lobby_leaf(p.draw.secret, "618", sale::BuyerId{entry * 7ULL}));
    p.draw.lobby_digest = sale::lobby_digest(p.draw.lobby_digest, p.leaves.back());
  }
  p.draw.seed = sale::draw_seed(p.draw.secret, entries, p.draw.lobby_digest, beacon);
  return p;
}

bool finds(const Published& p, const std::string& code) {
  const DrawReport report = verify_draw(p.draw, p.leaves, 0);
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const DrawFinding& f) { return f.code == code; });
}

TEST(draw_verifier, computes_the_places_that_the_state_machine_gave) {
  for (const std::uint32_t entries : {0U, 1U, 2U, 3U, 5U, 64U, 65U, 5'000U}) {
    const Published p = publish(entries);
    const DrawReport report = verify_draw(p.draw, p.leaves, 14);
    EXPECT_TRUE(report.passed()) << entries;
    if (entries >= 2) {
      const sale::Permutation permutation(p.draw.seed, entries);
      const DrawnPlaces places(p.draw.seed, entries);
      for (std::uint32_t entry = 1; entry <= entries; ++entry)
        ASSERT_EQ(places.of(entry), permutation.place_of(entry)) << entries;
      ASSERT_EQ(report.own.size(), 1U);
      EXPECT_EQ(report.own[0],
                (std::pair<std::uint64_t, std::uint64_t>{2, permutation.place_of(2)}));
    }
  }
}

TEST(draw_verifier, finds_whatever_was_changed) {
  Published p = publish(100);
  p.draw.secret[0] ^= std::byte{1};
  EXPECT_TRUE(finds(p, "commitment"));
  p = publish(100);
  std::swap(p.leaves[3], p.leaves[4]);
  EXPECT_TRUE(finds(p, "lobby"));
  p = publish(100);
  p.leaves.pop_back();
  EXPECT_TRUE(finds(p, "lobby"));
  p = publish(100);
  p.draw.beacon = "c";
  EXPECT_TRUE(finds(p, "seed"));
  p = publish(100);
  p.draw.entries = 99;
  EXPECT_TRUE(finds(p, "seed"));
  p = publish(100);
  p.draw.seed[31] ^= std::byte{1};
  EXPECT_TRUE(finds(p, "seed"));
  p = publish(100);
  p.draw.algorithm = "onrush-draw-v2";
  EXPECT_TRUE(finds(p, "document"));
  p = publish(100);
  p.draw.revealed = false;
  EXPECT_TRUE(finds(p, "document"));
}

TEST(draw_verifier, reads_the_documents_of_the_api) {
  const Published p = publish(3);
  const auto hex = [](const Digest& digest) { return onrush::to_hex(digest); };
  const std::string document =
      R"({"sale":"618","algorithm":"onrush-draw-v1","commitment":")" + hex(p.draw.commitment) +
      R"(","revealed":true,"entries":3,"secret":")" + hex(p.draw.secret) + R"(","lobby_digest":")" +
      hex(p.draw.lobby_digest) + R"(","beacon":"b","seed":")" + hex(p.draw.seed) + "\"}";
  const auto draw = parse_draw(document);
  ASSERT_TRUE(draw) << draw.error().message;
  const auto page = [&](std::size_t from, std::size_t count) {
    std::string list;
    for (std::size_t i = from - 1; i < from - 1 + count; ++i)
      list += (list.empty() ? "\"" : ",\"") + onrush::to_hex(Bytes{p.leaves[i]}) + "\"";
    return R"({"from":)" + std::to_string(from) + R"(,"leaves":[)" + list + "]}";
  };
  std::vector<DrawLeaf> leaves;
  ASSERT_TRUE(parse_leaves(page(1, 2), leaves));
  EXPECT_FALSE(parse_leaves(page(1, 2), leaves)) << "a page that was there";
  ASSERT_TRUE(parse_leaves(page(3, 1), leaves));
  EXPECT_TRUE(verify_draw(*draw, leaves, 0).passed());
  EXPECT_FALSE(parse_draw("{}"));
  EXPECT_FALSE(parse_draw("[]"));
  EXPECT_FALSE(parse_draw(document.substr(0, 80)));
  EXPECT_FALSE(parse_leaves(R"({"from":4,"leaves":["12"]})", leaves));
  const auto pending = parse_draw(R"({"sale":"618","algorithm":"onrush-draw-v1","commitment":")" +
                                  hex(p.draw.commitment) + R"(","revealed":false})");
  ASSERT_TRUE(pending);
  EXPECT_FALSE(pending->revealed);
}

}  // namespace
}  // namespace onrush::auditor
