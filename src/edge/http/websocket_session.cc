#include "edge/http/websocket_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>

#include "edge/http/head_parser.h"
#include "edge/http/loop.h"

namespace onrush::http {
namespace {

// Beyond either, a receiver is too slow to be worth its memory.
constexpr std::size_t kQueuedFramesMax = 64;
constexpr std::size_t kQueuedBytesMax = 256 * 1024;
// The kernel's share of a slow receiver's queue: small, since what is in there can no longer be
// replaced by something newer. (The kernel doubles it.)
constexpr int kSendBuffer = 32 * 1024;

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x | 0x20) : x) == y;
         });
}

std::uint32_t ticks(std::chrono::milliseconds time) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(time / kTick, 1));
}

const SharedFrame& ping_frame() {
  static const SharedFrame frame =
      std::make_shared<const std::string>(encode_frame(Opcode::ping, {}));
  return frame;
}

}  // namespace

SharedFrame encode_text_frame(std::string_view json) {
  return std::make_shared<const std::string>(encode_frame(Opcode::text, json));
}

int check_upgrade(const Head& head) {
  if (!equals_ignoring_case(head.upgrade, "websocket") || !head.connection_upgrade) return 426;
  if (head.request.method != Method::get || !head.keep_alive || head.content_length != 0)
    return 400;
  if (head.websocket_version.empty() || !valid_key(head.websocket_key)) return 400;
  return head.websocket_version == "13" ? 0 : 426;
}

WebSocketSession::WebSocketSession(Loop& loop, Socket socket, WebSocketEvents& events)
    : Session(loop, std::move(socket)), events_(&events), heard_(loop.wheel().now()) {
  loop_.counters().websockets_open.add();
}

WebSocketSession::~WebSocketSession() = default;

void WebSocketSession::start(std::string_view key, std::string_view early) {
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  std::string& answer = loop_.write_scratch();
  answer.append("HTTP/1.1 101 Switching Protocols\r\n").append(loop_.date());
  answer.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
  answer.append(accept_key(key)).append("\r\n\r\n");
  bool failed = false;
  // On a connection that has answered everything before, so few bytes fit, or it is broken.
  if (transmit(answer.data(), answer.size(), failed) != answer.size()) return Session::close();
  loop_.wheel().set(*this, loop_.limits().websocket_ping);
  if (early.empty()) return wait_to_read();
  // Not now: the owner has not even got the socket yet.
  inbound().bytes.assign(early);
  started();
  asio::post(loop_.context(), [this] {
    if (!finished() || ended_) return;
    take_in({});
    if (!ended_) wait_to_read();
  });
}

void WebSocketSession::wait_to_read() {
  started();
  socket_.async_wait(asio::socket_base::wait_read, [this](error_code error) {
    if (!finished() || ended_) return;  // lingering reads for itself
    if (error) return Session::close();
    read_ready();
  });
}

void WebSocketSession::read_ready() {
  const auto scratch = loop_.read_scratch();
  const Received got = receive(scratch.data(), scratch.size());
  if (got.bytes > 0) {
    heard_ = loop_.wheel().now();
    take_in(scratch.first(got.bytes));
  }
  if (closed() || ended_) return;
  if (got.ended) return Session::close();
  wait_to_read();
}

void WebSocketSession::take_in(std::span<char> bytes) {
  if (inbound_ == nullptr || inbound_->bytes.empty()) {
    const std::size_t used = consume(bytes);
    if (used < bytes.size() && !ended_) {
      inbound().bytes.assign(bytes.data() + used, bytes.size() - used);
    }
  } else {
    // Taken out, since the owner may end this connection in the middle of it.
    std::string whole = std::move(inbound_->bytes);
    whole.append(bytes.data(), bytes.size());
    const std::size_t used = consume(whole);
    if (!ended_) inbound().bytes = whole.substr(used);
  }
  release_inbound();
}

