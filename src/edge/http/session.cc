#include "edge/http/session.h"

#include <sys/socket.h>

#include <cerrno>

#include "edge/http/loop.h"

namespace onrush::http {
namespace {

constexpr std::chrono::milliseconds kLinger{2'000};
constexpr std::uint32_t kDiscardedMax = 1 << 20;

}  // namespace

void Session::close() {
  if (closed_) return;
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  TimerWheel::clear(*this);
  on_closed();
  loop_.retire(*this);
}

Session::Received Session::receive(char* to, std::size_t room) {
  for (;;) {
    const auto n = ::recv(socket_.native_handle(), to, room, MSG_DONTWAIT);
    if (n > 0) return {static_cast<std::size_t>(n), false};
    if (n == 0) return {0, true};
    if (errno == EINTR) continue;
    return {0, errno != EAGAIN && errno != EWOULDBLOCK};
  }
}

std::size_t Session::transmit(const char* from, std::size_t size, bool& failed) {
  std::size_t sent = 0;
  failed = false;
  while (sent < size) {
    const auto n =
        ::send(socket_.native_handle(), from + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      failed = errno != EAGAIN && errno != EWOULDBLOCK;
      break;
    }
  }
  return sent;
}

void Session::linger() {
  if (closed_ || lingering_) return;
  lingering_ = true;
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  loop_.wheel().set(*this, kLinger);
  wait_and_discard();
}

void Session::wait_and_discard() {
  started();
  socket_.async_wait(asio::socket_base::wait_read, [this](error_code error) {
    if (!finished()) return;
    const auto scratch = loop_.read_scratch();
    const Received got = error ? Received{0, true} : receive(scratch.data(), scratch.size());
    discarded_ += static_cast<std::uint32_t>(got.bytes);
    if (got.ended || discarded_ > kDiscardedMax) return close();
    wait_and_discard();
  });
}

}  // namespace onrush::http
