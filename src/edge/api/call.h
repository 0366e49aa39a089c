// One request on its way to its answer: who asks, in which trace, and the duty to answer exactly
// once.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "accounts/tokens.h"
#include "edge/api/problems.h"
#include "edge/api/routes.h"
#include "edge/api/trace.h"
#include "edge/http/server.h"

namespace onrush::api {

class Station;

class Call {
 public:
  Call(Station& station, const http::Request& request, const Route* route,
       http::Responder responder);
  ~Call();  // never answered: 500, so that no client hangs
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Adds what every answer carries (trace, cache, security and CORS headers), counts and logs it.
  void send(http::Response response);
  void fail(const Problem& problem);
  void fail(const ProblemKind& kind, std::string detail = {}) {
    fail(Problem{kind, std::move(detail)});
  }
  void send_json(int status, std::string body);
  // A public document: ETag, 304, and how long caches may keep it.
  void send_public(const http::Request& request, std::string body, std::string_view etag,
                   std::string_view cache_control,
                   std::string_view content_type = "application/json");

  // For WebSockets: the connection leaves HTTP.
  [[nodiscard]] http::Responder take_responder();

  [[nodiscard]] Station& station() const { return station_; }
  [[nodiscard]] const Route* route() const { return route_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }

  accounts::Claims claims;  // of the verified token; empty on open routes

 private:
  void finish(int status, std::string_view code);

  Station& station_;
  const Route* route_;
  http::Method method_;
  http::Responder responder_;
  Trace trace_;
  std::string cors_;  // header lines
  std::chrono::steady_clock::time_point started_at_;
  std::string_view code_;
  bool answered_ = false;
};

// Who acts, as the journal names him: by account, because a journal is for ever and an e-mail
// address must be erasable. "console" for the command line, which has no account.
[[nodiscard]] std::string actor_of(const Call& call);

}  // namespace onrush::api
