// Read buffers of one worker. A connection owns one only while bytes of a request are in it or
// expected soon; those of the usual size are kept for the next connection.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace onrush::http {

struct ReadBuffer {
  std::unique_ptr<char[]> data;
  std::size_t capacity = 0;
};

class BufferPool {
 public:
  static constexpr std::size_t kUsual = 4096;

  [[nodiscard]] ReadBuffer take(std::size_t at_least) {
    if (at_least > kUsual) return {std::unique_ptr<char[]>(new char[at_least]), at_least};
    if (free_.empty()) return {std::unique_ptr<char[]>(new char[kUsual]), kUsual};
    ReadBuffer buffer{std::move(free_.back()), kUsual};
    free_.pop_back();
    return buffer;
  }
  void give_back(ReadBuffer buffer) {
    if (buffer.capacity == kUsual && free_.size() < kKept) free_.push_back(std::move(buffer.data));
  }

 private:
  static constexpr std::size_t kKept = 1024;  // 4 MiB
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace onrush::http
