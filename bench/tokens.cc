// What a bearer token costs: verifying is done for each authenticated request, signing for each
// session.
#include <benchmark/benchmark.h>

#include "accounts/tokens.h"

namespace onrush::accounts {
namespace {

const TimePoint kNow = from_millis(1'795'000'000'000);

Claims claims_of(TokenKind kind) {
  Claims claims;
  claims.kind = kind;
  claims.subject = sale::BuyerId{123'456'789};
  claims.role = kind == TokenKind::staff ? ports::Role::operator_ : ports::Role::buyer;
  if (kind == TokenKind::order) claims.order = sale::OrderId{7'312'345'678'901'234'567};
  claims.issued_at = kNow;
  claims.expires_at = kNow + std::chrono::hours{1};
  return claims;
}

void verify(benchmark::State& state, TokenKind kind) {
  Tokens tokens(KeyRing::derive("benchmark", "the generation before"));
  const std::string token = tokens.sign(claims_of(kind));
  for (auto _ : state) benchmark::DoNotOptimize(tokens.verify(token, kind, kNow));
  state.counters["bytes"] = static_cast<double>(token.size());
}
BENCHMARK_CAPTURE(verify, buyer, TokenKind::buyer);
BENCHMARK_CAPTURE(verify, order, TokenKind::order);

void refuse_forged(benchmark::State& state) {
  Tokens tokens(KeyRing::derive("benchmark"));
  std::string token = tokens.sign(claims_of(TokenKind::buyer));
  token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
  for (auto _ : state) benchmark::DoNotOptimize(tokens.verify(token, TokenKind::buyer, kNow));
}
BENCHMARK(refuse_forged);

void refuse_unknown_header(benchmark::State& state) {
  Tokens tokens(KeyRing::derive("benchmark"));
  Tokens other(KeyRing::derive("another"));
  const std::string token = other.sign(claims_of(TokenKind::buyer));
  for (auto _ : state) benchmark::DoNotOptimize(tokens.verify(token, TokenKind::buyer, kNow));
}
BENCHMARK(refuse_unknown_header);

void sign(benchmark::State& state) {
  Tokens tokens(KeyRing::derive("benchmark"));
  const Claims claims = claims_of(TokenKind::buyer);
  for (auto _ : state) benchmark::DoNotOptimize(tokens.sign(claims));
}
BENCHMARK(sign);

}  // namespace
}  // namespace onrush::accounts

BENCHMARK_MAIN();
