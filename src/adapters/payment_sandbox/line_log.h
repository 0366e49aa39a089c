// An append-only file of lines, safe against a kill at any moment. What is flushed has been handed
// to the kernel (survives the process); what is synced is on the disk (survives the machine).
// Threads that wait for a sync share it. After a failed write or sync nothing is accepted any more.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace onrush::payment_sandbox {

class LineLog {
 public:
  // Opens or creates `path`, gives each complete line to `read`, and cuts off an incomplete last
  // one. Errors: what `read` says (with the line's number), or rejected (cannot open, in use).
  static Result<std::unique_ptr<LineLog>> open(const std::string& path,
                                               const std::function<Status(std::string_view)>& read);
  ~LineLog();
  LineLog(const LineLog&) = delete;
  LineLog& operator=(const LineLog&) = delete;

  // Queues a line (without its newline); the position to wait for. Never blocks on the disk.
  std::uint64_t append(std::string_view line);
  // Waits until everything up to `position` is flushed or synced. Error: unknown_outcome.
  [[nodiscard]] Status flush(std::uint64_t position) { return settle(position, false); }
  [[nodiscard]] Status sync(std::uint64_t position) { return settle(position, true); }
  // Of everything appended so far.
  [[nodiscard]] Status sync_all();

 private:
  explicit LineLog(int fd) : fd_(fd) {}
  Status settle(std::uint64_t position, bool on_disk);
  bool write_out(std::string_view bytes, bool on_disk) const;

  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;  // appended, not yet flushed
  std::uint64_t appended_ = 0, flushed_ = 0, synced_ = 0;
  bool writing_ = false;  // one thread at a time writes, for all that wait
  bool failed_ = false;
};

}  // namespace onrush::payment_sandbox
