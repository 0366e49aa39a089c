#include "adapters/sql/connection.h"

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <mutex>

namespace onrush::sql {

namespace {

constexpr int kSqliteOk = 0, kSqliteDone = 101, kConfigMultithread = 2, kConfigMemoryStatistics = 9;
constexpr int kSqliteBusy = 5, kSqliteLocked = 6, kSqliteReadOnly = 8, kSqliteInterrupt = 9,
              kSqliteIoError = 10, kSqliteCorrupt = 11, kSqliteFull = 13, kSqliteCannotOpen = 14,
              kSqliteConstraint = 19, kSqliteNotADatabase = 26;
constexpr int kConstraintPrimaryKey = 1555, kConstraintUnique = 2067;
// Virtual-machine steps between two looks at the clock: some tens of microseconds.
constexpr int kStepsBetweenChecks = 2'000;
constexpr std::size_t kRowsInStep = 64;

Error to_error(const std::string& file, int code) {
  // Only the code's own text: what() of SOCI quotes the statement and its bound values.
  const std::string text = fmt::format("database {}: {}", file, sqlite_api::sqlite3_errstr(code));
  switch (code & 0xff) {
    case kSqliteBusy:
    case kSqliteLocked:
      return retryable(text + " (another process holds it)");
    case kSqliteInterrupt:
      return retryable(text + " (the deadline has passed)");
    case kSqliteReadOnly:
    case kSqliteIoError:
    case kSqliteFull:
    case kSqliteCannotOpen:
      return retryable(text);
    case kSqliteCorrupt:
    case kSqliteNotADatabase:
      return corrupt(text);
    default:
      return rejected(text);
  }
}

// "before (?,?),(?,?) after"
std::string rows_statement(std::string_view before, std::string_view after, std::size_t rows,
                           std::size_t columns) {
  std::string row = "(?";
  for (std::size_t i = 1; i < columns; ++i) row += ",?";
  row += ')';
  std::string sql(before);
  for (std::size_t i = 0; i < rows; ++i) sql.append(i == 0 ? "" : ",").append(row);
  return sql.append(after);
}

// A connection is used by one thread at a time (connection.h), so SQLite need not lock each call.
// Only possible before the library is first used; if somebody was earlier, it just stays slower.
void use_without_inner_locks() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite_api::sqlite3_config(kConfigMultithread);
    sqlite_api::sqlite3_config(kConfigMemoryStatistics, 0);  // a lock at every allocation
  });
}

}  // namespace

struct Connection::Impl {
  std::string file;
  soci::session session;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  [[nodiscard]] sqlite_api::sqlite3* handle() {
    auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
    return backend == nullptr ? nullptr : backend->conn_;
  }

  [[noreturn]] void fail(int code) {
    bool duplicate = false;
    if ((code & 0xff) == kSqliteConstraint && handle() != nullptr) {
      const int extended = sqlite_api::sqlite3_extended_errcode(handle());
      duplicate = extended == kConstraintPrimaryKey || extended == kConstraintUnique;
    }
    throw SqlFailure(to_error(file, code), duplicate);
  }

  template <class Work>
  auto translate(Work&& work) {
    try {
      return work();
    } catch (const soci::sqlite3_soci_error& e) {
      fail(e.result());
    } catch (const soci::soci_error&) {
      throw SqlFailure(
          corrupt(fmt::format("database {}: rows are not of the expected form", file)));
    }
  }

  static int check_deadline(void* self) {
    return std::chrono::steady_clock::now() >= static_cast<Impl*>(self)->deadline ? 1 : 0;
  }
};

Connection::Connection(const std::filesystem::path& file, Durability durability, Millis busy_wait)
    : impl_(std::make_unique<Impl>()) {
  use_without_inner_locks();
  impl_->file = file.filename().string();
  if (file.string().find_first_of("\"\n") != std::string::npos) {
    throw SqlFailure(invalid("the data directory's name must not hold quotes or line breaks"));
  }
  impl_->translate(
      [&] { impl_->session.open(soci::sqlite3, fmt::format("dbname=\"{}\"", file.string())); });
  run(fmt::format("PRAGMA busy_timeout = {}", busy_wait.count()));
  run("PRAGMA journal_mode = WAL");
  run(durability == Durability::synced ? "PRAGMA synchronous = FULL"
                                       : "PRAGMA synchronous = NORMAL");
  run("PRAGMA cache_size = -65536");
  // Fewer, larger checkpoints: pages that change again and again are copied once.
  run("PRAGMA wal_autocheckpoint = 8000");
  run("PRAGMA temp_store = MEMORY");
}

