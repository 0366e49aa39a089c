// The proof of work against values that another implementation (npm altcha-lib 1.4.1) has made.
#include "admission/proof_of_work.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "admission/spent_solutions.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "base/sha256.h"

namespace onrush::admission {
namespace {

constexpr std::string_view kKey = "the key of the tests";
const TimePoint kExpires = TimePoint{std::chrono::seconds{1'795'003'600}};
const TimePoint kNow = kExpires - Millis{600'000};
constexpr WorkFor kWhose{1, 42};

constexpr std::string_view kSalt =
    "000102030405060708090a0b?expires=1795003600&sale=1&buyer=42&level=1&";
constexpr std::string_view kChallenge =
    "0b5d6409960aa493309f3c2b647036367cef4a5b6d3fe2cdf01a2e2513cae281";
constexpr std::string_view kSignature =
    "2db061987f3554b7bf475ceef0b9882898a17a0c01a94b47c6faa225f29c23bf";

std::string base64(std::string_view text) {
  std::string out = to_base64url(std::as_bytes(std::span(text)));
  for (char& c : out) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::string object_of(std::string_view challenge, std::string_view salt, std::string_view number,
                      std::string_view signature, std::string_view algorithm = "SHA-256") {
  return std::string(R"({"algorithm":")") + std::string(algorithm) + R"(","challenge":")" +
         std::string(challenge) + R"(","number":)" + std::string(number) + R"(,"salt":")" +
         std::string(salt) + R"(","signature":")" + std::string(signature) + R"(","took":12})";
}
std::string solution(std::string_view number, std::string_view salt = kSalt) {
  return base64(object_of(kChallenge, salt, number, kSignature));
}

std::array<std::byte, ProofOfWork::kNonceBytes> nonce(unsigned first) {
  std::array<std::byte, ProofOfWork::kNonceBytes> bytes{};
  for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(first + i);
  return bytes;
}

// As a client does it.
std::string solve(const ProofOfWork::Challenge& given) {
  for (std::uint64_t n = 0; n <= given.max_number; ++n) {
    const std::string text = given.salt + std::to_string(n);
    if (to_hex(sha256(std::as_bytes(std::span(text)))) == given.challenge) {
      return base64(object_of(given.challenge, given.salt, std::to_string(n), given.signature));
    }
  }
  return {};
}

struct Work : ::testing::Test {
  ProofOfWork work{kKey};
  WorkFault fault(std::string_view text, WorkFor whose = kWhose, TimePoint now = kNow) {
    const auto checked = work.check(text, whose, now);
    EXPECT_TRUE(checked.has_error()) << "accepted";
    return checked.has_error() ? checked.error() : WorkFault{255};
  }
};

TEST_F(Work, takes_what_another_implementation_has_made_and_solved) {
  const auto solved = work.check(solution("4711"), kWhose, kNow);
  ASSERT_TRUE(solved) << to_string(solved.error());
  EXPECT_EQ(solved->level, 1u);
  EXPECT_EQ(solved->expires_at, kExpires);
  std::string unpadded = solution("4711");
  while (unpadded.ends_with('=')) unpadded.pop_back();
  EXPECT_TRUE(work.check(unpadded, kWhose, kNow));
}

TEST_F(Work, is_issued_in_the_form_that_clients_know_and_can_be_solved) {
  const auto given = work.issue(kWhose, 500, 1, nonce(0), kExpires);
  EXPECT_EQ(given.salt, kSalt);
  EXPECT_EQ(given.max_number, 500u);
  const auto solved = work.check(solve(given), kWhose, kNow);
  ASSERT_TRUE(solved);
  EXPECT_EQ(solved->level, 1u);
}

TEST_F(Work, draws_its_number_from_the_whole_range) {
  unsigned upper_half = 0;
  for (unsigned i = 0; i < 64; ++i) {
    const auto given = work.issue(kWhose, 63, 0, nonce(i), kExpires);
    const std::string text = solve(given);
    ASSERT_FALSE(text.empty()) << "a number above maxnumber, or none";
    std::array<std::byte, 1'024> bytes{};
    std::string url = text.substr(0, text.find('='));
    for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
    const auto size = read_base64url(url, bytes);
    ASSERT_TRUE(size);
    const std::string object(reinterpret_cast<const char*>(bytes.data()), *size);
    upper_half += std::atoi(object.c_str() + object.find("\"number\":") + 9) > 31 ? 1u : 0u;
  }
  EXPECT_GT(upper_half, 12u);
  EXPECT_LT(upper_half, 52u);
}

TEST_F(Work, another_number_is_no_solution) {
  EXPECT_EQ(fault(solution("4712")), WorkFault::unsolved);
}

TEST_F(Work, what_we_have_not_signed_is_forged) {
  std::string signature(kSignature);
  signature[0] = '3';
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "4711", signature))), WorkFault::forged);
  const ProofOfWork other("another key");
  EXPECT_EQ(other.check(solution("4711"), kWhose, kNow).error(), WorkFault::forged);
}

