// Subcommands that work on a data directory: rebuild and dump of the read model, backup.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "adapters/journal_file/posix_storage.h"
#include "adapters/sql/database_copy.h"
#include "adapters/sql/sql_stores.h"
#include "app/commands.h"
#include "engine/engine.h"
#include "ports/clock.h"

namespace onrush::app {
namespace {

namespace fs = std::filesystem;

int say(const Error& error) {
  std::fprintf(stderr, "onrush: %s\n", error.message.c_str());
  return error.kind == ErrorKind::invalid ? kUsage : kEnvironment;
}

bool is_database(const fs::path& path) {
  return path.extension() == ".db";
}

// Files that another process may be using stay behind: locks, and what SQLite derives.
bool left_behind(const fs::path& path) {
  const std::string name = path.filename();
  return name == "LOCK" || name == "endpoints.json" || name.ends_with(".tmp") ||
         name.ends_with(".new") || name.ends_with(".db-wal") || name.ends_with(".db-shm") ||
         name.ends_with(".db-journal") ||
         name.starts_with("read_model.db");  // derived: made anew where the copy is served
}

// Back to front: records are only ever appended, so whatever is written meanwhile, each byte that
// was copied is older than those before it. The copy ends like a journal that crashed: perhaps in a
// torn record, never with a record behind a gap.
Status copy_segment(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  auto left = static_cast<std::streamoff>(fs::file_size(from));
  std::vector<char> chunk(1U << 20);
  while (left > 0 && in && out) {
    const auto size = std::min<std::streamoff>(left, static_cast<std::streamoff>(chunk.size()));
    left -= size;
    in.seekg(left);
    in.read(chunk.data(), size);
    out.seekp(left);
    out.write(chunk.data(), size);
  }
  if (!in || !out.flush()) return rejected(fmt::format("{}: cannot be copied", from.string()));
  return {};
}

Status copy_one(const fs::path& from, const fs::path& target) {
  if (is_database(from)) return sql::copy_database(from, target / from.filename());
  if (from.extension() == ".seg") return copy_segment(from, target / from.filename());
  std::error_code ec;
  fs::copy_file(from, target / from.filename(), ec);
  if (ec) return rejected(fmt::format("{}: {}", from.string(), ec.message()));
  return {};
}

}  // namespace

int run_rebuild(const LoadedConfig& loaded) {
  // Under the engine's lock: a server that is running must not lose its read model.
  auto storage = adapters::PosixStorage::open_directory(loaded.config.data_dir);
  if (storage.has_error()) return say(storage.error());
  const ports::SystemClock clock;
  engine::EngineConfig config;
  config.segment_bytes = std::uint64_t{loaded.config.segment_mib} << 20;
  config.snapshot_on_stop = false;
  auto engine = engine::Engine::open(std::move(config), **storage, clock);
  if (engine.has_error()) return say(engine.error());
  const auto reader = (*engine)->reader(1);
  const auto position =
      sql::rebuild_read_model({loaded.config.data_dir, 1, Millis{10'000}}, *reader);
  if (position.has_error()) return say(position.error());
  std::printf("rebuilt the read model from %llu events\n",
              static_cast<unsigned long long>(*position));
  return kOk;
}

int run_dump(const LoadedConfig& loaded) {
  auto model = sql::open_read_model({loaded.config.data_dir, 1, Millis{10'000}});
  if (model.has_error()) return say(model.error());
  const auto dumped = (*model)->dump(std::cout);
  return dumped.has_error() ? say(dumped.error()) : int{kOk};
}

int run_backup(const LoadedConfig& loaded, const std::string& target) {
  const fs::path from = loaded.config.data_dir;
  std::error_code ec;
  if (!fs::is_directory(from, ec))
    return say(rejected(fmt::format("{} is not a data directory", from.string())));
  if (fs::exists(target, ec) && !fs::is_empty(target, ec))
    return say(invalid(target + " is not empty"));
  fs::create_directories(target, ec);
  fs::permissions(target, fs::perms::owner_all, ec);
  if (ec) return say(rejected(fmt::format("{}: {}", target, ec.message())));

  // Databases first, the journal last: what a database says has happened is then surely in the
  // journal.
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(from, ec)) {
    if (entry.is_regular_file() && !left_behind(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair(!is_database(a), a) < std::pair(!is_database(b), b);
  });
  for (const auto& file : files) {
    if (const auto copied = copy_one(file, target); copied.has_error()) return say(copied.error());
  }
  std::printf("copied %zu files to %s\n", files.size(), target.c_str());
  return kOk;
}

}  // namespace onrush::app
