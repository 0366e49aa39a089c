// Durable grants per second through the whole engine: intake, decision, journal, fdatasync, answer,
// on real files in the current directory; beside it the yardsticks: the same bytes written and
// synced with no engine, in batches of the same size and one grant at a time.
// Usage: bench_engine [grants] [producers] [sync_interval_us]
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "adapters/journal_file/posix_storage.h"
#include "engine/engine.h"
#include "ports/clock.h"
#include "sale/event_codec.h"

namespace {

using namespace onrush;
using SteadyClock = std::chrono::steady_clock;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(SteadyClock::now().time_since_epoch().count());
}

// Counts answers, and puts their latencies into buckets of 1/16 of a power of two. One for each
// producer.
class LatencySink final : public ports::ReplySink {
 public:
  void deliver(std::span<ports::Reply> replies) noexcept override {
    const std::uint64_t now = now_ns();
    std::uint64_t granted = 0;
    for (const ports::Reply& reply : replies) {
      if (reply.outcome.verdict == sale::Verdict::granted) ++granted;
      ++buckets_[bucket(now - std::min(now, reply.ticket))];
    }
    granted_.fetch_add(granted, std::memory_order_relaxed);
    answered_.fetch_add(replies.size(), std::memory_order_release);
  }
  [[nodiscard]] std::uint64_t granted() const { return granted_.load(); }
  [[nodiscard]] std::uint64_t answered() const { return answered_.load(std::memory_order_acquire); }
  void add_to(std::vector<std::uint64_t>& sum) const {
    for (std::size_t i = 0; i < kBuckets; ++i) sum[i] += buckets_[i];
  }
  static double milliseconds(const std::vector<std::uint64_t>& sum, double quantile) {
    std::uint64_t total = 0;
    for (const auto n : sum) total += n;
    auto left = static_cast<std::uint64_t>(static_cast<double>(total) * quantile);
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (sum[i] > left) return static_cast<double>((16 + i % 16) << (i / 16)) / 16e6;
      left -= sum[i];
    }
    return 0;
  }
  static constexpr std::size_t kBuckets = 64 * 16;

 private:
  static std::size_t bucket(std::uint64_t ns) {
    ns = std::max<std::uint64_t>(ns, 16);
    const auto exponent = static_cast<std::size_t>(std::bit_width(ns)) - 1;
    return exponent * 16 + ((ns >> (exponent - 4)) & 15);
  }
  std::array<std::uint64_t, kBuckets> buckets_{};
  std::atomic<std::uint64_t> granted_{0};
  std::atomic<std::uint64_t> answered_{0};
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

