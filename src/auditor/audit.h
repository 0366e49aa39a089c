// The offline auditor: reads a journal's bytes by itself, without the engine, and says whether the
// sales in it kept their promises. It has a reader of its own (journal_scan.h) and books of its own
// (ledger.h), and lets the state machine replay the same events as a second witness.
//
// What is proved, and what cannot be, is in docs/audit.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sale/ids.h"

namespace onrush::auditor {

struct Violation {
  std::uint64_t seq = 0;  // of the event at which it shows; 0 = of the journal as a whole
  std::string code;       // stable, e.g. "unit_owned_twice"
  std::string text;
};

struct ItemTotals {
  std::string item;
  std::uint64_t stock = 0, free = 0, held = 0, paid = 0, standby = 0;
  friend bool operator==(const ItemTotals&, const ItemTotals&) = default;
};

struct OrderTotals {
  std::uint64_t awaiting_payment = 0, paid = 0, paid_standby = 0, refunded = 0, expired = 0,
                released = 0, declined = 0;
};

// Minor units; captured = fulfilled + standby + refund_due + refunded.
struct MoneySums {
  std::int64_t captured = 0, fulfilled = 0, standby = 0, refund_due = 0, refunded = 0;
  friend bool operator==(const MoneySums&, const MoneySums&) = default;
};

// Of a waiting line.
struct LineTotals {
  std::uint64_t places = 0, serving = 0, claimed = 0, left = 0;
  friend bool operator==(const LineTotals&, const LineTotals&) = default;
};

struct SaleTotals {
  std::uint32_t number = 0;
  std::string sale, phase, reason, currency;
  std::vector<ItemTotals> items;
  OrderTotals orders;
  MoneySums money;
  bool has_line = false;
  LineTotals line;
};

struct AuditReport {
  std::string directory, journal_id, head;  // hex; the head is the chain hash of the last batch
  std::uint64_t segments = 0, batches = 0, events = 0, last_seq = 0;
  TimePoint last_time{};
  std::vector<SaleTotals> sales;
  std::vector<std::string> notes;     // a torn tail, …: no violations
  std::vector<Violation> violations;  // the first kViolationsKept of them
  std::uint64_t violation_count = 0;
  [[nodiscard]] bool passed() const { return violation_count == 0; }
  // 0 passed, 4 a promise is broken. (3, where there is nothing to read, is audit()'s error.)
  [[nodiscard]] int exit_status() const { return passed() ? 0 : 4; }
};

inline constexpr std::size_t kViolationsKept = 1'000;
// How long a hold may outlive its deadline, and a free unit the wish of the first in line, by the
// journal's own last time.
inline constexpr Millis kTolerance{5'000};

// Reads the directory as it is; a server may be writing to it meanwhile (what is complete is read).
// Error: rejected, when there is no journal or it cannot be read. Everything else is in the report.
[[nodiscard]] Result<AuditReport> audit(const std::string& directory);

[[nodiscard]] std::string render_text(const AuditReport& report);
[[nodiscard]] std::string render_json(const AuditReport& report);

}  // namespace onrush::auditor
