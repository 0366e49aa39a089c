// What the layers in front of stock cost a request: client filter, purchase path, leaky bucket,
// and counting in the funnel of a sale.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <memory>
#include <vector>

#include "admission/client_filter.h"
#include "admission/leaky_bucket.h"
#include "admission/purchase_path.h"
#include "edge/api/sale_funnel.h"

namespace onrush::admission {
namespace {

const TimePoint kNow = from_millis(1'800'000'000'500);  // in the middle of a slot
const SteadyTime kStart{std::chrono::hours{1}};
constexpr std::chrono::nanoseconds kLong = std::chrono::hours{1};

FilterRule rule() {
  FilterRule rule;
  rule.ratio = 0.05;
  return rule;
}

// Buyers who ask once: the hash of the slot, for most of the next ones too.
void filter_first_click(benchmark::State& state) {
  ClientFilter filter;
  const FilterRule r = rule();
  std::uint64_t buyer = 0;
  std::uint64_t passed = 0;
  for (auto _ : state) passed += filter.refuses(r, 1, ++buyer, kNow) ? 0u : 1u;
  state.counters["passed"] = static_cast<double>(passed) / static_cast<double>(state.iterations());
}
BENCHMARK(filter_first_click);

// A client that hammers is refused from memory.
void filter_hammering(benchmark::State& state) {
  ClientFilter filter;
  FilterRule never = rule();
  never.ratio = 0;
  for (auto _ : state) benchmark::DoNotOptimize(filter.refuses(never, 1, 7, kNow));
}
BENCHMARK(filter_hammering);

void filter_pass(benchmark::State& state) {
  ClientFilter filter;
  FilterRule always = rule();
  always.ratio = 1;
  std::uint64_t buyer = 0;
  for (auto _ : state) benchmark::DoNotOptimize(filter.refuses(always, 1, ++buyer, kNow));
}
BENCHMARK(filter_pass);

void path_make(benchmark::State& state) {
  const PurchasePaths paths(std::as_bytes(std::span("0123456789abcdef")));
  std::uint64_t buyer = 0;
  for (auto _ : state) benchmark::DoNotOptimize(paths.make(1, ++buyer, kNow));
}
BENCHMARK(path_make);

void path_right(benchmark::State& state) {
  const PurchasePaths paths(std::as_bytes(std::span("0123456789abcdef")));
  const std::string code = paths.make(1, 7, kNow).code;
  for (auto _ : state) benchmark::DoNotOptimize(paths.holds(code, 1, 7, kNow));
}
BENCHMARK(path_right);

void path_wrong(benchmark::State& state) {
  const PurchasePaths paths(std::as_bytes(std::span("0123456789abcdef")));
  for (auto _ : state) benchmark::DoNotOptimize(paths.holds("AAAAAAAAAAAAAAAA", 1, 7, kNow));
}
BENCHMARK(path_wrong);

std::unique_ptr<LeakyBucket> bucket;
void set_up_bucket(const benchmark::State&) {
  bucket = std::make_unique<LeakyBucket>(1'000'000, 100'000'000, kStart);
}

void bucket_join(benchmark::State& state) {
  SteadyTime now = kStart;
  for (auto _ : state) {
    now += std::chrono::nanoseconds(900);
    benchmark::DoNotOptimize(bucket->join(now, kLong));
  }
}
BENCHMARK(bucket_join)->Setup(set_up_bucket)->Threads(1)->Threads(2);

void bucket_full(benchmark::State& state) {
  LeakyBucket full(1, 1, kStart);
  while (full.join(kStart, kLong).turn) {
  }
  for (auto _ : state) benchmark::DoNotOptimize(full.join(kStart, kLong));
}
BENCHMARK(bucket_full);

// As large as what the hold desk keeps of a request that waits (hold_desk.h: Waiting).
struct Entry {
  std::array<std::byte, 200> bytes{};
};

// A million in line, joined and served: what each of them costs.
void bucket_a_million_in_line(benchmark::State& state) {
  constexpr std::size_t kLine = 1'000'000;
  for (auto _ : state) {
    LeakyBucket line(1'000'000, kLine, kStart);
    DripQueue<Entry> queue;
    for (std::size_t i = 0; i < kLine; ++i) queue.push(*line.join(kStart, kLong).turn, {});
    if (queue.size() != kLine || line.waiting(kStart) + 1 != kLine)
      state.SkipWithError("not all in line");
    std::size_t served = 0;
    // In ticks of two milliseconds, as the hold desk does.
    for (int tick = 0; queue.size() > 0; ++tick) {
      queue.drip(
          kStart + tick * std::chrono::milliseconds(2), [](const Entry&) { return false; },
          [&served](const Entry&) { ++served; });
    }
    if (served != kLine) state.SkipWithError("not all served");
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(bucket_a_million_in_line)->Unit(benchmark::kMillisecond)->Iterations(3);

api::SaleFunnel funnel;
void funnel_count(benchmark::State& state) {
  for (auto _ : state) funnel.count(sale::SaleNo{618}, api::Layer::sold_out);
}
BENCHMARK(funnel_count);

}  // namespace
}  // namespace onrush::admission

BENCHMARK_MAIN();
