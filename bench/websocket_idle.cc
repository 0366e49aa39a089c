// What an idle WebSocket costs the server in user memory (allocator bytes in use), and what a
// broadcast costs it in CPU per receiver. Server and plain sockets in one process, 2 descriptors a
// connection.
//   bench_websocket_idle [--sockets 9000] [--broadcasts 20]
#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "edge/http/server.h"
#include "edge/http/websocket.h"

namespace {

using namespace onrush::http;

class PushService final : public Service, public WebSocketEvents {
 public:
  explicit PushService(std::size_t expected) { sockets_.reserve(expected); }
  void handle(const Request& request, Responder responder) override {
    if (WebSocket* socket = responder.upgrade(request, *this)) sockets_.push_back(socket);
  }
  void on_text(WebSocket&, std::string_view) override {}
  void on_close(WebSocket&) override {}
  void broadcast(const SharedFrame& frame) {
    for (WebSocket* socket : sockets_) socket->send(frame, 1);
  }

 private:
  std::vector<WebSocket*> sockets_;
};

long option(int argc, char** argv, const char* name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::atol(argv[i + 1]);
  }
  return otherwise;
}

int open_socket(std::uint16_t port) {
  static constexpr char kUpgrade[] =
      "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  char answer[512];
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
      ::send(fd, kUpgrade, sizeof kUpgrade - 1, MSG_NOSIGNAL) < 0 ||
      ::recv(fd, answer, sizeof answer, 0) < 12 || std::strncmp(answer + 9, "101", 3) != 0) {
    std::perror("connect and upgrade");
    std::exit(1);
  }
  return fd;
}

std::size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void read_exactly(int fd, std::size_t n) {
  char piece[4096];
  while (n > 0) {
    const auto got = ::recv(fd, piece, std::min(n, sizeof piece), 0);
    if (got <= 0) std::exit(1);
    n -= static_cast<std::size_t>(got);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = static_cast<std::size_t>(option(argc, argv, "--sockets", 9000));
  const long broadcasts = option(argc, argv, "--broadcasts", 20);
  PushService* service = nullptr;
  Worker* worker = nullptr;
  auto server = Server::listen({}, [&](Worker& w) {
    auto made = std::make_unique<PushService>(count);
    service = made.get();
    worker = &w;
    return made;
  });
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  (*server)->start();
  std::vector<int> clients;
  clients.reserve(count);
  for (int i = 0; i < 64; ++i) clients.push_back(open_socket((*server)->port()));  // warm
  const std::size_t before = bytes_in_use();
  while (clients.size() < count) clients.push_back(open_socket((*server)->port()));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const double each =
      static_cast<double>(bytes_in_use() - before) / static_cast<double>(count - 64);
  const double cpu = (*server)->cpu_seconds();
  const SharedFrame frame = encode_text_frame(std::string(200, 'x'));
  for (long i = 0; i < broadcasts; ++i) {
    worker->post([&] { service->broadcast(frame); });
    for (const int fd : clients) read_exactly(fd, frame->size());
  }
  const double used = (*server)->cpu_seconds() - cpu;
  std::printf(R"({"sockets":%zu,"bytes_per_idle_socket":%.0f,"broadcast_us_per_receiver":%.2f})"
              "\n",
              count, each,
              used * 1e6 / static_cast<double>(broadcasts) / static_cast<double>(count));
  for (const int fd : clients) ::close(fd);
  (*server)->stop(std::chrono::milliseconds(1000));
  return 0;
}
