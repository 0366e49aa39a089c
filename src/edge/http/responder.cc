#include <utility>

#include "edge/http/http_session.h"
#include "edge/http/loop.h"
#include "edge/http/server.h"

namespace onrush::http {
namespace {

HttpSession* session_of(const Loop& loop, std::uint32_t slot, std::uint32_t generation) {
  Session* session = loop.find(slot, generation);
  return session == nullptr ? nullptr : session->as_http();
}

// Every Worker is a Loop: nothing else hands out responders.
Loop& loop_of(Worker* worker) {
  return *static_cast<Loop*>(worker);
}

}  // namespace

Responder::Responder(Worker* worker, std::uint32_t slot, std::uint32_t generation)
    : worker_(worker), slot_(slot), generation_(generation) {}

Responder::Responder(Responder&& other) noexcept
    : worker_(std::exchange(other.worker_, nullptr)),
      slot_(other.slot_),
      generation_(other.generation_) {}

Responder& Responder::operator=(Responder&& other) noexcept {
  Responder taken(std::move(other));
  std::swap(worker_, taken.worker_);
  std::swap(slot_, taken.slot_);
  std::swap(generation_, taken.generation_);
  return *this;  // what this held before is dropped unanswered, by `taken`
}

Responder::~Responder() {
  if (worker_ == nullptr) return;
  Response response;
  response.status = 500;
  response.content_type = "application/problem+json";
  response.headers = "Cache-Control: no-store\r\n";
  response.body =
      R"({"type":"https://onrush.dev/problems/internal","title":"Internal Server Error",)"
      R"("status":500,"code":"internal"})";
  send(response);
}

void Responder::send(const Response& response) {
  if (worker_ == nullptr) return;
  Loop& loop = loop_of(worker_);
  if (!loop.on_own_thread()) return send_prepared(prepare(response));
  worker_ = nullptr;
  if (HttpSession* session = session_of(loop, slot_, generation_)) session->answer(response);
}

void Responder::send_prepared(std::string_view bytes) {
  if (worker_ == nullptr) return;
  Loop& loop = loop_of(std::exchange(worker_, nullptr));
  if (loop.on_own_thread()) {
    if (HttpSession* session = session_of(loop, slot_, generation_))
      session->answer_prepared(bytes);
    return;
  }
  loop.post([&loop, slot = slot_, generation = generation_, copy = std::string(bytes)] {
    if (HttpSession* session = session_of(loop, slot, generation)) session->answer_prepared(copy);
  });
}

bool Responder::has_gone() const {
  if (worker_ == nullptr) return true;
  HttpSession* session = session_of(loop_of(worker_), slot_, generation_);
  return session == nullptr || session->peer_has_left();
}

WebSocket* Responder::upgrade(const Request&, WebSocketEvents& events) {
  if (worker_ == nullptr) return nullptr;
  Loop& loop = loop_of(std::exchange(worker_, nullptr));
  HttpSession* session = session_of(loop, slot_, generation_);
  return session == nullptr ? nullptr : session->upgrade(events);
}

}  // namespace onrush::http
