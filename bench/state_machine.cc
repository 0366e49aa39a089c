// How fast one core decides, and what it remembers for it.
//
//   bench_state_machine [SCALE]     SCALE 1 (default): 1,000,000 units, 2,000,000 buyers
//
// Commands come and events go as in the engine: in batches, in vectors that are reused. The time is
// the caller's and moves on as in a rush; nothing is journaled, so these are the costs of the state
// machine alone.
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdlib>
#include <random>

#include "base/invariant.h"
#include "sale/book.h"

namespace {

using namespace onrush;
using namespace onrush::sale;

constexpr TimePoint kStart = from_millis(1'800'000'000'000);
constexpr SaleNo kSale{1};
constexpr std::size_t kBatch = 512;
constexpr std::size_t kLookAhead = 16;  // as the engine's writer
constexpr std::int64_t kPriceMinor = 9'900;

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
  item.price = Money{kPriceMinor};
  item.standby_capacity = standby;
  rules->items = {item};
  return rules;
}

// Commands come in batches, as the engine's writer finds them in its intake when there is a rush,
// and are looked ahead in the same way.
class Bench {
 public:
  Bench(std::uint32_t stock, std::uint32_t standby, Millis hold = Millis{600'000}) {
    events_.reserve(4 * kBatch);
    commands_.reserve(4 * kBatch);
    (void)apply(command::DefineSale{rules_of(stock, standby, hold), ""});
    (void)apply(command::ChangePhase{kSale, command::PhaseAct::announce, "", ""});
    (void)apply(command::ChangePhase{kSale, command::PhaseAct::open, "", ""});
  }

  void add(Command command) { commands_.push_back(std::move(command)); }
  void add_hold(std::uint64_t buyer, std::uint64_t key = 0, bool standby = false) {
    auto& c = *std::get_if<command::RequestHold>(
        &commands_.emplace_back(std::in_place_type<command::RequestHold>));
    c.sale = kSale;
    c.buyer = BuyerId{buyer};
    c.lines.push_back({ItemNo{0}, 1});
    c.key = key;
    c.join_standby = standby;
  }
  [[nodiscard]] bool batch_is_full() const { return commands_.size() >= kBatch; }

  // Decides the batch; sees(command, outcome) for each.
  template <class Sees>
  void decide(Sees sees) {
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (i % kLookAhead == 0) look_ahead(i);
      const Outcome outcome = apply(commands_[i]);
      sees(commands_[i], outcome);
    }
    commands_.clear();
  }
  // The same, and every answer must be this.
  void decide_all(Verdict expected) {
    decide([&](const Command&, const Outcome& outcome) {
      INVARIANT(outcome.verdict == expected, "another answer than the benchmark is about");
    });
  }
  [[nodiscard]] std::size_t buffer_bytes() const {
    return events_.capacity() * sizeof(Event) + commands_.capacity() * sizeof(Command);
  }
  void pass(Millis time) { now_ += time; }
  void tick() {
    while (book_.tick(now_, events_, kBatch)) events_.clear();
  }

 private:
  Outcome apply(const Command& command) {
    if (events_.size() >= kBatch) events_.clear();
    return book_.apply(command, now_, events_);
  }
  void look_ahead(std::size_t from) const {
    const std::size_t to = std::min(from + kLookAhead, commands_.size());
    for (std::size_t i = from; i < to; ++i) book_.prefetch(commands_[i]);
    for (std::size_t i = from; i < to; ++i) book_.prefetch_records(commands_[i]);
  }