Connection::~Connection() = default;

std::int64_t Connection::run(std::string_view sql, std::span<const Param> params) {
  return impl_->translate([&] {
    soci::statement statement(impl_->session);
    for (const auto& param : params) {
      std::visit([&](const auto& value) { statement.exchange(soci::use(value)); }, param);
    }
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    statement.execute(true);
    return static_cast<std::int64_t>(statement.get_affected_rows());
  });
}

std::int64_t Connection::run_rows(std::string_view before, std::string_view after,
                                  std::span<const std::int64_t> values, std::size_t columns) {
  std::int64_t changed = 0;
  for (const std::size_t rows : {kRowsInStep, std::size_t{1}}) {
    const std::size_t step = rows * columns;
    if (values.size() < step) continue;
    const std::string sql = rows_statement(before, after, rows, columns);
    sqlite_api::sqlite3_stmt* raw = nullptr;
    const int prepared = sqlite_api::sqlite3_prepare_v2(
        impl_->handle(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    const std::unique_ptr<sqlite_api::sqlite3_stmt, decltype(&sqlite_api::sqlite3_finalize)>
        statement(raw, &sqlite_api::sqlite3_finalize);
    if (prepared != kSqliteOk) impl_->fail(prepared);
    for (; values.size() >= step; values = values.subspan(step)) {
      for (std::size_t i = 0; i < step; ++i) {
        sqlite_api::sqlite3_bind_int64(raw, static_cast<int>(i + 1), values[i]);
      }
      const int stepped = sqlite_api::sqlite3_step(raw);
      if (stepped != kSqliteDone) impl_->fail(stepped);
      changed += sqlite_api::sqlite3_changes(impl_->handle());
      sqlite_api::sqlite3_reset(raw);
    }
  }
  return changed;
}

void Connection::query(std::string_view sql, std::string_view shape, std::span<const Param> params,
                       const std::function<void(const Row&)>& on_row) {
  impl_->translate([&] {
    soci::statement statement(impl_->session);
    // SOCI keeps the addresses: the vector must not grow after the first exchange().
    std::vector<Param> values;
    values.reserve(shape.size());
    for (const char letter : shape) {
      if (letter == 't') {
        values.emplace_back(std::string());
        statement.exchange(soci::into(std::get<std::string>(values.back())));
      } else {
        values.emplace_back(std::int64_t{0});
        statement.exchange(soci::into(std::get<std::int64_t>(values.back())));
      }
    }
    for (const auto& param : params) {
      std::visit([&](const auto& value) { statement.exchange(soci::use(value)); }, param);
    }
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    if (!statement.execute(true)) return;
    do {
      on_row(Row(values));
    } while (statement.fetch());
  });
}

std::int64_t Connection::query_integer(std::string_view sql, std::span<const Param> params) {
  std::int64_t value = 0;
  query(sql, "i", params, [&](const Row& row) { value = row.integer(0); });
  return value;
}

void Connection::set_deadline(std::chrono::steady_clock::time_point deadline) {
  impl_->deadline = deadline;
  sqlite_api::sqlite3_progress_handler(impl_->handle(), kStepsBetweenChecks, &Impl::check_deadline,
                                       impl_.get());
}

WriteTransaction::WriteTransaction(Connection& connection) : connection_(connection) {
  connection_.run(connection_.dialect().begin_write);
}

WriteTransaction::~WriteTransaction() {
  if (!open_) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const SqlFailure&) {
    // The database has rolled back by itself after the error that brought us here.
  }
}

void WriteTransaction::commit() {
  connection_.run("COMMIT");
  open_ = false;
}

}  // namespace onrush::sql
