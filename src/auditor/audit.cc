#include "auditor/audit.h"

#include <fmt/format.h>

#include "auditor/journal_scan.h"
#include "auditor/ledger.h"
#include "sale/book.h"
#include "sale/event_codec.h"

namespace onrush::auditor {
namespace {

// Feeds both witnesses with the same events.
class Hearing {
 public:
  explicit Hearing(AuditReport& report) : report_(report), ledger_(report) {}

  void add(std::uint64_t seq, std::string code, std::string text) {
    ++report_.violation_count;
    if (report_.violations.size() < kViolationsKept) {
      report_.violations.push_back({seq, std::move(code), std::move(text)});
    }
  }

  void on_batch(const ScannedBatch& batch) {
    if (deaf_) return;
    ByteReader in{batch.payload};
    const TimePoint at = from_millis(batch.time_ms);
    for (std::uint32_t i = 0; i < batch.events; ++i) {
      const std::uint64_t seq = batch.first_seq + i;
      const auto event = sale::decode_event(in);
      if (!event) return stop_hearing(seq, event.error().message);
      ledger_.apply(*event, at, seq);
      replay(*event, at, seq);
      ++report_.events;
      report_.last_seq = seq;
      report_.last_time = at;
    }
    if (!in.at_end()) return stop_hearing(batch.first_seq, "bytes behind the last event");
    ledger_.end_batch();
  }

  void end() {
    ledger_.end();
    report_.sales = ledger_.totals();
    if (!book_says_) return;
    if (std::string broken = book_.check_invariants(); !broken.empty()) {
      add(report_.last_seq, "invariant", "the state machine's own check: " + broken);
    }
    compare_witnesses();
  }

 private:
  // Without one event, what later ones mean is not known.
  void stop_hearing(std::uint64_t seq, const std::string& why) {
    add(seq, "event_unreadable", why);
    deaf_ = true;
  }

  void replay(const sale::Event& event, TimePoint at, std::uint64_t seq) {
    if (!book_says_) return;
    if (const Status status = book_.replay(event, at); !status) {
      add(seq, "replay_refused", "the state machine: " + status.error().message);
      book_says_ = false;  // it must not be asked any more
    }
  }

  void compare_witnesses() {
    if (book_.sale_count() != report_.sales.size()) {
      return add(report_.last_seq, "witnesses_disagree", "about the number of sales");
    }
    for (const SaleTotals& mine : report_.sales) {
      const sale::SaleSummary other = book_.summary(sale::SaleNo{mine.number});
      std::vector<ItemTotals> items;
      for (std::size_t i = 0; i < other.items.size(); ++i) {
        const sale::ItemCounts& c = other.items[i];
        items.push_back({other.rules->items[i].key, c.stock, c.free, c.held, c.paid, c.standby});
      }
      const sale::MoneyTotals& m = other.money;
      const MoneySums money{m.captured.minor, m.fulfilled.minor, m.standby.minor,
                            m.refund_due.minor, m.refunded.minor};
      if (items != mine.items)
        add(report_.last_seq, "witnesses_disagree", "about the units of " + mine.sale);
      const LineTotals line{other.line.entries, other.line.serving, other.line.claimed,
                            other.line.left};
      if (line != mine.line)
        add(report_.last_seq, "witnesses_disagree", "about the line of " + mine.sale);
      if (money != mine.money)
        add(report_.last_seq, "witnesses_disagree", "about the money of " + mine.sale);
      if (to_string(other.phase) != mine.phase) {
        add(report_.last_seq, "witnesses_disagree", "about the phase of " + mine.sale);
      }
    }
  }

  AuditReport& report_;
  Ledger ledger_;
  sale::Book book_;
  bool book_says_ = true;
  bool deaf_ = false;
};

}  // namespace

Result<AuditReport> audit(const std::string& directory) {
  AuditReport report;
  report.directory = directory;
  Hearing hearing{report};
  auto scan =
      scan_journal(directory, [&hearing](const ScannedBatch& batch) { hearing.on_batch(batch); });
  if (!scan) return scan.error();
  hearing.end();
  for (ScanFault& fault : scan->faults)
    hearing.add(fault.seq, std::move(fault.code), std::move(fault.text));
  report.journal_id = scan->journal_id;
  report.head = scan->head;
  report.segments = scan->segments;
  report.batches = scan->batches;
  report.last_seq = scan->last_seq;
  report.notes = scan->notes;
  return report;
}

}  // namespace onrush::auditor
