// Writes answers into a reused buffer.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace onrush::http {

// What the connection adds to an answer.
struct Framing {
  std::string_view date_line = {};  // "Date: …\r\n", or empty
  bool close = false;               // announce that the connection ends here
  bool head_only = false;           // the request was HEAD: the length is told, the body kept
};

void append_response(std::string& out, const Response& response, const Framing& framing);
// `prepared` comes from prepare(): the framing is put behind its status line.
void append_prepared(std::string& out, std::string_view prepared, const Framing& framing);

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", whatever the locale.
[[nodiscard]] std::string date_line(std::time_t now);

// A small problem document for refusals that no Service sees.
[[nodiscard]] Response refusal(int status);

}  // namespace onrush::http
