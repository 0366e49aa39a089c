// Book: the state of all sales, as a pure state machine.
//
// apply() decides one command and changes the state by the events that it appends; replay() changes
// the state by an event that was decided before. Both go through the same code, so that a recovered
// book is the book that crashed. There is no I/O, clock, thread or randomness in here.
//
// Thread rule: one thread at a time. Time: `now` must never go back; the caller sees to it.
// Memory: see docs/memory.md (bytes per unit, order, buyer and standby entry).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/sha256.h"
#include "sale/command.h"
#include "sale/event.h"
#include "sale/outcome.h"

namespace onrush::sale {

struct ItemCounts {
  std::uint32_t stock = 0;  // free + held + paid, always (I2)
  std::uint32_t free = 0;
  std::uint32_t held = 0;
  std::uint32_t paid = 0;
  std::uint32_t standby = 0;  // entries waiting for this item, paid ones included
};

// Totals of one sale's money (I5): captured = fulfilled + standby + refunded, where refunded counts
// what is due as well as what has gone back.
struct MoneyTotals {
  Money captured;
  Money fulfilled;
  Money standby;
  Money refund_due;
  Money refunded;
};

// What everybody may know of a sale's line.
struct LineSummary {
  LineMode mode = LineMode::off;
  Phase phase = Phase::draft;
  bool drawn = false;               // the sale has opened: numbers are known
  std::uint32_t entries = 0;        // places issued
  std::uint32_t lobby_entries = 0;  // of them before the opening (until then all)
  std::uint32_t serving = 0;        // the highest number called
  std::uint32_t claimed = 0;        // passes claimed so far
  std::uint32_t active = 0;         // of them neither used nor lapsed
  std::uint32_t left = 0;           // places whose buyers left
  std::uint32_t capacity = 0;
  std::uint32_t rate = 0;              // passes a second aimed at
  std::uint32_t claim_rate_milli = 0;  // passes claimed a second, measured, in thousandths
  // Numbers above cannot win with the stock and standby room known now, unless somebody before them
  // stays away; 0 = nobody can.
  std::uint32_t win_up_to = 0;
  std::uint32_t registrations = 0;
  Digest lobby_digest{};  // drawn, in a draw sale
  Digest seed{};          // drawn, in a draw sale
};

struct SaleSummary {
  SaleNo sale;
  RulesPtr rules;  // as rescheduled
  Phase phase = Phase::draft;
  PhaseReason reason = PhaseReason::staff;  // why it is in this phase
  std::vector<ItemCounts> items;
  MoneyTotals money;
  LineSummary line;    // as of its last event
  std::string beacon;  // "" = none
  Text notice;         // an empty `en`: none
};

class Book {
 public:
  // `node` (0..1023) makes ids of several writers distinct.
  explicit Book(std::uint16_t node = 0);
  ~Book();
  Book(Book&&) noexcept;
  Book& operator=(Book&&) noexcept;

  // Decides one command at `now`; appends what happened to `out`. Refusals and queries append
  // nothing.
  Outcome apply(const Command& command, TimePoint now, std::vector<Event>& out);

  // For batches: begin to fetch from memory what apply() will look at for this command, so that the
  // waits of many commands overlap. The first finds where that is; the second, called when the
  // first has been called for some dozen commands, goes there. Neither changes anything.
  void prefetch(const Command& command) const;
  void prefetch_records(const Command& command) const;

  // Makes happen what time alone makes happen (phases, expiries, standby turns), at most about
  // `budget` events. True: more is due at `now`, call again.
  bool tick(TimePoint now, std::vector<Event>& out, std::size_t budget);
  // When tick() next has something to do; nothing if never.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  // As prefetch() of commands, for events that are about to be replayed.
  void prefetch(const Event& event) const;
  // Applies an event of the past, decided at `at`. Error: corrupt, when the event cannot follow
  // from the state (a unit that is not free, an unknown order …); the book must then be thrown
  // away.
  [[nodiscard]] Status replay(const Event& event, TimePoint at);

  [[nodiscard]] std::size_t sale_count() const;
  // Of a sale that exists; SaleNo is 1..sale_count(). O(items).
  [[nodiscard]] SaleSummary summary(SaleNo sale) const;
  // Counts of one item, O(1). The engine publishes them after each batch.
  [[nodiscard]] ItemCounts counts(SaleNo sale, ItemNo item) const;
  [[nodiscard]] Phase phase(SaleNo sale) const;
  // Of a sale that exists, O(items). `now` as of apply().
  [[nodiscard]] LineSummary line(SaleNo sale, TimePoint now) const;
  // Sales touched by apply/tick/replay since the last call, without repeats; for publishing
  // latches.
  [[nodiscard]] std::vector<SaleNo> take_touched();

  // The whole state as bytes, and back. Deterministic: equal books give equal bytes.
  void save(ByteWriter& out) const;
  [[nodiscard]] static Result<Book> load(ByteReader& in);

  // Checks I1, I2, I3, I5 and I7 over the whole state; the first violation in words, or "" if none.
  // O(state): for the simulator, tests and the auditor, not for every command.
  [[nodiscard]] std::string check_invariants() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace onrush::sale