  Book book_;
  TimePoint now_ = kStart;
  std::vector<Event> events_;
  std::vector<Command> commands_;
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
constexpr std::uint64_t kSpread = 7919;  // between the numbers of two buyers

// Holds of `count` buyers, all with the same answer, a thousand in a millisecond.
template <class BuyerOf>
void holds(Bench& bench, const char* what, std::size_t count, Verdict expected, BuyerOf buyer_of) {
  const Stopwatch watch;
  for (std::size_t i = 0; i < count; ++i) {
    bench.add_hold(buyer_of(i));
    if (!bench.batch_is_full() && i + 1 < count) continue;
    bench.decide_all(expected);
    if (i % (2 * kBatch) < kBatch) bench.pass(Millis{1});
  }
  watch.report(what, count, kFloor);
}

void granted_repeated_refused(std::size_t units) {
  Bench bench(static_cast<std::uint32_t>(units), 0);
  holds(bench, "granted, every buyer new", units, Verdict::granted,
        [](std::size_t i) { return (1 + i) * kSpread; });
  std::mt19937_64 random(1);
  holds(bench, "repeats of a live order, at random", units, Verdict::granted,
        [&](std::size_t) { return (1 + random() % units) * kSpread; });
  holds(bench, "sold out, every buyer new", 4 * units, Verdict::sold_out,
        [](std::size_t i) { return (1 + i) * kSpread + 1; });
}

// Half of the holds are paid for, a fifth released, the rest expires; standby takes what comes
// back.
void mixed(std::size_t buyers) {
  Bench bench(static_cast<std::uint32_t>(buyers / 8), static_cast<std::uint32_t>(buyers / 4),
              Millis{1'000});
  std::mt19937_64 random(2);
  struct Recent {
    OrderId order;
    BuyerId buyer;
  };
  std::vector<Recent> recent(std::size_t{1} << 16);  // a buyer acts when so many others have come
  std::size_t asked = 0;
  std::vector<PaymentId> started;
  std::size_t decisions = 0;
  const auto sees = [&](const Command& command, const Outcome& outcome) {
    ++decisions;
    if (const auto* hold = std::get_if<command::RequestHold>(&command)) {
      recent[asked++ % recent.size()] = {outcome.order.order, hold->buyer};
    } else if (outcome.payment.value() != 0 &&
               std::holds_alternative<command::StartPayment>(command)) {
      started.push_back(outcome.payment);
    }
  };
  const Stopwatch watch;
  for (std::uint64_t b = 1; b <= buyers; ++b) {
    bench.add_hold(b * kSpread, b, true);
    const Recent& old = recent[(b - 1) % recent.size()];
    const std::uint64_t roll = random() % 10;
    if (old.order.value() != 0 && roll < 5) {
      bench.add(command::StartPayment{old.order, old.buyer});
    } else if (old.order.value() != 0 && roll < 7) {
      bench.add(command::ReleaseHold{old.order, old.buyer});
    }
    if (!bench.batch_is_full() && b < buyers) continue;
    for (const PaymentId payment : started) {
      bench.add(
          command::SettlePayment{payment, command::PaymentStatus::captured, Money{kPriceMinor}});
    }
    started.clear();
    bench.decide(sees);
    bench.pass(Millis{1});
    bench.tick();
  }
  watch.report("mixed: holds, payments, releases, expiries", decisions, kFloor);
}

// The yardstick: remembering a number for each of as many buyers, in the hash map of Boost, and
// looking it up at random. No state machine can be quicker than finding its buyers.
void bare_map(std::size_t buyers) {
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> map;
  {
    const Stopwatch watch;
    for (std::size_t i = 0; i < buyers; ++i) map[(1 + i) * kSpread] = i;
    watch.report("  a bare hash map, inserting", buyers, 0);
  }
  std::mt19937_64 random(1);
  std::uint64_t sum = 0;
  const Stopwatch watch;
  for (std::size_t i = 0; i < buyers; ++i)
    sum += map.find((1 + random() % buyers) * kSpread)->second;
  watch.report("  a bare hash map, finding at random", buyers, 0);
  INVARIANT(sum > 0, "the sum is used, so that finding is not optimised away");
}

void memory(std::size_t units, std::size_t waiting) {
  const std::size_t before = heap_bytes();
  Bench bench(static_cast<std::uint32_t>(units), static_cast<std::uint32_t>(waiting));
  const auto after_holds = [&bench](std::size_t count, std::uint64_t offset, bool standby) {
    for (std::uint64_t b = 1; b <= count; ++b) {
      bench.add_hold(b * kSpread + offset, 0, standby);
      if (bench.batch_is_full() || b == count) bench.decide([](const auto&, const auto&) {});
    }
    return heap_bytes();
  };
  const std::size_t empty = heap_bytes();
  const std::size_t full = after_holds(units, 0, false);
  const std::size_t crowded = after_holds(waiting, 1, true);
  const std::size_t losers = units;
  const std::size_t refused = after_holds(losers, 2, false);
  const auto each = [](std::size_t bytes, std::size_t n) {
    return static_cast<double>(bytes) / static_cast<double>(n);
  };
  fmt::print(
      "\nmemory: an open sale {:.0f} KiB; {:.1f} bytes for each granted order with its unit and "
      "buyer; "
      "{:.1f} bytes for each standby entry with its buyer; {:.1f} bytes for each loser\n"
      "        {} orders and {} entries: {:.0f} MiB\n",
      each(empty - before - bench.buffer_bytes(), 1024), each(full - empty, units),
      each(crowded - full, waiting), each(refused - crowded, losers), units, waiting,
      each(refused - before, 1 << 20));
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = argc > 1 ? std::atof(argv[1]) : 1.0;
  const auto scaled = [scale](double n) { return static_cast<std::size_t>(n * scale); };
  if (scaled(1'000) < 100) {
    fmt::print(stderr, "usage: bench_state_machine [SCALE], SCALE 0.1 or more\n");
    return 2;
  }
  // First, so that the memory is new to the process, as it is to a server.
  granted_repeated_refused(scaled(1'000'000));
  mixed(scaled(2'000'000));
  bare_map(scaled(1'000'000));
  memory(scaled(1'000'000), scaled(1'000'000));
  return 0;
}
