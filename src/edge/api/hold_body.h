// Reads the body of a hold request: a small, strict JSON reader for one shape, without allocation.
// The same rules as strict_json.h; it exists because this body is read hundreds of thousands of
// times a second.
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "sale/ids.h"

namespace onrush::api {

struct HoldBody {
  struct Line {
    std::string_view item;  // into the body
    std::uint16_t quantity = 1;
  };
  boost::container::static_vector<Line, sale::kLinesMax> lines;
  bool join_standby = true;
};

struct HoldBodyFault {
  bool malformed = false;  // no JSON at all (400), else readable but wrong (422)
  std::string detail;
};

// False: `fault` says why. Item keys with JSON escapes are refused: no item key has a character
// that needs one.
[[nodiscard]] bool read_hold_body(std::string_view text, HoldBody& body, HoldBodyFault& fault);

}  // namespace onrush::api
