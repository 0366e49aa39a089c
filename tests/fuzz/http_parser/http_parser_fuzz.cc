// Feeds arbitrary bytes to the request head reader, whole and in pieces, and to the WebSocket frame
// reader.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/invariant.h"
#include "edge/http/head_parser.h"
#include "edge/http/websocket_frame.h"

using namespace onrush::http;

namespace {

void check_head(std::string_view bytes, std::size_t step) {
  HeadScanner whole;
  const auto expected = whole.scan(bytes);
  HeadScanner pieces;
  auto got = HeadScanner::Outcome::incomplete;
  for (std::size_t end = 0; got == HeadScanner::Outcome::incomplete && end < bytes.size();) {
    end = std::min(bytes.size(), end + step);
    got = pieces.scan(bytes.substr(0, end));
  }
  INVARIANT(got == expected, "where a head is cut must not matter");
  if (expected != HeadScanner::Outcome::complete) return;
  INVARIANT(whole.head_size() == pieces.head_size(), "where a head is cut must not matter");
  Head head;
  if (parse_head(bytes.substr(0, whole.head_size()), head) != 0) return;
  const std::string_view target = head.request.target;
  INVARIANT(target == "*" || target.front() == '/', "only origin-form targets are accepted");
}

void check_frames(std::vector<char> bytes) {
  std::span<char> rest(bytes);
  for (;;) {
    const FrameRead read = read_frame(rest);
    if (read.outcome != FrameRead::Outcome::frame) return;
    INVARIANT(read.size <= rest.size() && read.size > 0, "a frame lies within its bytes");
    rest = rest.subspan(read.size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_head(bytes, size == 0 ? 1 : 1 + data[0] % 16);
  check_frames({bytes.begin(), bytes.end()});
  return 0;
}
