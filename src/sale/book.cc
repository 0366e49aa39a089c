#include "sale/book.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "sale/decision.h"
#include "sale/line_decisions.h"
#include "sale/tick.h"

namespace onrush::sale {

struct Book::State : BookState {
  using BookState::BookState;
};

Book::Book(std::uint16_t node) : state_(std::make_unique<State>(node)) {
  INVARIANT(node < 1024, "the node of a book must be 0..1023");
}
Book::~Book() = default;
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;

Outcome Book::apply(const Command& command, TimePoint now, std::vector<Event>& out) {
  Decision decision(*state_, now, out);
  return std::visit([&decision](const auto& c) { return decide(decision, c); }, command);
}

void Book::prefetch(const Command& command) const {
  state_->prefetch(command);
}

void Book::prefetch(const Event& event) const {
  state_->prefetch(event);
}

void Book::prefetch_records(const Command& command) const {
  state_->prefetch_records(command);
}

bool Book::tick(TimePoint now, std::vector<Event>& out, std::size_t budget) {
  Decision decision(*state_, now, out);
  const std::size_t events_max = std::max<std::size_t>(budget, 1);
  // A sale that settles leaves `unsettled`, so this walks over a copy of its numbers.
  const std::vector<SaleNo> due_now = state_->unsettled;
  for (const SaleNo no : due_now) {
    const std::optional<TimePoint> at = due(*state_, *state_->sale(no));
    if (!at || *at > now) continue;
    if (decision.emitted() >= events_max || tick_sale(decision, no, events_max)) return true;
  }
  return false;
}

std::optional<TimePoint> Book::next_due() const {
  std::optional<TimePoint> earliest;
  for (const SaleNo no : state_->unsettled) {
    const std::optional<TimePoint> at = due(*state_, *state_->sale(no));
    if (at && (!earliest || *at < *earliest)) earliest = at;
  }
  return earliest;
}

Status Book::replay(const Event& event, TimePoint at) {
  if (const Problem problem = state_->evolve(event, at)) {
    return corrupt(std::string("an event that cannot follow from those before: ") + problem);
  }
  return {};
}

std::size_t Book::sale_count() const {
  return state_->sales.size();
}

SaleSummary Book::summary(SaleNo no) const {
  const SaleState* s = state_->sale(no);
  INVARIANT(s != nullptr, "a summary of an unknown sale");
  SaleSummary summary{no, s->rules, s->phase, s->reason, {}, s->money, {}, s->beacon, s->notice};
  summary.line = line_summary(*s, s->queue == nullptr ? TimePoint{} : s->queue->looked);
  for (std::size_t i = 0; i < s->items.size(); ++i) {
    summary.items.push_back(counts(no, ItemNo{static_cast<std::uint16_t>(i)}));
  }
  return summary;
}

ItemCounts Book::counts(SaleNo no, ItemNo item) const {
  const SaleState* s = state_->sale(no);
  INVARIANT(s != nullptr && item.value() < s->items.size(), "counts of an unknown item");
  const ItemState& state = s->items[item.value()];
  return {state.units.stock(), state.units.free(), state.units.held(), state.units.paid(),
          state.line.size()};
}

Phase Book::phase(SaleNo no) const {
  const SaleState* s = state_->sale(no);
  INVARIANT(s != nullptr, "the phase of an unknown sale");
  return s->phase;
}

LineSummary Book::line(SaleNo no, TimePoint now) const {
  const SaleState* s = state_->sale(no);
  INVARIANT(s != nullptr, "the line of an unknown sale");
  return line_summary(*s, now);
}

std::vector<SaleNo> Book::take_touched() {
  for (const SaleNo no : state_->touched) state_->sale(no)->touched = false;
  return std::exchange(state_->touched, {});
}

void Book::save(ByteWriter& out) const {
  state_->save(out);
}

Result<Book> Book::load(ByteReader& in) {
  Book book;
  if (const Problem problem = book.state_->load(in))
    return corrupt(std::string("snapshot: ") + problem);
  return book;
}

std::string Book::check_invariants() const {
  return state_->check_invariants();
}

}  // namespace onrush::sale
