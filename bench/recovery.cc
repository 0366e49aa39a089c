// Time from opening a data directory to being ready, from the journal alone and with a snapshot.
// Usage: bench_recovery [events]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>

#include "adapters/journal_file/posix_storage.h"
#include "engine/engine.h"
#include "ports/clock.h"

namespace {

using namespace onrush;

class CountingSink final : public ports::ReplySink {
 public:
  void deliver(std::span<ports::Reply> replies) noexcept override { answered += replies.size(); }
  std::atomic<std::uint64_t> answered{0};
};

double opened_cpu_ms = 0;

double cpu_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

std::unique_ptr<engine::Engine> open_engine(ports::Storage& storage, const ports::Clock& clock,
                                            bool snapshot) {
  engine::EngineConfig config;
  config.snapshot_every_events = 0;
  config.snapshot_on_stop = snapshot;
  const double before = cpu_ms();
  auto opened = engine::Engine::open(config, storage, clock);
  opened_cpu_ms = cpu_ms() - before;
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    std::exit(1);
  }
  return std::move(opened.value());
}

// A sale in which `events` holds are granted, one event each.
void fill(engine::Engine& engine, std::uint64_t events) {
  auto rules = std::make_shared<sale::SaleRules>();
  rules->key = "bench";
  rules->title.en = "Bench";
  rules->lobby_at = rules->opens_at = ports::SystemClock().now() - std::chrono::seconds(1);
  rules->closes_at = rules->opens_at + std::chrono::hours(1);
  sale::ItemRules item;
  item.key = "item";
  item.title.en = "Item";
  item.stock = static_cast<std::uint32_t>(events);
  rules->items.push_back(item);
  const auto timeout = std::chrono::seconds(10);
  const auto sale = ports::call(engine, sale::command::DefineSale{rules, "bench"}, timeout).sale;
  (void)ports::call(
      engine, sale::command::ChangePhase{sale, sale::command::PhaseAct::announce, "bench", ""},
      timeout);
  while (engine.status(sale, sale::ItemNo(0)).phase != sale::Phase::open) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CountingSink sink;
  sale::command::RequestHold request;
  request.sale = sale;
  request.lines.push_back({sale::ItemNo(0), 1});
  for (std::uint64_t buyer = 1; buyer <= events;) {
    request.buyer = sale::BuyerId(buyer);
    if (engine.submit(request, ports::Lane::rush, sink, buyer)) {
      ++buyer;
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  while (sink.answered < events) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void report(const char* how, const engine::Engine& engine) {
  const engine::RecoveryReport& r = engine.recovery();
  fmt::print("{:<16} {} ms, {:.0f} ms of CPU  (last event {}, {} replayed, snapshot of event {})\n",
             how, r.took.count(), opened_cpu_ms, r.last_seq, r.events_replayed, r.snapshot_seq);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t events = std::clamp<std::uint64_t>(
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000, 1, 10'000'000);
  const std::string path = fmt::format("bench-recovery-{}.tmp", ::getpid());
  auto storage = adapters::PosixStorage::open_directory(path);
  if (!storage) return fmt::print(stderr, "{}\n", storage.error().message), 1;
  const ports::SystemClock clock;
  {
    auto engine = open_engine(*storage.value(), clock, false);
    engine->start();
    fill(*engine, events);
  }
  {
    auto engine = open_engine(*storage.value(), clock, true);
    report("journal alone", *engine);
    engine->start();
    const auto start = std::chrono::steady_clock::now();
    engine->stop();
    fmt::print("{:<16} {} ms\n", "save a snapshot",
               std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now() - start)
                   .count());
  }
  {
    auto engine = open_engine(*storage.value(), clock, false);
    report("with a snapshot", *engine);
  }
  std::filesystem::remove_all(path);
  return 0;
}
