#include "adapters/payment_sandbox/line_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace onrush::payment_sandbox {
namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

Result<std::string> read_all(int fd) {
  std::string all;
  std::array<char, 65'536> part;
  for (;;) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return rejected("payment file: " + reason());
    if (got == 0) return all;
    all.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::unique_ptr<LineLog>> LineLog::open(
    const std::string& path, const std::function<Status(std::string_view)>& read) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return rejected("payment file " + path + ": " + reason());
  std::unique_ptr<LineLog> log(new LineLog(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return rejected("payment file " + path + " is in use by another process");
  }
  const auto all = read_all(fd);
  if (!all) return all.error();

  std::size_t begin = 0;
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = all->find('\n', begin);
    if (end == std::string::npos) break;
    const Status taken = read(std::string_view(*all).substr(begin, end - begin));
    if (!taken) {
      Error error = taken.error();
      error.message = path + ", line " + std::to_string(number) + ": " + error.message;
      return error;
    }
    begin = end + 1;
  }
  if (begin < all->size() && ::ftruncate(fd, static_cast<off_t>(begin)) != 0) {
    return rejected("payment file " + path + ": " + reason());
  }
  return log;
}

LineLog::~LineLog() {
  (void)settle(appended_, true);
  ::close(fd_);
}

std::uint64_t LineLog::append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  waiting_.append(line);
  waiting_ += '\n';
  return ++appended_;
}

Status LineLog::sync_all() {
  std::uint64_t position = 0;
  {
    const std::lock_guard lock(mutex_);
    position = appended_;
  }
  return settle(position, true);
}

bool LineLog::write_out(std::string_view bytes, bool on_disk) const {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return !on_disk || ::fdatasync(fd_) == 0;
}

Status LineLog::settle(std::uint64_t position, bool on_disk) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (failed_) return unknown_outcome("the payment file cannot be written");
    if ((on_disk ? synced_ : flushed_) >= position) return {};
    if (writing_) {
      changed_.wait(lock);
      continue;
    }
    writing_ = true;
    const std::uint64_t upto = appended_;
    std::string bytes;
    bytes.swap(waiting_);
    lock.unlock();
    const bool good = write_out(bytes, on_disk);
    lock.lock();
    writing_ = false;
    failed_ = !good;
    if (good) flushed_ = upto;
    if (good && on_disk) synced_ = upto;
    changed_.notify_all();
  }
}

}  // namespace onrush::payment_sandbox
