// The crowd's own record of what it was told: one JSON line for each acknowledged hold, standby
// place, payment and release, written as it is heard. After a server was killed, compare() finds
// what the server has forgotten of it.
//
//   {"at":1763800000123,"kind":"hold","buyer":"42","order":"7312","units":[{"item":"a","unit":17}]}
//
// `kind`: hold · standby (no order, no units) · paid · released · declined · expired · refunded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crowd/documents.h"

namespace onrush::crowd {

struct RecordLine {
  std::int64_t at_ms = 0;
  std::string kind;
  std::uint64_t buyer = 0;
  std::uint64_t order = 0;
  std::vector<UnitSeen> units;
};

// Appends lines to a file; they reach the kernel at flush(), so a kill of the crowd loses what was
// heard since. Thread rule: one thread.
class RecordWriter {
 public:
  // Creates the file or appends to it. Error: rejected, with the system's reason.
  [[nodiscard]] static Result<RecordWriter> open(const std::string& path);
  RecordWriter() = default;  // keeps nothing
  ~RecordWriter();
  RecordWriter(RecordWriter&& other) noexcept;
  RecordWriter& operator=(RecordWriter&& other) noexcept;

  void add(const RecordLine& line);
  [[nodiscard]] Status flush();

 private:
  int fd_ = -1;
  std::string pending_;
};

// Reads a record; a last line without its end (a killed writer) is left out. Errors: rejected
// (cannot be read), corrupt (a line that is none).
[[nodiscard]] Result<std::vector<RecordLine>> read_record(const std::string& path);

// What the server says now.
struct Facts {
  std::function<std::optional<OrderSeen>(std::uint64_t order, std::uint64_t buyer)> order;
  // Whether the buyer still has a place in standby, has had a turn, or was told that it ended. May
  // be empty: standby places are not looked at then.
  std::function<bool(std::uint64_t buyer)> standby_known;
};

// Every contradiction, in words; empty means that nothing acknowledged is lost and no unit is paid
// twice:
//  - an acknowledged order exists, is the same buyer's, and has the same units
//  - a paid order is paid or refunded; a released, declined or expired one is not waiting for
//  payment
//  - no unit is paid in two orders that are not refunded
[[nodiscard]] std::vector<std::string> compare(const std::vector<RecordLine>& record,
                                               const Facts& facts);

}  // namespace onrush::crowd