std::size_t WebSocketSession::consume(std::span<char> bytes) {
  std::size_t used = 0;
  while (!ended_) {
    const FrameRead read = read_frame(bytes.subspan(used));
    if (read.outcome == FrameRead::Outcome::incomplete) break;
    if (read.outcome == FrameRead::Outcome::violation) {
      close(read.close_code, {});
      break;
    }
    used += read.size;
    on_frame(read.frame);
  }
  return used;
}

void WebSocketSession::on_frame(const Frame& frame) {
  switch (frame.opcode) {
    case Opcode::continuation:
    case Opcode::text:
      return on_data(frame);
    case Opcode::binary:
      return close(kCloseUnsupported, "text only");
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      return on_control(frame);
  }
}

void WebSocketSession::on_data(const Frame& frame) {
  const bool continues = frame.opcode == Opcode::continuation;
  const bool open = inbound_ != nullptr && inbound_->fragmented;
  if (continues != open) return close(kCloseProtocolError, "fragments out of order");
  const std::string_view payload(frame.payload.data(), frame.payload.size());
  if (frame.final && !continues) {
    Utf8Checker text;
    if (!text.feed(payload) || !text.complete()) return close(kCloseBadText, {});
    return deliver(payload);
  }
  Inbound& in = inbound();
  if (in.message.size() + payload.size() > kMessageMax) return close(kCloseTooBig, {});
  if (!in.text.feed(payload)) return close(kCloseBadText, {});
  in.message.append(payload);
  in.fragmented = true;
  if (!frame.final) return;
  if (!in.text.complete()) return close(kCloseBadText, {});
  const std::string message = std::exchange(in.message, {});
  in.fragmented = false;
  in.text.reset();
  deliver(message);
}

void WebSocketSession::deliver(std::string_view text) {
  try {
    events_->on_text(*this, text);
  } catch (const std::exception& error) {
    // One client's message must not end the worker for all others.
    loop_.counters().service_failures.add();
    loop_.service_failed(error.what());
    close(kCloseInternal, {});
  }
}

void WebSocketSession::on_control(const Frame& frame) {
  const std::string_view payload(frame.payload.data(), frame.payload.size());
  if (frame.opcode == Opcode::pong) return;
  if (frame.opcode == Opcode::ping) {
    send(std::make_shared<const std::string>(encode_frame(Opcode::pong, payload)), 0);
    return;
  }
  std::uint16_t code = 0;
  static_cast<void>(read_close(payload, code));
  // An empty close frame (1005) is answered by an empty one: that code may not be sent.
  end(std::make_shared<const std::string>(code == 1005 ? encode_frame(Opcode::close, {})
                                                       : encode_close(code, {})));
}

WebSocketSession::Inbound& WebSocketSession::inbound() {
  if (inbound_ == nullptr) inbound_ = std::make_unique<Inbound>();
  return *inbound_;
}

void WebSocketSession::release_inbound() {
  if (inbound_ != nullptr && inbound_->bytes.empty() && !inbound_->fragmented) inbound_.reset();
}

void WebSocketSession::send(SharedFrame frame, std::uint64_t topic) {
  if (ended_ || closed() || frame == nullptr) return;
  if (topic != 0 && replace_queued(frame, topic)) return;
  if (!enqueue(std::move(frame), topic)) return drop_slow();
  if (blocked_) return;
  // One person's answer goes out at once; a broadcast in turns, and what is overtaken is never
  // sent.
  if (topic == 0) return flush();
  if (flush_queued_) return;
  flush_queued_ = true;
  started();
  loop_.flush_soon(*this);
}

bool WebSocketSession::replace_queued(const SharedFrame& frame, std::uint64_t topic) {
  const auto put = [&](Pending& pending) {
    queued_bytes_ += static_cast<std::uint32_t>(frame->size());
    queued_bytes_ -= static_cast<std::uint32_t>(pending.frame->size());
    pending.frame = frame;
    return true;
  };
  if (first_.frame != nullptr && offset_ == 0 && first_.topic == topic) return put(first_);
  if (more_ == nullptr) return false;
  for (Pending& pending : *more_) {
    if (pending.topic == topic) return put(pending);
  }
  return false;
}

