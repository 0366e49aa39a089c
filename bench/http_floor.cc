// Our HTTP server with a Service that does nothing: what the transport alone costs.
//   bench_http_floor --reply-bytes 220 [--workers 1] [--seconds 60]
// Prints the port, serves until SIGTERM or the time is up, then prints its CPU seconds and
// requests.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "edge/http/server.h"

namespace {

using namespace onrush::http;

class ConstantService final : public Service {
 public:
  explicit ConstantService(const std::string& answer) : answer_(answer) {}
  void handle(const Request& request, Responder responder) override {
    if (request.body.empty() && request.method == Method::post) return;  // dropped: 500
    responder.send_prepared(answer_);
  }

 private:
  const std::string& answer_;
};

long option(int argc, char** argv, const char* name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::atol(argv[i + 1]);
  }
  return otherwise;
}

// An answer that is `total` bytes long on the wire, the server's Date line included.
std::string answer_of(std::size_t total) {
  constexpr std::size_t kDateLine = 37;
  Response response;
  response.status = 409;
  response.headers = "Cache-Control: no-store\r\n";
  response.body = "{}";
  const std::size_t smallest = prepare(response).size() + kDateLine;
  if (total > smallest) response.body = std::string(total - smallest, 'x');
  while (prepare(response).size() + kDateLine > total && response.body.size() > 1) {
    response.body.pop_back();  // a longer length takes more digits
  }
  return prepare(response);
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it

  const std::string answer =
      answer_of(static_cast<std::size_t>(option(argc, argv, "--reply-bytes", 220)));
  ServerConfig config;
  config.name = "floor";
  config.workers = static_cast<unsigned>(option(argc, argv, "--workers", 1));
  auto server =
      Server::listen(config, [&](Worker&) { return std::make_unique<ConstantService>(answer); });
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  (*server)->start();
  std::printf("port %u\n", (*server)->port());
  std::fflush(stdout);
  const timespec patience{option(argc, argv, "--seconds", 60), 0};
  sigtimedwait(&signals, nullptr, &patience);
  (*server)->stop(std::chrono::milliseconds(200));
  std::printf("cpu_seconds %.3f requests %llu\n", (*server)->cpu_seconds(),
              static_cast<unsigned long long>((*server)->stats().requests));
  return 0;
}
