#include "edge/api/call.h"

#include "edge/api/station.h"

namespace onrush::api {
namespace {

constexpr std::string_view kNoSniff = "X-Content-Type-Options: nosniff\r\n";

bool has_header(std::string_view lines, std::string_view name) {
  return lines.starts_with(name) ||
         lines.find(std::string("\n").append(name)) != std::string_view::npos;
}

// True if one of the listed tags, or "*", is ours. Weak marks do not matter here.
bool etag_matches(std::string_view list, std::string_view etag) {
  return list == "*" || (!list.empty() && list.find(etag) != std::string_view::npos);
}

}  // namespace

Call::Call(Station& station, const http::Request& request, const Route* route,
           http::Responder responder)
    : station_(station),
      route_(route),
      method_(request.method),
      responder_(std::move(responder)),
      trace_(station.traces.begin(request.header(http::Header::traceparent))),
      cors_(station.cors_headers(request.header(http::Header::origin))),
      started_at_(std::chrono::steady_clock::now()) {}

Call::~Call() {
  if (!answered_) fail(problem::kInternal);
}

void Call::send(http::Response response) {
  if (answered_) return;
  if (!has_header(response.headers, "Cache-Control:"))
    response.headers += "Cache-Control: no-store\r\n";
  response.headers += kNoSniff;
  response.headers.append("traceparent: ")
      .append(trace_.traceparent())
      .append("\r\n")
      .append(cors_);
  answered_ = true;
  responder_.send(response);
  finish(response.status, code_);
}

void Call::fail(const Problem& problem) {
  code_ = problem.kind.code;
  send(to_response(problem, trace_.id()));
}

void Call::send_json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  send(std::move(response));
}

void Call::send_public(const http::Request& request, std::string body, std::string_view etag,
                       std::string_view cache_control, std::string_view content_type) {
  http::Response response;
  response.headers.append("ETag: ")
      .append(etag)
      .append("\r\nCache-Control: ")
      .append(cache_control)
      .append("\r\n");
  response.content_type = content_type;
  if (etag_matches(request.header(http::Header::if_none_match), etag)) {
    response.status = 304;
  } else {
    response.body = std::move(body);
  }
  send(std::move(response));
}

http::Responder Call::take_responder() {
  answered_ = true;
  return std::move(responder_);
}

void Call::finish(int status, std::string_view code) {
  const auto took = std::chrono::steady_clock::now() - started_at_;
  station_.counts->count(route_, status, took);
  if (!station_.context.log) return;
  station_.context.log({station_.listener, to_string(method_),
                        route_ == nullptr ? "none" : route_->path, status,
                        std::chrono::duration_cast<std::chrono::microseconds>(took), trace_.id(),
                        claims.subject.value(), code});
}

std::string actor_of(const Call& call) {
  const auto subject = call.claims.subject;
  return subject == accounts::kConsole ? "console" : "staff-" + std::to_string(subject.value());
}

}  // namespace onrush::api
