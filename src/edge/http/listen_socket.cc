#include "edge/http/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace onrush::http {
namespace {

constexpr int kBacklog = 65'535;  // the kernel cuts it to net.core.somaxconn

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool parse_address(const std::string& text, std::uint16_t port, Address& out) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    out.size = sizeof v4;
    return true;
  }
  out.storage = {};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    out.size = sizeof v6;
    return true;
  }
  return false;
}

std::string place(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// -1 with errno set on failure.
int bind_one(const Address& address, bool shared) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what it accepts
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

std::uint16_t bound_port(int fd) {
  Address bound;
  bound.size = sizeof bound.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  return ntohs(bound.storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(bound.storage).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(bound.storage).sin_port);
}

void close_all(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) ::close(fd);
}

}  // namespace

Result<Listeners> open_listeners(const std::string& address, std::uint16_t port, unsigned count) {
  Address where;
  if (!parse_address(address, port, where)) {
    return rejected("cannot listen on \"" + address + "\": not an IP address");
  }
  const auto failed = [&](const char* call) {
    return rejected("cannot listen on " + place(address, port) + ": " + call + ": " +
                    std::strerror(errno));
  };
  const bool shared = count > 1;
  if (shared && port != 0) {
    // Two servers that both share a port would quietly split the connections. A socket that does
    // not share cannot be bound while anybody has the port.
    const int probe = bind_one(where, false);
    if (probe < 0) return failed("bind");
    const bool listens = ::listen(probe, 1) == 0;
    const Error taken = failed("listen");
    ::close(probe);
    if (!listens) return taken;
  }
  Listeners out;
  for (unsigned i = 0; i < count; ++i) {
    const int fd = bind_one(where, shared);
    if (fd < 0 || ::listen(fd, kBacklog) != 0) {
      const Error error = failed(fd < 0 ? "bind" : "listen");
      if (fd >= 0) ::close(fd);
      close_all(out.descriptors);
      return error;
    }
    out.descriptors.push_back(fd);
    if (i > 0) continue;
    out.port = bound_port(fd);
    static_cast<void>(parse_address(address, out.port, where));
  }
  return out;
}

}  // namespace onrush::http
