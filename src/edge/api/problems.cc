#include "edge/api/problems.h"

#include <fmt/format.h>

#include "edge/live/json_writer.h"

namespace onrush::api {

http::Response to_response(const Problem& problem, std::string_view trace_id) {
  http::Response response;
  response.status = problem.kind.status;
  response.content_type = "application/problem+json";
  live::JsonWriter out(response.body);
  out.begin_object().key("type").text(
      fmt::format("https://onrush.dev/problems/{}", problem.kind.code));
  out.key("title").text(problem.kind.title).key("status").number(problem.kind.status);
  out.key("code").text(problem.kind.code);
  if (!problem.detail.empty()) out.key("detail").text(problem.detail);
  if (!trace_id.empty()) out.key("trace_id").text(trace_id);
  if (!problem.members.empty()) response.body.append(",").append(problem.members);
  out.end_object();
  if (problem.retry_after_seconds > 0) {
    response.headers = fmt::format("Retry-After: {}\r\n", problem.retry_after_seconds);
  }
  response.headers += problem.headers;
  if (problem.kind.status == 401) response.headers += "WWW-Authenticate: Bearer\r\n";
  return response;
}

}  // namespace onrush::api