TEST_F(Work, belongs_to_one_buyer_in_one_sale) {
  EXPECT_EQ(fault(solution("4711"), {1, 43}), WorkFault::not_yours);
  EXPECT_EQ(fault(solution("4711"), {2, 42}), WorkFault::not_yours);
}

TEST_F(Work, ends_at_the_second_that_its_salt_names) {
  EXPECT_TRUE(work.check(solution("4711"), kWhose, kExpires - Millis{1}));
  EXPECT_EQ(fault(solution("4711"), kWhose, kExpires), WorkFault::expired);
}

// The digits of the number must not become digits of the last parameter: the hash would be the
// same.
TEST_F(Work, digits_do_not_wander_from_the_number_into_the_salt) {
  const std::string longer = std::string(kSalt) + "47";
  EXPECT_EQ(fault(solution("11", longer)), WorkFault::unsolved);
}

TEST_F(Work, a_signed_challenge_of_another_make_is_not_ours) {
  // Signed by the key, but its salt does not say for whom.
  const HmacSha256 key(kKey);
  const std::string salt = "00?expires=1795003600&";
  const std::string text = salt + "5";
  const std::string challenge = to_hex(sha256(std::as_bytes(std::span(text))));
  const Mac mac = key.mac(challenge);
  EXPECT_EQ(fault(base64(object_of(challenge, salt, "5", to_hex(Bytes(mac))))), WorkFault::forged);
}

TEST_F(Work, what_cannot_be_read_is_malformed) {
  EXPECT_EQ(fault(""), WorkFault::malformed);
  EXPECT_EQ(fault("not base64!"), WorkFault::malformed);
  EXPECT_EQ(fault(base64("[]")), WorkFault::malformed);
  EXPECT_EQ(fault(base64("{")), WorkFault::malformed);
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "4711", "zz"))), WorkFault::malformed);
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "-1", kSignature))), WorkFault::malformed);
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "4711.0", kSignature))),
            WorkFault::malformed);
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "\"4711\"", kSignature))),
            WorkFault::malformed);
  EXPECT_EQ(fault(base64(object_of(kChallenge, kSalt, "4711", kSignature, "SHA-1"))),
            WorkFault::malformed);
  EXPECT_EQ(fault(std::string(5'000, 'A')), WorkFault::malformed);
}

TEST(SpentSolutions, are_refused_the_second_time) {
  SpentSolutions spent(7);
  EXPECT_TRUE(spent.spend(0x1234'5678'9abc'def0, kExpires, kNow));
  EXPECT_FALSE(spent.spend(0x1234'5678'9abc'def0, kExpires, kNow + Millis{1'000}));
  EXPECT_TRUE(spent.spend(0x4321'5678'9abc'def0, kExpires, kNow));
}

TEST(SpentSolutions, are_all_remembered_as_long_as_there_is_room) {
  SpentSolutions spent(7, 12);  // 4,096 places
  std::uint64_t id = 1;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 400; ++i) ids.push_back(id = id * 6'364'136'223'846'793'005 + 1);
  for (const auto each : ids) EXPECT_TRUE(spent.spend(each, kExpires, kNow));
  for (const auto each : ids) EXPECT_FALSE(spent.spend(each, kExpires, kNow));
}

TEST(SpentSolutions, one_of_many_at_the_same_time_is_the_first) {
  for (std::uint64_t id = 1; id <= 200; ++id) {
    SpentSolutions spent(id, 3);
    std::atomic<int> first{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] { first += spent.spend(id << 45, kExpires, kNow) ? 1 : 0; });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(first, 1);
  }
}

}  // namespace
}  // namespace onrush::admission
