#include "adapters/journal_file/posix_storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace onrush::adapters {
namespace {

std::string because(const std::string& what, const std::string& path, int error) {
  return what + " " + path + ": " + std::generic_category().message(error);
}

class PosixFile final : public ports::File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Status write_at(std::uint64_t offset, Bytes data) override {
    while (!data.empty()) {
      const ssize_t n = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return unknown_outcome(because("cannot write", path_, errno));
      data = data.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return retryable(because("cannot read", path_, errno));
      if (n == 0) return corrupt(path_ + " ends at byte " + std::to_string(offset));
      out = out.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status sync() override {
    // Never repeated, not even after EINTR: after a failure the kernel may have forgotten the dirty
    // pages.
    if (::fdatasync(fd_) != 0) return unknown_outcome(because("cannot sync", path_, errno));
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return retryable(because("cannot inspect", path_, errno));
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  int fd_;
  std::string path_;
};

class FlockLock final : public ports::DirectoryLock {
 public:
  explicit FlockLock(int fd) : fd_(fd) {}
  ~FlockLock() override { ::close(fd_); }
  FlockLock(const FlockLock&) = delete;
  FlockLock& operator=(const FlockLock&) = delete;

 private:
  int fd_;
};

// Writing the zeros, beyond allocating the blocks, halves the cost of each later fdatasync: the
// blocks are then no longer marked as unwritten in the file system's own journal.
Status fill_with_zeros(ports::File& file, std::uint64_t size) {
  static constexpr std::array<std::byte, 256 * 1024> kZeros{};
  for (std::uint64_t at = 0; at < size; at += kZeros.size()) {
    const auto part = std::min<std::uint64_t>(kZeros.size(), size - at);
    if (Status s = file.write_at(at, Bytes(kZeros).first(part)); !s) return s;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<PosixStorage>> PosixStorage::open_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return rejected(because("cannot make the data directory", path, errno));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return rejected(because("cannot open the data directory", path, errno));
  return std::unique_ptr<PosixStorage>(new PosixStorage(path, fd));
}

PosixStorage::~PosixStorage() {
  ::close(fd_);
}

Result<std::unique_ptr<ports::File>> PosixStorage::create(const std::string& name,
                                                          std::uint64_t size) {
  const int fd = ::openat(fd_, name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return retryable(because("cannot create", describe(name), errno));
  auto file = std::make_unique<PosixFile>(fd, describe(name));
  int error = size == 0 ? 0 : ::posix_fallocate(fd, 0, static_cast<off_t>(size));
  std::string message =
      error == 0 ? "" : because("cannot reserve space for", describe(name), error);
  if (message.empty()) {
    if (const Status filled = fill_with_zeros(*file, size); !filled)
      message = filled.error().message;
  }
  if (!message.empty()) {
    ::unlinkat(fd_, name.c_str(), 0);
    return retryable(std::move(message));
  }
  return std::unique_ptr<ports::File>(std::move(file));
}

Result<std::unique_ptr<ports::File>> PosixStorage::open(const std::string& name,
                                                        ports::Access access) {
  const int mode = access == ports::Access::read ? O_RDONLY : O_RDWR;
  const int fd = ::openat(fd_, name.c_str(), mode | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return rejected(because("cannot open", describe(name), errno));
  if (fd < 0) return retryable(because("cannot open", describe(name), errno));
  return std::unique_ptr<ports::File>(std::make_unique<PosixFile>(fd, describe(name)));
}

Status PosixStorage::rename(const std::string& from, const std::string& to) {
  if (::renameat(fd_, from.c_str(), fd_, to.c_str()) != 0) {
    return unknown_outcome(because("cannot rename", describe(from), errno));
  }
  return {};
}

Status PosixStorage::remove(const std::string& name) {
  if (::unlinkat(fd_, name.c_str(), 0) != 0 && errno != ENOENT) {
    return retryable(because("cannot remove", describe(name), errno));
  }
  return {};
}

Status PosixStorage::sync_directory() {
  if (::fsync(fd_) != 0) return unknown_outcome(because("cannot sync the directory", path_, errno));
  return {};
}

Result<std::vector<std::string>> PosixStorage::list() {
  DIR* dir = ::opendir(path_.c_str());
  if (dir == nullptr) return retryable(because("cannot list", path_, errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir)) {
    if (std::string name = entry->d_name; name != "." && name != "..")
      names.push_back(std::move(name));
  }
  ::closedir(dir);
  return names;
}

Result<std::unique_ptr<ports::DirectoryLock>> PosixStorage::lock(const std::string& name) {
  const int fd = ::openat(fd_, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return rejected(because("cannot open", describe(name), errno));
  auto lock = std::make_unique<FlockLock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return rejected("the data directory " + path_ + " is in use by another process");
    }
    return rejected(because("cannot lock", describe(name), errno));
  }
  return std::unique_ptr<ports::DirectoryLock>(std::move(lock));
}

std::string PosixStorage::describe(const std::string& name) const {
  return path_ + "/" + name;
}

}  // namespace onrush::adapters
