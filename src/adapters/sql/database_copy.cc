#include "adapters/sql/database_copy.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>

namespace onrush::sql {
namespace {

constexpr int kPagesPerStep = 1'000;
constexpr int kWaitMs = 5;
constexpr int kBusyStepsMax = 2'000;  // about ten seconds

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, Close>;

int open(const std::filesystem::path& path, int flags, Database& out) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  out.reset(raw);
  return code;
}

// SQLite's online backup: steps, so that the writer gets its turn in between.
int copy_pages(sqlite3* from, sqlite3* to) {
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) return sqlite3_errcode(to);
  int code = SQLITE_OK;
  for (int busy = 0; busy < kBusyStepsMax;) {
    code = sqlite3_backup_step(backup, kPagesPerStep);
    if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED) break;
    if (code != SQLITE_OK) ++busy;
    sqlite3_sleep(kWaitMs);
  }
  const int finished = sqlite3_backup_finish(backup);
  return code == SQLITE_DONE ? finished : code;
}

}  // namespace

Status copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  Database source, target;
  int code = open(from, SQLITE_OPEN_READONLY, source);
  if (code == SQLITE_OK) code = open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, target);
  if (code == SQLITE_OK) code = copy_pages(source.get(), target.get());
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    return retryable(fmt::format("{}: locked for too long", from.string()));
  if (code != SQLITE_OK)
    return rejected(fmt::format("{}: {}", from.string(), sqlite3_errstr(code)));
  return {};
}

}  // namespace onrush::sql
