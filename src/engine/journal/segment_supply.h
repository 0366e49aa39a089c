// Makes the next segment's file ahead of need, on a thread of its own, so that the writer never
// waits for a disk to be filled with zeros.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ports/storage.h"

namespace onrush::journal {

class SegmentSupply {
 public:
  // The name under which the prepared file waits.
  static constexpr const char* kName = "next-segment.tmp";

  // A failed preparation (disk full) is tried again every `retry`.
  SegmentSupply(ports::Storage& storage, std::uint64_t segment_bytes,
                std::chrono::milliseconds retry);
  ~SegmentSupply();
  SegmentSupply(const SegmentSupply&) = delete;
  SegmentSupply& operator=(const SegmentSupply&) = delete;

  // The prepared file, zero-filled and synced, under kName; the caller renames it, then calls
  // prepare_next(). Null if there is none within `wait`.
  [[nodiscard]] std::unique_ptr<ports::File> take(std::chrono::milliseconds wait);
  void prepare_next();
  [[nodiscard]] bool ready() const noexcept { return ready_.load(std::memory_order_acquire); }
  // The last preparation failed; another is tried from time to time.
  [[nodiscard]] bool failing() const noexcept { return failing_.load(std::memory_order_acquire); }
  // Why; "" if it did not.
  [[nodiscard]] std::string problem() const;

 private:
  void run();
  Result<std::unique_ptr<ports::File>> prepare();

  ports::Storage& storage_;
  const std::uint64_t segment_bytes_;
  const std::chrono::milliseconds retry_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> failing_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<ports::File> prepared_;
  std::string problem_;
  bool wanted_ = true;
  bool stopping_ = false;
  std::thread thread_;  // last: started when all else is there
};

}  // namespace onrush::journal
