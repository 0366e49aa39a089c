// What a rate limit costs a request: an allowed and a refused one of a key that is in the cache,
// one of a million keys that are not, and all of it on two threads at once.
#include <benchmark/benchmark.h>

#include <memory>

#include "admission/address.h"
#include "admission/gcra.h"

namespace onrush::admission {
namespace {

const SteadyTime kStart{std::chrono::hours{1}};
constexpr unsigned kPlacesLog2 = 19;  // as the server has it

// A new one for each run, because each run's clock starts anew.
std::unique_ptr<KeyedGcra> keyed;
std::unique_ptr<Gcra> single;

template <std::uint32_t PerSecond, std::uint32_t Burst>
void set_up(const benchmark::State&) {
  keyed = std::make_unique<KeyedGcra>(Rate{PerSecond, Burst}, kPlacesLog2, 42, kStart);
}

void show(benchmark::State& state, std::uint64_t allowed) {
  state.counters["allowed"] =
      benchmark::Counter(static_cast<double>(allowed) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}

void one_key_a_thread(benchmark::State& state) {
  SteadyTime now = kStart;
  std::uint64_t allowed = 0;
  const auto key = static_cast<std::uint64_t>(state.thread_index());
  for (auto _ : state) {
    now += std::chrono::microseconds(11);
    allowed += keyed->take(key, now).allowed ? 1 : 0;
  }
  show(state, allowed);
}
BENCHMARK(one_key_a_thread)->Setup(set_up<100'000, 40>)->Threads(1)->Threads(2);

void refused(benchmark::State& state) {
  std::uint64_t allowed = 0;
  for (auto _ : state) allowed += keyed->take(7, kStart).allowed ? 1 : 0;
  show(state, allowed);
}
BENCHMARK(refused)->Setup(set_up<1, 1>)->Threads(1)->Threads(2);

// By the real clock, read now and then: to a thread whose clock lags, the other's keys would seem
// to be ahead for ever.
void a_million_keys(benchmark::State& state) {
  SteadyTime now = std::chrono::steady_clock::now();
  std::uint64_t allowed = 0, turn = 0;
  auto key = static_cast<std::uint64_t>(state.thread_index()) << 40;
  for (auto _ : state) {
    if (++turn % 64 == 0) now = std::chrono::steady_clock::now();
    key = key * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    allowed += keyed->take(key >> 44, now).allowed ? 1 : 0;
  }
  show(state, allowed);
}
BENCHMARK(a_million_keys)->Setup(set_up<1'000, 40>)->Threads(1)->Threads(2);

void set_up_single(const benchmark::State&) {
  single = std::make_unique<Gcra>(Rate{1'000'000, 10'000}, kStart);
}

void whole_server(benchmark::State& state) {
  SteadyTime now = kStart;
  std::uint64_t allowed = 0;
  for (auto _ : state) {
    now += std::chrono::microseconds(2);
    allowed += single->take(now).allowed ? 1 : 0;
  }
  show(state, allowed);
}
BENCHMARK(whole_server)->Setup(set_up_single)->Threads(1)->Threads(2);

void address_behind_a_proxy(benchmark::State& state) {
  const Address peer{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(network_of(client_address(peer, "198.51.100.7, 192.0.2.1", 1)));
  }
}
BENCHMARK(address_behind_a_proxy);

}  // namespace
}  // namespace onrush::admission

BENCHMARK_MAIN();