sale::SaleNo open_sale(engine::Engine& engine, std::uint32_t stock) {
  auto rules = std::make_shared<sale::SaleRules>();
  rules->key = "bench";
  rules->title.en = "Bench";
  rules->lobby_at = rules->opens_at = ports::SystemClock().now() - std::chrono::seconds(1);
  rules->closes_at = rules->opens_at + std::chrono::hours(1);
  sale::ItemRules item;
  item.key = "item";
  item.title.en = "Item";
  item.stock = stock;
  item.price = {1'000};
  rules->items.push_back(item);
  const auto timeout = std::chrono::seconds(10);
  const auto defined = ports::call(engine, sale::command::DefineSale{rules, "bench"}, timeout);
  const auto announced = ports::call(
      engine,
      sale::command::ChangePhase{defined.sale, sale::command::PhaseAct::announce, "bench", ""},
      timeout);
  if (announced.verdict != sale::Verdict::done) {
    fmt::print(stderr, "cannot open the sale: {}{}\n", defined.message, announced.message);
    std::exit(1);
  }
  while (engine.status(defined.sale, sale::ItemNo(0)).phase != sale::Phase::open) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return defined.sale;
}

// `window` bounds what one producer has under way, as a server's connections would.
void produce(engine::Engine& engine, sale::SaleNo sale, LatencySink& sink,
             std::uint64_t first_buyer, std::uint64_t count, std::uint64_t window) {
  sale::command::RequestHold request;
  request.sale = sale;
  request.lines.push_back({sale::ItemNo(0), 1});
  std::uint64_t taken = 0;
  while (taken < count) {
    if (taken - sink.answered() >= window) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    request.buyer = sale::BuyerId(first_buyer + taken);
    if (engine.submit(request, ports::Lane::rush, sink, now_ns())) {
      ++taken;
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  while (sink.answered() < count) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

std::size_t bytes_per_grant() {
  sale::event::HoldGranted granted;
  granted.units.push_back({sale::ItemNo(0), sale::UnitNo(1)});
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  sale::encode(sale::Event(granted), out);
  return bytes.size();
}

// Writes and syncs `batch_bytes` again and again, behind each other in a file that has its space
// already, as the journal's have, for about a second. Batches a second; 0 when the disk refused.
double bare_syncs_per_second(ports::Storage& storage, std::size_t batch_bytes) {
  constexpr std::uint64_t kFileBytes = 64U << 20;
  const auto file = storage.create("yardstick.tmp", kFileBytes);
  if (!file || !file.value()->sync()) return 0;
  const std::vector<std::byte> batch(batch_bytes, std::byte{0x5a});
  std::uint64_t count = 0;
  const auto start = SteadyClock::now();
  std::chrono::duration<double> took{};
  for (std::uint64_t at = 0; took < std::chrono::seconds(1); ++count, at += batch_bytes) {
    if (at + batch_bytes > kFileBytes) at = 0;
    if (!file.value()->write_at(at, batch) || !file.value()->sync()) return 0;
    took = SteadyClock::now() - start;
  }
  return static_cast<double>(count) / took.count();
}

void report_yardsticks(ports::Storage& storage, double grants_per_second, double grants_per_sync) {
  const std::size_t bytes = bytes_per_grant();
  const auto batch = static_cast<std::size_t>(static_cast<double>(bytes) * grants_per_sync);
  const double batched = bare_syncs_per_second(storage, batch) * grants_per_sync;
  const double single = bare_syncs_per_second(storage, bytes);
  fmt::print(
      "yardsticks       {} bytes a grant; bare write and fdatasync of as many grants each: "
      "{:.0f} grants/s, of one grant each: {:.0f}\n"
      "ratio            {:.2f} of the bare batches, {:.0f} times the bare single grants\n",
      bytes, batched, single, grants_per_second / batched, grants_per_second / single);
}

int run(std::uint64_t grants, std::uint64_t producers, std::uint64_t sync_us,
        const std::string& path) {
  auto storage = adapters::PosixStorage::open_directory(path);
  if (!storage) return fmt::print(stderr, "{}\n", storage.error().message), 1;
  const ports::SystemClock clock;
  engine::EngineConfig config;
  config.sync_interval = std::chrono::microseconds(sync_us);
  config.snapshot_every_events = 0;
  config.snapshot_on_stop = false;
  auto opened = engine::Engine::open(config, *storage.value(), clock);
  if (!opened) return fmt::print(stderr, "{}\n", opened.error().message), 1;
  engine::Engine& engine = *opened.value();
  engine.start();
  const sale::SaleNo sale = open_sale(engine, static_cast<std::uint32_t>(grants));

  const engine::EngineMetrics before = engine.metrics();
  const std::uint64_t each = grants / producers;
  std::vector<LatencySink> sinks(producers);
  const double cpu_before = cpu_seconds();
  const auto start = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t p = 0; p < producers; ++p) {
      threads.emplace_back(
          [&, p] { produce(engine, sale, sinks[p], 1 + p * each, each, 16'384 / producers); });
    }
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  const double cpu = cpu_seconds() - cpu_before;
  std::uint64_t granted = 0;
  std::vector<std::uint64_t> latencies(LatencySink::kBuckets);
  for (const LatencySink& sink : sinks) {
    granted += sink.granted();
    sink.add_to(latencies);
  }
  const engine::EngineMetrics after = engine.metrics();
  const auto syncs = static_cast<double>(after.syncs - before.syncs);
  fmt::print(
      "durable grants/s {:.0f}  (granted {}, {:.2f} s, {} producer(s), sync interval {} us)\n"
      "cpu us/grant     {:.2f}  (producers included)\n"
      "latency ms       p50 {:.2f}  p99 {:.2f}\n"
      "fsyncs/s         {:.0f}  mean {:.3f} ms, {:.0f} grants each\n",
      static_cast<double>(granted) / seconds, granted, seconds, producers, sync_us,
      cpu * 1e6 / static_cast<double>(granted), LatencySink::milliseconds(latencies, 0.5),
      LatencySink::milliseconds(latencies, 0.99), syncs / seconds,
      (after.sync_seconds_sum - before.sync_seconds_sum) * 1e3 / syncs,
      static_cast<double>(granted) / syncs);
  report_yardsticks(*storage.value(), static_cast<double>(granted) / seconds,
                    static_cast<double>(granted) / syncs);
  return granted == each * producers ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t producers = std::max<std::uint64_t>(argument(2, 1), 1);
  const std::string path = fmt::format("bench-engine-{}.tmp", ::getpid());
  const int exit_code =
      run(std::clamp<std::uint64_t>(argument(1, 2'000'000), producers, 10'000'000), producers,
          argument(3, 1'000), path);
  std::filesystem::remove_all(path);
  return exit_code;
}
