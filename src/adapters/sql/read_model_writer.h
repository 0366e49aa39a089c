// Writes the read model: whole batches and the new position in one transaction.
#pragma once

#include <cstdint>
#include <span>

#include "adapters/sql/changes.h"
#include "adapters/sql/connection.h"

namespace onrush::sql {

// Throws SqlFailure. Thread rule: one thread at a time.
class RowWriter {
 public:
  explicit RowWriter(Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::uint64_t position();
  void apply(std::span<const ports::JournalBatch> batches);

 private:
  void load_sales();
  void apply_events(std::span<const ports::JournalBatch> batches);
  void apply_run(std::span<const ports::JournalBatch> batches);
  void remind(std::int64_t sale, TimePoint at);
  void load_wanted(const Wanted& wanted, Changes& changes);
  void write(Changes& changes);
  void write_sales();
  void write_orders(const Changes& changes);
  void write_payments(const Changes& changes);
  void write_standby(const Changes& changes);
  void write_registrations(const Changes& changes);
  void write_buyers(const Changes& changes);
  void write_logs(const Changes& changes);
  void write_position(std::uint64_t seq);

  Connection& connection_;
  Sales sales_;
  bool sales_loaded_ = false;
};

}  // namespace onrush::sql
