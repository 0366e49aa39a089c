// Writes many rows with few statements: "prefix (…), (…), … suffix". Integers stand in the text,
// texts are bound.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
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

  BulkRows(Connection& connection, std::string before, std::string after = {});

  template <class... Values>
  void add(const Values&... values) {
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

  Connection& connection_;
  std::string before_;
  std::string after_;
  std::string sql_;
  std::vector<Param> params_;
  std::size_t rows_ = 0;
  std::int64_t added_ = 0;
  std::int64_t changed_ = 0;
};

}  // namespace onrush::sql
