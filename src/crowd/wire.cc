#include "crowd/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "crowd/frames.h"

namespace onrush::crowd {
namespace {

constexpr std::size_t kReadBuffer = 256 * 1024;
constexpr std::uint32_t kAnswerMask = 0x5a17c0de;

void set_option(int fd, int level, int option) {
  const int on = 1;
  // A missing option costs speed, not correctness.
  (void)::setsockopt(fd, level, option, &on, sizeof on);
}

}  // namespace

std::int64_t monotonic_us() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

Result<sockaddr_in> parse_address(std::string_view host_port) {
  const std::size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos)
    return invalid("address without a port: " + std::string(host_port));
  std::string host{host_port.substr(0, colon)};
  const std::string_view port_text = host_port.substr(colon + 1);
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() || port == 0 ||
      ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return invalid("not an IPv4 address with a port: " + std::string(host_port));
  }
  address.sin_port = htons(port);
  return address;
}

bool is_loopback(const sockaddr_in& address) {
  return ntohl(address.sin_addr.s_addr) >> 24 == 127;
}

Result<Wire> Wire::create(WireEvents& events, WireLimits limits) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return retryable("cannot open an epoll");
  return Wire{events, limits, epoll};
}

Wire::Wire(WireEvents& events, WireLimits limits, int epoll)
    : events_(events), limits_(limits), epoll_(epoll), buffer_(kReadBuffer) {}

Wire::Wire(Wire&& other) noexcept
    : events_(other.events_),
      limits_(other.limits_),
      epoll_(std::exchange(other.epoll_, -1)),
      endpoints_(std::move(other.endpoints_)),
      connections_(std::move(other.connections_)),
      free_slots_(std::move(other.free_slots_)),
      deadlines_(std::move(other.deadlines_)),
      failed_(std::move(other.failed_)),
      buffer_(std::move(other.buffer_)),
      in_flight_(other.in_flight_),
      next_source_(other.next_source_),
      counts_(other.counts_) {
  other.connections_.clear();
}

Wire::~Wire() {
  for (Connection& c : connections_) {
    if (c.fd >= 0) ::close(c.fd);
  }
  if (epoll_ >= 0) ::close(epoll_);
}

EndpointNo Wire::endpoint(const sockaddr_in& address) {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const sockaddr_in& known = endpoints_[i].address;
    if (known.sin_addr.s_addr == address.sin_addr.s_addr && known.sin_port == address.sin_port) {
      return static_cast<EndpointNo>(i);
    }
  }
  endpoints_.emplace_back().address = address;
  return static_cast<EndpointNo>(endpoints_.size() - 1);
}

std::uint32_t Wire::take_slot() {
  if (free_slots_.empty()) {
    connections_.emplace_back();
    return static_cast<std::uint32_t>(connections_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

bool Wire::open(EndpointNo endpoint, std::uint32_t& slot, bool socket) {
  const sockaddr_in& to = endpoints_[endpoint].address;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  if (limits_.source_addresses > 1 && is_loopback(to)) {
    // Without this the kernel would give the port away at bind(), and run out of them sooner.
    set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f000001U + next_source_++ % limits_.source_addresses);
    (void)::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    ::close(fd);
    return false;
  }
  slot = take_slot();
  Connection& c = connections_[slot];
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.u64 = static_cast<std::uint64_t>(c.life) << 32 | slot;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &interest) != 0) {
    ::close(fd);
    free_slots_.push_back(slot);
    return false;
  }
  c.fd = fd;
  c.state = State::connecting;
  c.endpoint = endpoint;
  c.wants_socket = socket;
  c.has_request = false;
  c.reused = false;
  if (!socket) ++endpoints_[endpoint].open;
  ++counts_.connections;
  deadlines_.push_back({monotonic_us() + limits_.timeout.count() * 1000, slot, c.life, c.turn});
  return true;
}

void Wire::open_for(EndpointNo endpoint, std::uint64_t tag) {
  std::uint32_t slot = 0;
  if (!open(endpoint, slot, false)) {
    failed_.push_back({tag, Failure::connect, false});
    return;
  }
  connections_[slot].has_request = true;
  connections_[slot].tag = tag;
}

void Wire::request(EndpointNo endpoint, std::uint64_t tag) {
  ++in_flight_;
  Endpoint& e = endpoints_[endpoint];
  while (!e.idle.empty()) {
    const std::uint32_t slot = e.idle.front();
    e.idle.pop_front();
    Connection& c = connections_[slot];
    c.in_idle = false;
    if (c.state != State::idle) {
      // Closed while it was in the queue; only now may the slot be used again.
      free_slots_.push_back(slot);
      continue;
    }
    c.reused = true;
    return start(slot, tag);
  }
  if (e.open < limits_.connections) return open_for(endpoint, tag);
  e.waiting.push_back({tag, monotonic_us()});
}

void Wire::open_socket(EndpointNo endpoint, std::uint64_t tag) {
  ++in_flight_;
  std::uint32_t slot = 0;
  if (!open(endpoint, slot, true)) {
    failed_.push_back({tag, Failure::connect, false});
    return;
  }
  connections_[slot].has_request = true;
  connections_[slot].tag = tag;
}

