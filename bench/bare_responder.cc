// The yardstick: a single-threaded epoll server that counts request boundaries and answers constant
// bytes. It does what no server can do less of: one recv, one send, no parsing.
//   bench_bare_responder --request-bytes 450 --reply-bytes 220 [--seconds 60]
// Prints the port, then on SIGTERM or after the time its own CPU seconds and the requests answered.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

long option(int argc, char** argv, const char* name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::atol(argv[i + 1]);
  }
  return otherwise;
}

std::string reply_of(std::size_t total) {
  std::string head = "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: ";
  for (std::size_t body = total; body > 0; --body) {
    std::string all = head + std::to_string(body) + "\r\n\r\n";
    if (all.size() + body <= total) return all + std::string(body, 'x');
  }
  return head + "0\r\n\r\n";
}

void watch(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

class Responder {
 public:
  Responder(std::size_t request_bytes, std::size_t reply_bytes)
      : request_bytes_(request_bytes),
        reply_(reply_of(reply_bytes)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  bool listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) return false;
    if (::listen(listener_, 65535) != 0) return false;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("port %u\n", ntohs(address.sin_port));
    std::fflush(stdout);
    watch(epoll_, listener_, EPOLLIN);
    return true;
  }

  void serve(long seconds) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    const int timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const itimerspec once{{0, 0}, {seconds, 0}};
    timerfd_settime(timer_fd, 0, &once, nullptr);
    watch(epoll_, signal_fd, EPOLLIN);
    watch(epoll_, timer_fd, EPOLLIN);
    for (;;) {
      epoll_event events[128];
      const int n = epoll_wait(epoll_, events, 128, -1);
      for (int i = 0; i < n; ++i) {
        const int fd = events[i].data.fd;
        if (fd == signal_fd || fd == timer_fd) return;
        if (fd == listener_) {
          accept_all();
        } else {
          answer(fd);
        }
      }
    }
  }

  [[nodiscard]] unsigned long long requests() const { return requests_; }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (static_cast<std::size_t>(fd) >= partial_.size())
        partial_.resize(static_cast<std::size_t>(fd) + 1);
      partial_[static_cast<std::size_t>(fd)] = 0;
      watch(epoll_, fd, EPOLLIN | EPOLLET);
    }
  }

  void answer(int fd) {
    char buffer[16384];
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
      if (n == 0 || (errno != EAGAIN && errno != EINTR)) ::close(fd);
      return;
    }
    std::size_t& partial = partial_[static_cast<std::size_t>(fd)];
    partial += static_cast<std::size_t>(n);
    for (; partial >= request_bytes_; partial -= request_bytes_) {
      ++requests_;
      if (::send(fd, reply_.data(), reply_.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  const std::size_t request_bytes_;
  const std::string reply_;
  const int epoll_;
  int listener_ = -1;
  std::vector<std::size_t> partial_;  // by descriptor: bytes of an unfinished request
  unsigned long long requests_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const long request_bytes = option(argc, argv, "--request-bytes", 0);
  if (request_bytes <= 0) {
    std::fprintf(stderr,
                 "usage: bench_bare_responder --request-bytes N [--reply-bytes N] [--seconds N]\n");
    return 2;
  }
  Responder responder(static_cast<std::size_t>(request_bytes),
                      static_cast<std::size_t>(option(argc, argv, "--reply-bytes", 220)));
  if (!responder.listen()) {
    std::perror("listen");
    return 1;
  }
  responder.serve(option(argc, argv, "--seconds", 60));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  std::printf("cpu_seconds %.3f requests %llu\n", cpu, responder.requests());
  return 0;
}
