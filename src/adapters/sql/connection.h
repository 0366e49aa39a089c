// One connection to one database. The only place that knows SOCI and SQLite.
//
// Thread rule: one thread at a time. Errors inside this folder travel as SqlFailure, whose text
// never holds a bound value; guarded() turns them into Results at the border.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/sql/dialect.h"
#include "base/result.h"
#include "base/time.h"

namespace onrush::sql {

class SqlFailure : public std::exception {
 public:
  explicit SqlFailure(Error error, bool is_duplicate = false)
      : error_(std::move(error)), is_duplicate_(is_duplicate) {}
  [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] bool is_duplicate() const { return is_duplicate_; }  // a key that exists already

 private:
  Error error_;
  bool is_duplicate_;
};

using Param = std::variant<std::int64_t, std::string>;

// One row of an answer; columns count from 0, and have the type that the query's shape says.
class Row {
 public:
  explicit Row(std::span<const Param> values) : values_(values) {}
  [[nodiscard]] std::int64_t integer(std::size_t i) const {
    return std::get<std::int64_t>(values_[i]);
  }
  [[nodiscard]] std::uint64_t id(std::size_t i) const {
    return static_cast<std::uint64_t>(integer(i));
  }
  [[nodiscard]] const std::string& text(std::size_t i) const {
    return std::get<std::string>(values_[i]);
  }

 private:
  std::span<const Param> values_;
};

enum class Durability {
  synced,   // a commit is on the disk when it returns
  ordered,  // a crash of the machine may lose the last commits, never their order
};

class Connection {
 public:
  // Opens or makes the file. Throws SqlFailure.
  Connection(const std::filesystem::path& file, Durability durability, Millis busy_wait);
  ~Connection();

  // Runs a statement; returns how many rows it changed. Parameters stand as :a, :b … in their
  // order.
  std::int64_t run(std::string_view sql, std::span<const Param> params = {});
  // Runs "before (?,…),(?,…) after" over rows of integers, `columns` of them a row: many rows a
  // step, so that opening the table and its indexes is paid once for all of them, and what is left
  // over row by row. Returns how many rows were changed.
  std::int64_t run_rows(std::string_view before, std::string_view after,
                        std::span<const std::int64_t> values, std::size_t columns);
  // `shape`: one letter a column, i = integer, t = text.
  void query(std::string_view sql, std::string_view shape, std::span<const Param> params,
             const std::function<void(const Row&)>& on_row);
  [[nodiscard]] std::int64_t query_integer(std::string_view sql,
                                           std::span<const Param> params = {});

  // From now on statements are interrupted (retryable) at `deadline`.
  void set_deadline(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] const Dialect& dialect() const { return sqlite_dialect(); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Holds the right to write until commit(); without it, everything is undone at the end of the
// scope.
class WriteTransaction {
 public:
  explicit WriteTransaction(Connection& connection);
  ~WriteTransaction();
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// Runs `work`, which may throw SqlFailure, and gives its Result.
template <class Work>
auto guarded(Work&& work) -> Result<decltype(work())> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const SqlFailure& failure) {
    return failure.error();
  } catch (const std::exception&) {
    // Nothing else is thrown but by lack of memory; its text is not ours to trust.
    return retryable("the database adapter ran out of memory or met an unexpected failure");
  }
}

}  // namespace onrush::sql