void Wire::warm(EndpointNo endpoint, std::uint32_t count) {
  const std::uint32_t wanted = std::min(count, limits_.connections);
  std::uint32_t slot = 0;
  while (endpoints_[endpoint].open < wanted && open(endpoint, slot, false)) {
  }
}

void Wire::start(std::uint32_t slot, std::uint64_t tag) {
  Connection& c = connections_[slot];
  c.tag = tag;
  c.has_request = true;
  c.state = c.wants_socket ? State::upgrading : State::busy;
  ++c.turn;
  c.out.clear();
  c.sent = 0;
  c.in.clear();
  events_.write_request(tag, c.out);
  deadlines_.push_back({monotonic_us() + limits_.timeout.count() * 1000, slot, c.life, c.turn});
  write_out(slot);
}

void Wire::write_out(std::uint32_t slot) {
  Connection& c = connections_[slot];
  while (c.sent < c.out.size()) {
    const ssize_t n = ::send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      // Other errors show up in the reading that follows, where an early answer is still seen.
      return;
    }
    c.sent += static_cast<std::size_t>(n);
  }
}

void Wire::connected(std::uint32_t slot) {
  Connection& c = connections_[slot];
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return broke(slot, Failure::connect);
  }
  if (c.has_request) return start(slot, c.tag);
  release(slot);
}

// The connection has nothing to do: the next waiting request has it, else it is idle.
void Wire::release(std::uint32_t slot) {
  Connection& c = connections_[slot];
  Endpoint& e = endpoints_[c.endpoint];
  c.has_request = false;
  ++c.turn;
  if (!e.waiting.empty()) {
    const Waiting next = e.waiting.front();
    e.waiting.pop_front();
    c.reused = true;
    return start(slot, next.tag);
  }
  c.state = State::idle;
  c.in_idle = true;
  e.idle.push_back(slot);
}

void Wire::shut(std::uint32_t slot) {
  Connection& c = connections_[slot];
  ::close(c.fd);
  c.fd = -1;
  ++c.life;
  if (!c.wants_socket) --endpoints_[c.endpoint].open;
  c.state = State::closed;
  c.has_request = false;
  c.out.clear();
  c.in.clear();
  c.message.clear();
  if (c.wants_socket) c.out.shrink_to_fit();
  if (!c.in_idle) free_slots_.push_back(slot);
}

// The connection is of no use any more: by the other end, a time-out, or nonsense received.
void Wire::broke(std::uint32_t slot, Failure failure) {
  Connection& c = connections_[slot];
  const State state = c.state;
  const std::uint64_t tag = c.tag;
  const EndpointNo endpoint = c.endpoint;
  const bool had_request = c.has_request;
  const bool socket = c.wants_socket;
  // An idle connection may be closed just as it is used again; RFC 9112 9.3.1 says to try anew.
  const bool stale = failure == Failure::closed && state == State::busy && c.reused && c.in.empty();
  shut(slot);
  if (state == State::socket) {
    failed_.push_back({tag, failure, true});
  } else if (stale) {
    ++counts_.stale_retries;
    open_for(endpoint, tag);
  } else if (had_request) {
    failed_.push_back({tag, failure, false});
  }
  if (!socket) serve_waiting(endpoint);
}

void Wire::serve_waiting(EndpointNo endpoint) {
  Endpoint& e = endpoints_[endpoint];
  while (!e.waiting.empty() && e.open < limits_.connections) {
    const Waiting next = e.waiting.front();
    e.waiting.pop_front();
    open_for(endpoint, next.tag);
  }
}

bool Wire::take_answer(std::uint32_t slot, std::string_view bytes, std::size_t& used) {
  Answer answer;
  const Parse parse = parse_answer(bytes, answer, used);
  if (parse == Parse::incomplete) return false;
  Connection& c = connections_[slot];
  const bool upgraded = c.wants_socket && answer.status == 101 && answer.websocket;
  if (parse == Parse::malformed || (answer.status < 200 && !upgraded)) {
    broke(slot, Failure::malformed);
    return false;
  }
  const std::uint64_t tag = c.tag;
  --in_flight_;
  if (upgraded) {
    c.state = State::socket;
    c.has_request = false;
    ++c.turn;
    c.out.clear();
    c.sent = 0;
    events_.on_socket_open(tag, c.out);
    write_out(slot);
    return true;
  }
  // Freed before the answer is handed over, so that the shopper's next request finds it. The
  // answer's bytes are not touched by that: only readable() and shut() of this slot change them.
  if (answer.keep_alive && used == bytes.size() && !c.wants_socket) {
    release(slot);
  } else {
    shut(slot);
    serve_waiting(c.endpoint);
  }
  events_.on_answer(tag, answer);
  return false;
}

