// How fast one core decides, and what it remembers for it.
//
//   bench_state_machine [SCALE]     SCALE 1 (default): 1,000,000 units, 2,000,000 buyers
//
// Events are produced as in the engine: in batches, into a vector that is reused. The time is the
// caller's and moves on as in a rush; nothing is journaled, so these are the costs of the state
// machine alone.
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "sale/book.h"

namespace {

using namespace onrush;
using namespace onrush::sale;

constexpr TimePoint kStart = from_millis(1'800'000'000'000);
constexpr SaleNo kSale{1};
constexpr std::size_t kBatch = 512;

std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

RulesPtr rules_of(std::uint32_t stock, std::uint32_t standby, Millis hold) {
  auto rules = std::make_shared<SaleRules>();
  rules->key = "bench";
  rules->title.en = "Bench";
  rules->lobby_at = rules->opens_at = kStart;
  rules->closes_at = kStart + std::chrono::hours{24};
  rules->hold = hold;
  ItemRules item;
  item.key = "a";
  item.title.en = "A";
  item.stock = stock;
  item.price = Money{9900};
  item.standby_capacity = standby;
  rules->items = {item};
  return rules;
}

class Bench {
 public:
  Bench(std::uint32_t stock, std::uint32_t standby, Millis hold = Millis{600'000}) {
    events_.reserve(4 * kBatch);
    (void)apply(command::DefineSale{rules_of(stock, standby, hold), ""});
    (void)apply(command::ChangePhase{kSale, command::PhaseAct::announce, "", ""});
    (void)apply(command::ChangePhase{kSale, command::PhaseAct::open, "", ""});
  }

  Outcome apply(const Command& command) {
    if (events_.size() >= kBatch) {
      event_count_ += events_.size();
      events_.clear();
    }
    return book_.apply(command, now_, events_);
  }
  Outcome hold(std::uint64_t buyer, std::uint64_t key = 0, bool standby = false) {
    Command command(std::in_place_type<command::RequestHold>);
    auto& c = *std::get_if<command::RequestHold>(&command);
    c.sale = kSale;
    c.buyer = BuyerId{buyer};
    c.lines.push_back({ItemNo{0}, 1});
    c.key = key;
    c.join_standby = standby;
    return apply(command);
  }
  void pass(Millis time) { now_ += time; }
  void tick() {
    while (book_.tick(now_, events_, kBatch)) {
      event_count_ += events_.size();
      events_.clear();
    }
  }
  Book& book() { return book_; }

 private:
  Book book_;
  TimePoint now_ = kStart;
  std::vector<Event> events_;
  std::size_t event_count_ = 0;
};

// CPU time of this thread: what one core can do, also when other programs want it as well.
class Stopwatch {
 public:
  void report(const char* what, std::size_t decisions, std::size_t floor) const {
    const double rate = static_cast<double>(decisions) / (cpu_seconds() - start_);
    fmt::print("{:<46} {:>6.2f} M decisions/s  {:>5.0f} ns{}\n", what, rate / 1e6, 1e9 / rate,
               rate < static_cast<double>(floor) ? "  BELOW THE FLOOR" : "");
  }

 private:
  static double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  double start_ = cpu_seconds();
};

constexpr std::size_t kFloor = 3'000'000;

void granted_repeated_refused(std::size_t units) {
  Bench bench(static_cast<std::uint32_t>(units), 0);
  {
    const Stopwatch watch;
    for (std::uint64_t b = 1; b <= units; ++b) {
      (void)bench.hold(b * 7919);
      if (b % 1024 == 0) bench.pass(Millis{1});
    }
    watch.report("granted, every buyer new", units, kFloor);
  }
  std::mt19937_64 random(1);
  {
    const Stopwatch watch;
    for (std::size_t i = 0; i < units; ++i) (void)bench.hold((1 + random() % units) * 7919);
    watch.report("repeats of a live order, at random", units, kFloor);
  }
  {
    const std::size_t losers = 4 * units;
    const Stopwatch watch;
    for (std::uint64_t b = 1; b <= losers; ++b) (void)bench.hold(b * 7919 + 1);
    watch.report("sold out, every buyer new", losers, kFloor);
  }
}

// Half of the holds are paid for, a fifth released, the rest expires; standby takes what comes
// back.
void mixed(std::size_t buyers) {
  Bench bench(static_cast<std::uint32_t>(buyers / 8), static_cast<std::uint32_t>(buyers / 4),
              Millis{1'000});
  std::mt19937_64 random(2);
  struct Recent {
    OrderId order;
    std::uint64_t buyer;
  };
  std::vector<Recent> recent(1024);
  std::size_t decisions = 0;
  const Stopwatch watch;
  for (std::uint64_t b = 1; b <= buyers; ++b) {
    const Outcome outcome = bench.hold(b * 7919, b, true);
    ++decisions;
    Recent& old = recent[b % recent.size()];
    const std::uint64_t roll = random() % 10;
    if (old.order.value() != 0 && roll < 5) {
      const Outcome started = bench.apply(command::StartPayment{old.order, BuyerId{old.buyer}});
      ++decisions;
      if (started.payment.value() != 0) {
        (void)bench.apply(
            command::SettlePayment{started.payment, command::PaymentStatus::captured, Money{9900}});
        ++decisions;
      }
    } else if (old.order.value() != 0 && roll < 7) {
      (void)bench.apply(command::ReleaseHold{old.order, BuyerId{old.buyer}});
      ++decisions;
    }
    old = {outcome.order.order, b * 7919};
    if (b % 512 == 0) {
      bench.pass(Millis{1});
      bench.tick();
    }
  }
  watch.report("mixed: holds, payments, releases, expiries", decisions, kFloor);
}

void memory(std::size_t units, std::size_t waiting) {
  const std::size_t before = heap_bytes();
  Bench bench(static_cast<std::uint32_t>(units), static_cast<std::uint32_t>(waiting));
  const std::size_t empty = heap_bytes();
  for (std::uint64_t b = 1; b <= units; ++b) (void)bench.hold(b * 7919);
  const std::size_t full = heap_bytes();
  for (std::uint64_t b = 1; b <= waiting; ++b) (void)bench.hold(b * 7919 + 1, 0, true);
  const std::size_t crowded = heap_bytes();
  const std::size_t losers = units;
  for (std::uint64_t b = 1; b <= losers; ++b) (void)bench.hold(b * 7919 + 2);
  const std::size_t refused = heap_bytes();
  const auto each = [](std::size_t bytes, std::size_t n) {
    return static_cast<double>(bytes) / static_cast<double>(n);
  };
  fmt::print(
      "\nmemory: an open sale {:.0f} KiB; {:.1f} bytes for each granted order with its unit and "
      "buyer; "
      "{:.1f} bytes for each standby entry with its buyer; {:.1f} bytes for each loser\n"
      "        {} orders and {} entries: {:.0f} MiB\n",
      each(empty - before, 1024), each(full - empty, units), each(crowded - full, waiting),
      each(refused - crowded, losers), units, waiting, each(refused - before, 1 << 20));
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = argc > 1 ? std::atof(argv[1]) : 1.0;
  const auto scaled = [scale](double n) { return static_cast<std::size_t>(n * scale); };
  if (scaled(1'000) < 100) {
    fmt::print(stderr, "usage: bench_state_machine [SCALE], SCALE 0.1 or more\n");
    return 2;
  }
  memory(scaled(1'000'000), scaled(1'000'000));
  granted_repeated_refused(scaled(1'000'000));
  mixed(scaled(2'000'000));
  return 0;
}
