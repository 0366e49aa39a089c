#include "edge/http/message.h"

#include "edge/http/response_writer.h"

namespace onrush::http {

std::string prepare(const Response& response) {
  std::string out;
  append_response(out, response, {});
  return out;
}

}  // namespace onrush::http
