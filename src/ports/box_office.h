// The box office: the interface behind which stock is decided. Two implementations, one conformance
// suite.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"
#include "sale/book.h"
#include "sale/command.h"
#include "sale/event.h"
#include "sale/outcome.h"

namespace onrush::ports {

struct Reply {
  std::uint64_t ticket = 0;  // the caller's own number, given back
  sale::Outcome outcome;
};

// Where answers go. deliver() is called on a thread of the box office, with everything that one
// batch has decided for this sink; it must be quick, must not throw and must not call back into the
// box office. A sink outlives every request submitted with it.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void deliver(std::span<Reply> replies) noexcept = 0;
};

// rush: hold requests of the crowd; full → busy at once.
// reserved: payments, staff, checkout, look-ups by signed-in buyers: has capacity of its own, so
// that the rush cannot keep money or an operator out.
enum class Lane : std::uint8_t { rush, reserved };

// What is known of an item without asking the writer. Written by one thread after each batch, read
// by any without a lock; a reader may see it some milliseconds late, so it may answer "no" but
// never "yes".
struct ItemStatus {
  sale::Phase phase = sale::Phase::draft;
  sale::PhaseReason reason = sale::PhaseReason::staff;
  std::uint32_t stock = 0;
  std::uint32_t free = 0;
  std::uint32_t held = 0;
  std::uint32_t paid = 0;
  std::uint32_t standby = 0;
};

// The same of a sale's line; a default value (mode off) for a sale without one.
using LineStatus = sale::LineSummary;

class BoxOffice {
 public:
  virtual ~BoxOffice() = default;

  // Hands a command over. Never blocks. False: the lane is full or the office is stopping; nothing
  // was done and no reply will come. True: exactly one reply will be delivered, after everything
  // that it says is durable. Thread-safe.
  [[nodiscard]] virtual bool submit(sale::Command command, Lane lane, ReplySink& sink,
                                    std::uint64_t ticket) noexcept = 0;

  // Lock-free; a default value for what does not exist. Thread-safe.
  [[nodiscard]] virtual ItemStatus status(sale::SaleNo sale, sale::ItemNo item) const noexcept = 0;
  [[nodiscard]] virtual LineStatus line(sale::SaleNo sale) const noexcept = 0;
};

// Sends one command and waits for its answer; verdict `busy` or `unavailable` when there is none
// within `timeout` (the command may still take effect). For staff acts, tests and tools, not for
// the rush.
[[nodiscard]] sale::Outcome call(BoxOffice& office, sale::Command command, Millis timeout);

// Events of the journal, in order, after they are durable. `first_seq` is the 1-based journal
// sequence of events[0]. Called on one thread of the box office; must be quick and must not throw.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void on_events(std::uint64_t first_seq, TimePoint at,
                         std::span<const sale::Event> events) noexcept = 0;
};

}  // namespace onrush::ports
