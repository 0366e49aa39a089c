// The draw: a permutation that everybody can compute again, and that nobody can foresee.
#include "sale/draw.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

DrawSecret secret_of(std::uint64_t n) {
  DrawSecret secret{};
  std::memcpy(secret.data(), &n, sizeof n);
  return secret;
}

// The numbers of a lobby of these buyers, by entry.
std::vector<std::uint32_t> draw(const DrawSecret& secret, const std::vector<std::uint64_t>& buyers,
                                std::string_view beacon = "") {
  Digest digest = lobby_digest("618");
  for (const std::uint64_t buyer : buyers)
    digest = lobby_digest(digest, lobby_leaf(secret, "618", BuyerId{buyer}));
  const auto entries = static_cast<std::uint32_t>(buyers.size());
  const Permutation permutation(draw_seed(secret, entries, digest, beacon), entries);
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t entry = 1; entry <= entries; ++entry)
    numbers.push_back(permutation.place_of(entry));
  return numbers;
}

std::vector<std::uint64_t> buyers_up_to(std::uint64_t n) {
  std::vector<std::uint64_t> buyers;
  for (std::uint64_t b = 1; b <= n; ++b) buyers.push_back(b);
  return buyers;
}

TEST(draw, gives_every_place_once_and_finds_its_entry_again) {
  for (const std::uint32_t entries :
       {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 63U, 64U, 65U, 1'000U, 4'096U, 4'097U, 100'000U}) {
    const Permutation permutation(sha256(std::as_bytes(std::span(&entries, 1))), entries);
    std::vector<bool> given(entries + 1);
    for (std::uint32_t entry = 1; entry <= entries; ++entry) {
      const std::uint32_t place = permutation.place_of(entry);
      ASSERT_TRUE(place >= 1 && place <= entries && !given[place]) << entries << ": " << entry;
      given[place] = true;
      ASSERT_EQ(permutation.entry_at(place), entry);
    }
  }
}

// Computed with another program from docs/line.md: what was drawn once stays drawn.
TEST(draw, of_the_document_is_what_the_document_says) {
  DrawSecret secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(i);
  const std::vector<std::uint64_t> buyers{101, 102, 103, 104, 105};
  Digest digest = lobby_digest("618");
  for (const std::uint64_t buyer : buyers)
    digest = lobby_digest(digest, lobby_leaf(secret, "618", BuyerId{buyer}));
  EXPECT_EQ(to_hex(draw_commitment(secret)),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
  EXPECT_EQ(to_hex(digest), "5a2e83ad651c5f7c6cf28f20eb1cec9346a771e9d0c504c88bff6e0495e9b9ac");
  EXPECT_EQ(to_hex(draw_seed(secret, 5, digest, "block 900000")),
            "0c75620efe74f4c22a00cdb6652c5ceedbc4e6ba8f38c1d6321fdf7e0364bbfb");
  EXPECT_EQ(draw(secret, buyers, "block 900000"), (std::vector<std::uint32_t>{2, 3, 1, 4, 5}));
}

TEST(draw, changes_with_one_entry_with_the_secret_and_with_the_beacon) {
  const std::vector<std::uint64_t> buyers = buyers_up_to(1'000);
  const auto numbers = draw(secret_of(1), buyers);
  EXPECT_EQ(draw(secret_of(1), buyers), numbers);
  std::vector<std::uint64_t> one_other = buyers;
  one_other[500] = 5'000;
  const auto unchanged = [&numbers](const std::vector<std::uint32_t>& other) {
    std::size_t same = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) same += numbers[i] == other[i] ? 1 : 0;
    return same;
  };
  // As many stay as in two draws that have nothing to do with each other: about one.
  EXPECT_LT(unchanged(draw(secret_of(1), one_other)), 10U);
  EXPECT_LT(unchanged(draw(secret_of(2), buyers)), 10U);
  EXPECT_LT(unchanged(draw(secret_of(1), buyers, "b")), 10U);
}

// Over many draws, who came among the first thousand and who came among the last have the same
// ranks: all of them alike. Chi-square over 50 ranges of ranks; beyond 98 one in 50,000 such tests
// would fail.
TEST(draw, treats_the_first_and_the_last_to_come_alike) {
  const char* text = std::getenv("ONRUSH_SEED");
  const std::uint64_t seed =
      text == nullptr ? std::random_device{}() : std::strtoull(text, nullptr, 10);
  SCOPED_TRACE(fmt::format("ONRUSH_SEED={}", seed));
  constexpr std::uint32_t kEntries = 100'000;
  constexpr std::uint32_t kRanges = 50;
  constexpr std::uint32_t kDraws = 20;
  constexpr std::uint32_t kWatched = 1'000;
  std::mt19937_64 random(seed);
  std::array<std::array<double, kRanges>, 2> ranks{};
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::uint64_t number = random();
    const Permutation permutation(sha256(std::as_bytes(std::span(&number, 1))), kEntries);
    for (std::uint32_t k = 1; k <= kWatched; ++k) {
      ++ranks[0][(permutation.place_of(k) - 1) / (kEntries / kRanges)];
      ++ranks[1][(permutation.place_of(kEntries - kWatched + k) - 1) / (kEntries / kRanges)];
    }
  }
  for (const auto& counts : ranks) {
    constexpr double kExpected = double{kDraws} * kWatched / kRanges;
    double chi_square = 0;
    for (const double count : counts)
      chi_square += (count - kExpected) * (count - kExpected) / kExpected;
    std::printf("chi-square of %u ranks over %u ranges: %.1f (seed %llu)\n", kDraws * kWatched,
                kRanges, chi_square, static_cast<unsigned long long>(seed));
    EXPECT_LT(chi_square, 98);
    EXPECT_GT(chi_square, 15) << "too even to be drawn";
  }
}

TEST(draw, of_a_sale_is_the_one_of_its_lobby_and_is_kept_by_a_file_applied_again) {
  Book book;
  std::vector<Event> out;
  const SaleNo sale{1};
  SaleRules rules = simple_rules(9);
  rules.key = "618";
  rules.line.mode = LineMode::draw;
  rules.opens_at = kStart + Millis{1'000};
  const auto define = [&](const DrawSecret& secret) {
    rules.line.draw_secret = secret;
    return book.apply(command::DefineSale{std::make_shared<SaleRules>(rules), "ann"}, kStart, out);
  };
  EXPECT_EQ(define({}).verdict, Verdict::invalid) << "a draw without a secret could be foreseen";
  EXPECT_EQ(define(secret_of(5)).verdict, Verdict::done);
  (void)book.apply(command::ChangePhase{sale, command::PhaseAct::announce, "", ""}, kStart, out);
  EXPECT_TRUE(define(secret_of(6)).repeated) << "the commitment is public: the secret must stay";
  EXPECT_EQ(book.summary(sale).rules->line.draw_secret, secret_of(5));
  book.tick(kStart, out, 100);
  const std::vector<std::uint64_t> buyers = buyers_up_to(100);
  for (const std::uint64_t buyer : buyers)
    (void)book.apply(command::TakePlace{sale, BuyerId{buyer}}, kStart, out);
  book.tick(kStart + Millis{1'000}, out, 100);
  const auto numbers = draw(secret_of(5), buyers);
  for (const std::uint64_t buyer : buyers) {
    const Outcome outcome =
        book.apply(command::LookUpPlace{sale, BuyerId{buyer}}, kStart + Millis{1'000}, out);
    EXPECT_EQ(outcome.place.number, numbers[buyer - 1]);
  }
}

}  // namespace
}  // namespace onrush::sale::test