bool Wire::take_frame(std::uint32_t slot, std::string_view bytes, std::size_t& used) {
  Frame frame;
  const FrameParse parse = parse_frame(bytes, frame, used);
  if (parse == FrameParse::incomplete) return false;
  Connection& c = connections_[slot];
  if (parse == FrameParse::malformed || frame.opcode == Opcode::binary ||
      c.message.size() + frame.payload.size() > kFrameMax) {
    broke(slot, Failure::malformed);
    return false;
  }
  if (frame.opcode == Opcode::close) {
    broke(slot, Failure::closed);
    return false;
  }
  if (frame.opcode == Opcode::pong) return true;
  if (frame.opcode == Opcode::ping) {
    if (c.sent == c.out.size()) {
      c.out.clear();
      c.sent = 0;
    }
    write_frame(Opcode::pong, frame.payload, kAnswerMask, c.out);
    write_out(slot);
    return true;
  }
  bool stay = true;
  if (frame.final && c.message.empty()) {
    stay = events_.on_socket_text(c.tag, frame.payload);
  } else {
    c.message.append(frame.payload);
    if (!frame.final) return true;
    const std::string whole = std::exchange(c.message, {});
    stay = events_.on_socket_text(c.tag, whole);
  }
  if (!stay) shut(slot);
  return stay;
}

// One message at the front of `bytes`. False: nothing complete is left, or the connection has
// changed hands.
bool Wire::consume(std::uint32_t slot, std::string_view bytes, std::size_t& used) {
  return connections_[slot].state == State::socket ? take_frame(slot, bytes, used)
                                                   : take_answer(slot, bytes, used);
}

void Wire::readable(std::uint32_t slot) {
  const std::uint32_t life = connections_[slot].life;
  for (;;) {
    Connection& c = connections_[slot];
    const ssize_t n = ::recv(c.fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n <= 0) return broke(slot, Failure::closed);
    if (c.state == State::idle) return broke(slot, Failure::malformed);  // nobody asked
    std::string joined;
    std::string_view bytes{buffer_.data(), static_cast<std::size_t>(n)};
    if (!c.in.empty()) {
      c.in.append(bytes);
      joined = std::exchange(c.in, {});
      bytes = joined;
    }
    const std::uint32_t turn = c.turn;
    std::size_t used = 0;
    while (!bytes.empty() && consume(slot, bytes, used)) bytes.remove_prefix(used);
    if (connections_[slot].life != life) return;
    // After a whole answer the turn has moved on, and whatever follows belongs to the next request.
    Connection& after = connections_[slot];
    if (!bytes.empty() && (after.turn == turn || after.state == State::socket))
      after.in.assign(bytes);
    if (static_cast<std::size_t>(n) < buffer_.size()) return;
  }
}

void Wire::expire(std::int64_t now_us) {
  while (!deadlines_.empty() && deadlines_.front().at_us <= now_us) {
    const Deadline d = deadlines_.front();
    deadlines_.pop_front();
    const Connection& c = connections_[d.slot];
    if (c.life != d.life || c.turn != d.turn || c.fd < 0) continue;
    if (c.state == State::connecting || c.state == State::busy || c.state == State::upgrading) {
      broke(d.slot, Failure::timeout);
    }
  }
  const std::int64_t oldest = now_us - limits_.timeout.count() * 1000;
  for (Endpoint& e : endpoints_) {
    while (!e.waiting.empty() && e.waiting.front().since_us <= oldest) {
      failed_.push_back({e.waiting.front().tag, Failure::timeout, false});
      e.waiting.pop_front();
    }
  }
}

void Wire::tell_failures() {
  // What they do may fail again: that is for the next round.
  const std::vector<Failed> failed = std::exchange(failed_, {});
  for (const Failed& f : failed) {
    if (f.socket) {
      events_.on_socket_closed(f.tag);
    } else {
      --in_flight_;
      events_.on_failure(f.tag, f.failure);
    }
  }
}

void Wire::poll(std::int64_t wait_us) {
  std::array<epoll_event, 512> ready;
  const std::int64_t wait = failed_.empty() ? std::max<std::int64_t>(wait_us, 0) : 0;
  const timespec timeout{static_cast<time_t>(wait / 1'000'000),
                         static_cast<long>(wait % 1'000'000) * 1000};
  int n = ::epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  if (n < 0 && errno == ENOSYS) {
    n = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()),
                     static_cast<int>((wait + 999) / 1000));
  }
  for (int i = 0; i < n; ++i) {
    const auto& event = ready[static_cast<std::size_t>(i)];
    const auto slot = static_cast<std::uint32_t>(event.data.u64);
    const auto life = static_cast<std::uint32_t>(event.data.u64 >> 32);
    if (connections_[slot].life != life || connections_[slot].fd < 0) continue;
    if (connections_[slot].state == State::connecting) {
      connected(slot);
    } else if ((event.events & EPOLLOUT) != 0) {
      write_out(slot);
    }
    if (connections_[slot].life != life || connections_[slot].fd < 0) continue;
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) readable(slot);
  }
  expire(monotonic_us());
  tell_failures();
}

}  // namespace onrush::crowd
