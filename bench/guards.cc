// What a challenge costs the server: giving one out, judging answers to it, and the guard of a hold
// request.
#include <benchmark/benchmark.h>

#include <boost/json.hpp>

#include "accounts/tokens.h"
#include "admission/answer_text.h"
#include "admission/click_watch.h"
#include "admission/proof_of_work.h"
#include "admission/question_tries.h"
#include "admission/spent_solutions.h"
#include "base/base64url.h"
#include "base/sha256.h"

namespace onrush::admission {
namespace {

const TimePoint kNow = from_millis(1'795'000'000'000);
constexpr WorkFor kWhose{1, 42};
constexpr std::string_view kFirefox =
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0";

const ProofOfWork& work() {
  static const ProofOfWork made(std::string(64, 'k'));
  return made;
}

ProofOfWork::Challenge issued(std::uint64_t max_number) {
  const std::array<std::byte, ProofOfWork::kNonceBytes> nonce{};
  return work().issue(kWhose, max_number, 0, nonce, kNow + std::chrono::minutes{10});
}

std::string solution(const ProofOfWork::Challenge& given, std::uint64_t number) {
  const boost::json::object object{{"algorithm", ProofOfWork::kAlgorithm},
                                   {"challenge", given.challenge},
                                   {"number", number},
                                   {"salt", given.salt},
                                   {"signature", given.signature}};
  const std::string text = boost::json::serialize(object);
  std::string base64 = to_base64url(std::as_bytes(std::span(text)));
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return base64;
}

bool is_number(const ProofOfWork::Challenge& given, std::uint64_t number) {
  const std::string text = given.salt + std::to_string(number);
  return to_hex(sha256(std::as_bytes(std::span(text)))) == given.challenge;
}

void work_issue(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(issued(100'000));
}
BENCHMARK(work_issue);

void work_accept(benchmark::State& state) {
  const auto given = issued(1'000);
  std::uint64_t number = 0;
  while (!is_number(given, number)) ++number;
  const std::string text = solution(given, number);
  if (!work().check(text, kWhose, kNow)) state.SkipWithError("not accepted");
  for (auto _ : state) benchmark::DoNotOptimize(work().check(text, kWhose, kNow));
}
BENCHMARK(work_accept);

void work_refuse_forged(benchmark::State& state) {
  auto given = issued(1'000);
  given.signature[0] = given.signature[0] == '0' ? '1' : '0';
  const std::string text = solution(given, 7);
  for (auto _ : state) benchmark::DoNotOptimize(work().check(text, kWhose, kNow));
}
BENCHMARK(work_refuse_forged);

// One of the client's steps, with the same library: what a max number of N costs him is N / 2 times
// this on a machine like the server.
void work_one_step_of_the_client(benchmark::State& state) {
  const auto given = issued(100'000);
  std::uint64_t number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(is_number(given, number++));
}
BENCHMARK(work_one_step_of_the_client);

void spend(benchmark::State& state) {
  SpentSolutions spent(42);
  std::uint64_t id = 1;
  for (auto _ : state) {
    id = id * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    benchmark::DoNotOptimize(spent.spend(id, kNow + std::chrono::minutes{10}, kNow));
  }
}
BENCHMARK(spend);

void question_try(benchmark::State& state) {
  QuestionTries tries(42);
  std::uint64_t buyer = 1;
  for (auto _ : state) {
    buyer = buyer * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    benchmark::DoNotOptimize(tries.begin(buyer >> 44, {}, kNow));
  }
}
BENCHMARK(question_try);

void answer_compare(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(same_answer("６５ Ｗ", "65 W"));
}
BENCHMARK(answer_compare);

// A million buyers, in no cache.
void click_note(benchmark::State& state) {
  ClickWatch watch(42);
  std::uint64_t buyer = 1;
  TimePoint now = kNow;
  for (auto _ : state) {
    buyer = buyer * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    now += Millis{(buyer & 63) == 0 ? 1 : 0};
    watch.note(buyer >> 44, buyer >> 50, now, kNow);
  }
}
BENCHMARK(click_note);

void score(benchmark::State& state) {
  ClickWatch watch(42);
  for (std::uint64_t buyer = 0; buyer < 1'000'000; ++buyer)
    watch.note(buyer, buyer >> 6, kNow, kNow);
  std::uint64_t buyer = 1;
  for (auto _ : state) {
    buyer = buyer * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    Signs signs = watch.signs(buyer >> 44, buyer >> 50, kNow);
    signs.agent = agent_of(kFirefox);
    benchmark::DoNotOptimize(script_score(signs));
  }
}
BENCHMARK(score);

// The guard of a hold request in a sale without a score.
void token_check(benchmark::State& state) {
  accounts::Tokens tokens(accounts::KeyRing::derive("benchmark", "the generation before"));
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::challenge;
  claims.subject = sale::BuyerId{123'456'789};
  claims.sale = sale::SaleNo{3};
  claims.issued_at = kNow;
  claims.expires_at = kNow + std::chrono::minutes{30};
  const std::string token = tokens.sign(claims);
  for (auto _ : state)
    benchmark::DoNotOptimize(tokens.verify(token, accounts::TokenKind::challenge, kNow));
}
BENCHMARK(token_check);

}  // namespace
}  // namespace onrush::admission

BENCHMARK_MAIN();
