// What a waiting line costs: its lobby, the opening, places, and the proof of the draw.
//
//   bench_line [PLACES]     default 1,000,000
//
// One thread, no journal: the costs of the state machine and of the verifier alone. Prints FAILS
// beside a figure beyond what docs/performance.md promises, and exits 1 then.
#include <fmt/format.h>
#include <malloc.h>
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "auditor/draw.h"
#include "base/invariant.h"
#include "sale/book.h"
#include "sale/draw.h"

namespace {

using namespace onrush;
using namespace onrush::sale;

constexpr TimePoint kStart = from_millis(1'800'000'000'000);
constexpr SaleNo kSale{1};
constexpr std::uint32_t kRate = 1'000;
bool failed = false;

std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void line(std::string_view what, double value, std::string_view unit, double limit) {
  const bool bad = value > limit;
  failed = failed || bad;
  fmt::print("{:<44}{:>10.2f} {}{}\n", what, value, unit, bad ? "   FAILS" : "");
}

RulesPtr rules_of(std::uint32_t places) {
  auto rules = std::make_shared<SaleRules>();
  rules->key = "bench";
  rules->title.en = "Bench";
  rules->lobby_at = kStart;
  rules->opens_at = kStart + std::chrono::hours{1};
  rules->closes_at = kStart + std::chrono::hours{24};
  rules->line.mode = LineMode::draw;
  rules->line.rate = kRate;
  rules->line.active_max = 10'000'000;
  rules->line.capacity = places + 1;
  rules->line.draw_secret.fill(std::byte{5});
  ItemRules item;
  item.key = "a";
  item.title.en = "A";
  item.stock = 10'000'000;
  item.price = Money{100};
  rules->items = {item};
  return rules;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint32_t places =
      argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 1'000'000;
  const auto each = [places](double seconds) { return seconds / places * 1e6; };
  const RulesPtr rules = rules_of(places);
  Book book;
  std::vector<Event> events;
  (void)book.apply(command::DefineSale{rules, "bench"}, kStart, events);
  (void)book.apply(command::ChangePhase{kSale, command::PhaseAct::announce, "bench", ""}, kStart,
                   events);
  book.tick(kStart, events, 100);

  events.clear();
  events.reserve(1'024);
  const std::size_t heap = heap_bytes();
  double start = cpu_seconds();
  for (std::uint32_t b = 1; b <= places; ++b) {
    const Outcome taken =
        book.apply(command::TakePlace{kSale, BuyerId{b * 7'919ULL}}, kStart, events);
    INVARIANT(taken.verdict == Verdict::place, "a place in the lobby");
    if (events.size() >= 1'000) events.clear();
  }
  fmt::print("{} entries in the lobby\n", places);
  line("a place taken in the lobby", each(cpu_seconds() - start), "us", 5);

  events.clear();
  start = cpu_seconds();
  book.tick(rules->opens_at, events, 1'000);
  line("the opening with its draw", (cpu_seconds() - start) * 1e3, "ms", 10);
  INVARIANT(book.line(kSale, rules->opens_at).drawn, "the sale has drawn");

  // As a writer meets it that has just recovered: no value of the network is known yet.
  const LineSummary drawn = book.line(kSale, rules->opens_at);
  std::mt19937_64 random(1);
  std::uint64_t sum = 0;
  {
    constexpr int kCold = 200;
    const Permutation cold(drawn.seed, places);
    start = cpu_seconds();
    for (int i = 0; i < kCold; ++i)
      sum += cold.place_of(1 + static_cast<std::uint32_t>(random() % places));
    line("a place computed, the first 200", (cpu_seconds() - start) / kCold * 1e6, "us", 2);
  }
  const Permutation permutation(drawn.seed, places);
  start = cpu_seconds();
  for (std::uint32_t entry = 1; entry <= places; ++entry) sum += permutation.place_of(entry);
  line("a place computed, all of them", each(cpu_seconds() - start), "us", 2);
  INVARIANT(sum > 0, "places were computed");
  start = cpu_seconds();
  for (std::uint32_t i = 0; i < places; ++i) {
    const BuyerId buyer{(1 + random() % places) * 7'919ULL};
    sum += book.apply(command::LookUpPlace{kSale, buyer}, rules->opens_at, events).place.number;
  }
  line("a place looked up in the book, at random", each(cpu_seconds() - start), "us", 2);
  line("memory a place, with index and draw", static_cast<double>(heap_bytes() - heap) / places,
       "bytes", 64);

  // Everybody's turn: called, claimed, and a hold.
  TimePoint now = rules->opens_at;
  start = cpu_seconds();
  std::uint32_t ticks = 0;
  while (book.line(kSale, now).serving < std::min<std::uint32_t>(places, 100 * kRate) &&
         ticks < 10'000) {
    now += Millis{10};
    events.clear();
    book.tick(now, events, 1'000);
    ++ticks;
  }
  line("a tick of the writer while the line moves", (cpu_seconds() - start) / ticks * 1e6, "us",
       200);

  // What anybody else does with what is published.
  auditor::PublishedDraw published{"bench",
                                   "onrush-draw-v1",
                                   "",
                                   true,
                                   places,
                                   draw_commitment(rules->line.draw_secret),
                                   rules->line.draw_secret,
                                   drawn.lobby_digest,
                                   drawn.seed};
  std::vector<auditor::DrawLeaf> leaves;
  leaves.reserve(places);
  start = cpu_seconds();
  while (leaves.size() < places) {
    const auto from = static_cast<std::uint32_t>(leaves.size() + 1);
    const Outcome page =
        book.apply(command::LobbyLeaves{kSale, from, command::kLeavesMax}, now, events);
    leaves.insert(leaves.end(), page.leaves->leaves.begin(), page.leaves->leaves.end());
  }
  line("a page of 10,000 leaves, in the writer",
       each(cpu_seconds() - start) * command::kLeavesMax / 1e3, "ms", 20);
  start = cpu_seconds();
  const auditor::DrawReport report = auditor::verify_draw(published, leaves, 7'919);
  line("the verifier, all entries", cpu_seconds() - start, "s", 10);
  INVARIANT(report.passed() && report.own.size() == 1, "the draw is what was published");
  return failed ? 1 : 0;
}
