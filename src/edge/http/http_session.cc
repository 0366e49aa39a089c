#include "edge/http/http_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "edge/http/loop.h"
#include "edge/http/websocket_session.h"

namespace onrush::http {
namespace {

// How long a quiet connection keeps its read buffer.
constexpr std::chrono::milliseconds kHot{1'000};

}  // namespace

HttpSession::HttpSession(Loop& loop, Socket socket, const std::array<std::uint8_t, 16>& remote)
    : Session(loop, std::move(socket)), remote_(remote) {}

HttpSession::~HttpSession() {
  loop_.buffers().give_back(std::move(buffer_));
}

void HttpSession::start() {
  loop_.wheel().set(*this, loop_.limits().header_deadline);
  park();
}

void HttpSession::park() {
  state_ = State::parked;
  loop_.buffers().give_back(std::exchange(buffer_, {}));
  begin_ = end_ = 0;
  started();
  socket_.async_wait(asio::socket_base::wait_read, [this](error_code error) {
    if (!finished()) return;
    if (error) return close();
    buffer_ = loop_.buffers().take(BufferPool::kUsual);
    const Received got = receive(buffer_.data.get(), buffer_.capacity);
    if (got.ended) return close();
    if (got.bytes == 0) return park();
    on_bytes(got.bytes);
  });
}

void HttpSession::start_read() {
  started();
  const auto room = asio::buffer(buffer_.data.get() + end_, buffer_.capacity - end_);
  socket_.async_receive(room, [this](error_code error, std::size_t n) {
    if (!finished()) return;
    if (error == asio::error::operation_aborted) return park();
    if (error) return close();
    on_bytes(n);
  });
}

void HttpSession::on_bytes(std::size_t n) {
  // A read may have been under way when a deadline made us refuse.
  if (state_ != State::parked && state_ != State::reading) return;
  end_ += static_cast<std::uint32_t>(n);
  state_ = State::reading;
  process();
}

void HttpSession::process() {
  processing_ = true;
  while (next_request()) {
  }
  processing_ = false;
}

// Handles one buffered request. False if none is complete, or an answer is still to come or to be
// sent.
bool HttpSession::next_request() {
  if (state_ != State::reading || closed()) return false;
  if (total_ == 0) {
    // Some clients send an empty line after a body; RFC 9112 §2.2 asks to overlook it.
    while (unread().starts_with("\r\n")) {
      begin_ += 2;
      scanner_.reset();
    }
    if (begin_ == end_) {
      expect_next();
      return false;
    }
    const auto outcome = scanner_.scan(unread());
    if (outcome == HeadScanner::Outcome::malformed) return refuse(400), false;
    if (outcome == HeadScanner::Outcome::incomplete) return await_head(), false;
    if (scanner_.head_size() > loop_.limits().header_bytes_max) return refuse(431), false;
  } else if (unread().size() < total_) {
    return await_body(false), false;
  }

  Head head;
  const std::string_view head_bytes = unread().substr(0, scanner_.head_size());
  if (const int status = parse_head(head_bytes, head); status != 0) return refuse(status), false;
  if (head.content_length > loop_.limits().body_bytes_max) return refuse(413), false;
  const auto total = static_cast<std::uint32_t>(head_bytes.size() + head.content_length);
  if (unread().size() < total) {
    total_ = total;
    waiting_ = Waiting::body;
    loop_.wheel().set(*this, loop_.limits().body_deadline);
    return await_body(head.expects_continue), false;
  }
  head.request.body = unread().substr(head_bytes.size(), head.content_length);
  begin_ += total;
  total_ = 0;
  scanner_.reset();
  dispatch(head);
  return true;
}

void HttpSession::await_head() {
  const unsigned char first = static_cast<unsigned char>(unread().front());
  // A TLS greeting or other noise never comes to an end of line that would show it.
  if (first != '\r' && (first <= 0x20 || first >= 0x7f)) return refuse(400);
  if (unread().size() >= loop_.limits().header_bytes_max) return refuse(431);
  if (waiting_ != Waiting::head) {
    waiting_ = Waiting::head;
    loop_.wheel().set(*this, loop_.limits().header_deadline);
  }
  if (end_ == buffer_.capacity) {
    make_room(begin_ > 0 ? unread().size() + 1 : loop_.limits().header_bytes_max + 1);
  }
  start_read();
}

void HttpSession::await_body(bool expects_continue) {
  if (expects_continue) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    bool failed = false;
    if (transmit(kContinue.data(), kContinue.size(), failed) != kContinue.size()) return close();
  }
  make_room(total_);
  start_read();
}

// So that a request of `total` bytes, of which some have been read, fits behind begin_.
void HttpSession::make_room(std::size_t total) {
  if (begin_ + total <= buffer_.capacity) return;
  const std::size_t size = unread().size();
  if (total <= buffer_.capacity) {
    std::memmove(buffer_.data.get(), unread().data(), size);
  } else {
    ReadBuffer larger = loop_.buffers().take(total);
    std::memcpy(larger.data.get(), unread().data(), size);
    loop_.buffers().give_back(std::exchange(buffer_, std::move(larger)));
  }
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(size);
}

void HttpSession::expect_next() {
  begin_ = end_ = 0;
  if (waiting_ == Waiting::first_byte || waiting_ == Waiting::head) {
    // Only empty lines so far: the deadline of the head goes on.
  } else if (loop_.draining()) {
    return close();
  }
  if (buffer_.capacity > BufferPool::kUsual) {
    loop_.buffers().give_back(std::exchange(buffer_, loop_.buffers().take(BufferPool::kUsual)));
  }
  start_read();
}

void HttpSession::dispatch(Head& head) {
  loop_.counters().requests.add();
  state_ = State::handling;
  waiting_ = Waiting::next_request;
  keep_alive_ = head.keep_alive;
  head_only_ = head.request.method == Method::head;
  TimerWheel::clear(*this);
  head.request.remote = remote_;
  upgradable_ = &head;
  try {
    loop_.service().handle(head.request, Responder(&loop_, slot(), loop_.generation(slot())));
  } catch (const std::exception& error) {
    // The responder has answered 500 while it was unwound.
    loop_.counters().service_failures.add();
    loop_.service_failed(error.what());
  }
  upgradable_ = nullptr;
}

Framing HttpSession::framing() const {
  return {loop_.date(), !keep_alive_ || loop_.draining(), head_only_};
}

void HttpSession::answer(const Response& response) {
  if (state_ != State::handling) return;
  std::string& out = loop_.write_scratch();
  append_response(out, response, framing());
  send(out);
}

void HttpSession::answer_prepared(std::string_view bytes) {
  if (state_ != State::handling) return;
  std::string& out = loop_.write_scratch();
  append_prepared(out, bytes, framing());
  send(out);
}

void HttpSession::refuse(int status) {
  if (status == 408) {
    loop_.counters().timeouts.add();
  } else if (status != 503) {
    loop_.counters().bad_requests.add();
  }
  keep_alive_ = false;
  head_only_ = false;
  refused_ = true;
  std::string& out = loop_.write_scratch();
  append_response(out, refusal(status), framing());
  send(out);
}

void HttpSession::send(std::string_view bytes) {
  const bool close_after = !keep_alive_ || loop_.draining();
  bool failed = false;
  const std::size_t sent = transmit(bytes.data(), bytes.size(), failed);
  if (failed) return close();
  keep_alive_ = !close_after;
  if (sent == bytes.size()) return answered();
  state_ = State::writing;
  unsent_.assign(bytes.substr(sent));
  sent_ = 0;
  const ServerLimits& limits = loop_.limits();
  loop_.wheel().set(*this,
                    limits.write_deadline +
                        std::chrono::seconds(unsent_.size() / limits.write_bytes_per_second_min));
  wait_to_write();
}

void HttpSession::wait_to_write() {
  started();
  socket_.async_wait(asio::socket_base::wait_write, [this](error_code error) {
    if (!finished()) return;
    if (error) return close();
    bool failed = false;
    sent_ += static_cast<std::uint32_t>(
        transmit(unsent_.data() + sent_, unsent_.size() - sent_, failed));
    if (failed) return close();
    if (sent_ < unsent_.size()) return wait_to_write();
    unsent_ = std::string();
    answered();
  });
}

void HttpSession::answered() {
  if (!keep_alive_) {
    state_ = State::ending;
    // With nothing unread there is nothing that could reset the connection under our answer.
    if (!refused_ && begin_ == end_) return close();
    return linger();
  }
  state_ = State::reading;
  waiting_ = Waiting::next_request;
  loop_.wheel().set(*this, std::min(kHot, loop_.limits().idle_deadline));
  if (!processing_) process();
}

void HttpSession::on_deadline() {
  if (lingering()) return close();
  switch (state_) {
    case State::parked:
      return close();
    case State::writing:
      loop_.counters().timeouts.add();
      return close();
    case State::reading:
      return timed_out();
    case State::handling:
    case State::ending:
      return;
  }
}

void HttpSession::timed_out() {
  if (waiting_ == Waiting::first_byte || waiting_ == Waiting::idle) return close();
  if (waiting_ != Waiting::next_request) return refuse(408);
  waiting_ = Waiting::idle;
  // Quiet, not late: give the buffer back by ending the read, whose handler parks.
  loop_.wheel().set(*this,
                    loop_.limits().idle_deadline - std::min(kHot, loop_.limits().idle_deadline));
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpSession::drain() {
  if (state_ != State::parked && (state_ != State::reading || begin_ != end_)) return;
  // A request that has arrived but not been read yet is served, and the connection closed behind
  // it.
  char next = 0;
  if (::recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) != 1) close();
}

WebSocket* HttpSession::upgrade(WebSocketEvents& events) {
  if (state_ != State::handling || upgradable_ == nullptr) return nullptr;
  const Head& head = *upgradable_;
  if (const int status = check_upgrade(head); status != 0) {
    answer(refusal(status));
    return nullptr;
  }
  auto next = std::make_unique<WebSocketSession>(loop_, std::move(socket_), events);
  WebSocketSession* socket = next.get();
  state_ = State::ending;
  loop_.replace(*this, std::move(next));
  socket->start(head.websocket_key, unread());
  return socket;
}

bool HttpSession::peer_has_left() {
  if (closed()) return true;
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace onrush::http
