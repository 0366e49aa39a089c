// Writes many rows with few statements.
//
// Where a database is in another process, statements count: "before (…), (…), … after", integers in
// the text, texts bound. SQLite is in ours, and there parsing counts: rows of integers are bound to
// a prepared statement of many rows (Dialect::in_process).
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "adapters/sql/connection.h"

namespace onrush::sql {

class BulkRows {
 public:
  // Rows in one statement: long enough that parsing dominates, short enough for every database's
  // limits.
  static constexpr std::size_t kRowsMax = 500;

  // Bound texts in one statement: SQLite finds each by name among all of them.
  static constexpr std::size_t kParamsMax = 100;

  static constexpr std::size_t kIntegersMax = 64 * 1024;

  BulkRows(Connection& connection, std::string before, std::string after = {});

  // Every row of one object has the same types.
  template <class... Values>
  void add(const Values&... values) {
    if constexpr ((std::is_convertible_v<Values, std::int64_t> && ...)) {
      if (connection_.dialect().in_process) {
        columns_ = sizeof...(values);
        (integers_.push_back(values), ...);
        ++added_;
        if (integers_.size() >= kIntegersMax) flush();
        return;
      }
    }
    sql_ += rows_ == 0 ? '(' : ',';
    if (rows_ != 0) sql_ += '(';
    (put(values), ...);
    sql_.back() = ')';
    ++added_;
    if (++rows_ >= kRowsMax || params_.size() >= kParamsMax) flush();
  }
  // Writes what is left. Rows that the statements have changed in all.
  std::int64_t finish();
  [[nodiscard]] std::int64_t added() const { return added_; }

 private:
  void put(std::int64_t value);
  void put(const std::string& text);
  void flush();
  void flush_integers();

  Connection& connection_;
  std::string before_;
  std::string after_;
  std::string sql_;
  std::vector<Param> params_;
  std::vector<std::int64_t> integers_;  // whole rows
  std::size_t columns_ = 0;
  std::size_t rows_ = 0;
  std::int64_t added_ = 0;
  std::int64_t changed_ = 0;
};

}  // namespace onrush::sql
