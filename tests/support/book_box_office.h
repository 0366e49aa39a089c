// A box office for tests: the real state machine under a mutex, which answers at once. No journal,
// so "durable" means nothing here; the order of events and replies is that of the engine.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "ports/box_office.h"
#include "ports/clock.h"
#include "sale/book.h"

namespace onrush::test {

class BookBoxOffice final : public ports::BoxOffice {
 public:
  explicit BookBoxOffice(const ports::Clock& clock) : clock_(clock) {}

  // Before the first command.
  void listen(ports::EventListener& listener) { listeners_.push_back(&listener); }

  [[nodiscard]] bool submit(sale::Command command, ports::Lane lane, ports::ReplySink& sink,
                            std::uint64_t ticket) noexcept override {
    ports::Reply reply;
    {
      const std::lock_guard lock(mutex_);
      if (full_) return false;
      ++commands_;
      if (lane == ports::Lane::reserved) ++reserved_;
      advance();
      std::vector<sale::Event> events;
      reply = {ticket, book_.apply(command, now_, events)};
      publish(events);
    }
    sink.deliver({&reply, 1});
    return true;
  }

  [[nodiscard]] ports::ItemStatus status(sale::SaleNo sale,
                                         sale::ItemNo item) const noexcept override {
    const std::lock_guard lock(mutex_);
    if (sale.value() == 0 || sale.value() > book_.sale_count()) return {};
    const auto summary = book_.summary(sale);
    if (item.value() >= summary.items.size()) return {};
    const auto& counts = summary.items[item.value()];
    return {summary.phase, summary.reason, counts.stock,  counts.free,
            counts.held,   counts.paid,    counts.standby};
  }

  [[nodiscard]] ports::LineStatus line(sale::SaleNo sale) const noexcept override {
    const std::lock_guard lock(mutex_);
    if (sale.value() == 0 || sale.value() > book_.sale_count()) return {};
    return book_.line(sale, now_);
  }

  // Lets time do what it does: expiries, openings.
  void tick() {
    const std::lock_guard lock(mutex_);
    advance();
  }
  // As if the intake queue were full.
  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  [[nodiscard]] sale::SaleSummary summary(sale::SaleNo sale) const {
    const std::lock_guard lock(mutex_);
    return book_.summary(sale);
  }
  [[nodiscard]] std::uint64_t event_count() const {
    const std::lock_guard lock(mutex_);
    return next_seq_ - 1;
  }
  // Commands that reached the state machine: latch answers do not.
  [[nodiscard]] std::uint64_t command_count() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }
  // Those of the reserved lane.
  [[nodiscard]] std::uint64_t reserved_count() const {
    const std::lock_guard lock(mutex_);
    return reserved_;
  }

 private:
  void advance() {
    now_ = std::max(now_, clock_.now());
    std::vector<sale::Event> events;
    while (book_.tick(now_, events, 1000)) {
    }
    publish(events);
  }
  void publish(const std::vector<sale::Event>& events) {
    if (events.empty()) return;
    for (ports::EventListener* listener : listeners_) listener->on_events(next_seq_, now_, events);
    next_seq_ += events.size();
  }

  const ports::Clock& clock_;
  mutable std::mutex mutex_;
  sale::Book book_;
  TimePoint now_{};
  std::uint64_t next_seq_ = 1;
  std::uint64_t commands_ = 0, reserved_ = 0;
  bool full_ = false;
  std::vector<ports::EventListener*> listeners_;
};

}  // namespace onrush::test
