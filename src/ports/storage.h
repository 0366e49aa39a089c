// Files of one data directory, as something that tests can make fail, tear and crash.
//
// Nothing is durable before File::sync (contents) or Storage::sync_directory (names) has returned.
// A failed write or sync leaves the file's contents unknown; the caller must not try again but stop
// and recover.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace onrush::ports {

// One open file. One writing thread at a time; reading beside it is allowed. Closed by the
// destructor.
class File {
 public:
  virtual ~File() = default;
  // All bytes, or an error (unknown_outcome: some may have been written).
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, Bytes data) = 0;
  // Exactly out.size() bytes. Errors: corrupt when the file ends before, retryable (I/O).
  [[nodiscard]] virtual Status read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
  // fdatasync. Error: unknown_outcome.
  [[nodiscard]] virtual Status sync() = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
};

// Held until destroyed, or until the process ends in whatever way.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

enum class Access : std::uint8_t { read, read_write };

// Thread-safe. Names are plain file names within the directory.
class Storage {
 public:
  virtual ~Storage() = default;
  // A new file (an old one of that name is replaced) of `size` zero bytes that occupy real space,
  // so that a later write cannot run out of it. Not synced. Errors: retryable (disk full; nothing
  // is left behind).
  [[nodiscard]] virtual Result<std::unique_ptr<File>> create(const std::string& name,
                                                             std::uint64_t size) = 0;
  // Errors: rejected (no such file), retryable (I/O).
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& name,
                                                           Access access) = 0;
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Status remove(const std::string& name) = 0;
  // fsync of the directory: makes create, rename and remove durable. Error: unknown_outcome.
  [[nodiscard]] virtual Status sync_directory() = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list() = 0;
  // Error: rejected when another process (or another lock of this one) has it.
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& name) = 0;
  // How to name a file in messages to operators.
  [[nodiscard]] virtual std::string describe(const std::string& name) const = 0;
};

}  // namespace onrush::ports
