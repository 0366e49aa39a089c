#include "adapters/sql/store_files.h"

#include <fmt/format.h>

#include <array>
#include <system_error>

#include "adapters/sql/connection.h"

namespace onrush::sql {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
  std::error_code error;
  const bool made = fs::create_directories(directory, error);
  if (!error && made) fs::permissions(directory, fs::perms::owner_all, error);
  if (error) {
    throw SqlFailure(
        retryable(fmt::format("cannot make {}: {}", directory.string(), error.message())));
  }
}

void delete_database(const fs::path& file) {
  static constexpr std::array<const char*, 3> kEndings{"", "-wal", "-shm"};
  for (const char* ending : kEndings) {
    std::error_code error;
    const fs::path path = file.string() + ending;
    fs::remove(path, error);
    if (error) {
      throw SqlFailure(
          retryable(fmt::format("cannot delete {}: {}", path.string(), error.message())));
    }
  }
}

}  // namespace onrush::sql