bool WebSocketSession::enqueue(SharedFrame frame, std::uint64_t topic) {
  queued_bytes_ += static_cast<std::uint32_t>(frame->size());
  if (first_.frame == nullptr) {
    first_ = {std::move(frame), topic};
    return true;
  }
  if (more_ == nullptr) more_ = std::make_unique<std::vector<Pending>>();
  if (more_->size() >= kQueuedFramesMax || queued_bytes_ > kQueuedBytesMax) return false;
  more_->push_back({std::move(frame), topic});
  return true;
}

void WebSocketSession::flush_turn() {
  flush_queued_ = false;
  if (!finished()) return;
  if (!blocked_) flush();
}

void WebSocketSession::flush() {
  while (first_.frame != nullptr) {
    const std::string& bytes = *first_.frame;
    bool failed = false;
    offset_ += static_cast<std::uint32_t>(
        transmit(bytes.data() + offset_, bytes.size() - offset_, failed));
    if (failed) return Session::close();
    if (offset_ < bytes.size()) return wait_to_write();
    queued_bytes_ -= static_cast<std::uint32_t>(bytes.size());
    offset_ = 0;
    first_ = {};
    if (more_ == nullptr) continue;
    first_ = std::move(more_->front());
    more_->erase(more_->begin());
    if (more_->empty()) more_.reset();
  }
  if (ended_) linger();
}

void WebSocketSession::wait_to_write() {
  if (!blocked_) {
    blocked_ = true;
    blocked_since_ = loop_.wheel().now();
    loop_.wheel().set(*this, loop_.limits().write_deadline);
  }
  started();
  socket_.async_wait(asio::socket_base::wait_write, [this](error_code error) {
    if (!finished()) return;
    if (error) return Session::close();
    blocked_ = false;
    flush();
  });
}

void WebSocketSession::drop_slow() {
  loop_.counters().dropped_slow.add();
  close(kCloseTryAgainLater, "too slow");
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  end(std::make_shared<const std::string>(encode_close(code, reason)));
}

void WebSocketSession::end(SharedFrame closing) {
  if (ended_ || closed()) return;
  if (!blocked_) flush();
  if (closed()) return;
  tell_owner();
  more_.reset();
  if (!blocked_) {
    first_ = {std::move(closing), 0};
    return flush();
  }
  // What a slow receiver has not got yet would only delay the end; a frame begun must be finished.
  if (offset_ == 0) {
    first_ = {std::move(closing), 0};
  } else {
    more_ = std::make_unique<std::vector<Pending>>(1, Pending{std::move(closing), 0});
  }
  loop_.wheel().set(*this, loop_.limits().write_deadline);
}

void WebSocketSession::tell_owner() {
  ended_ = true;
  started();
  loop_.settle_soon(*this);
}

void WebSocketSession::settle() {
  events_->on_close(*this);
  loop_.counters().websockets_open.subtract();
  static_cast<void>(finished());
}

void WebSocketSession::on_closed() {
  if (!ended_) tell_owner();
}

void WebSocketSession::drain() {
  close(kCloseGoingAway, "going away");
}

void WebSocketSession::on_deadline() {
  if (lingering() || ended_) return Session::close();
  const ServerLimits& limits = loop_.limits();
  const std::uint32_t now = loop_.wheel().now();
  if (blocked_ && now - blocked_since_ >= ticks(limits.write_deadline)) {
    loop_.counters().dropped_slow.add();
    return Session::close();
  }
  const std::uint32_t silent = now - heard_;
  if (silent >= ticks(limits.websocket_silence)) {
    loop_.counters().timeouts.add();
    return Session::close();
  }
  std::uint32_t next = ticks(limits.websocket_ping);
  if (silent >= next) {
    send(ping_frame(), 0);
    if (ended_ || closed()) return;
    next = std::min(next, ticks(limits.websocket_silence) - silent);
  } else {
    next -= silent;
  }
  if (blocked_) next = std::min(next, ticks(limits.write_deadline));
  loop_.wheel().set(*this, next * kTick);
}

}  // namespace onrush::http
