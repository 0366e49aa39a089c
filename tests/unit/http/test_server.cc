#include "test_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <stdexcept>

namespace onrush::http {

class TestService final : public Service, public WebSocketEvents {
 public:
  TestService(TestServer& server, Worker& worker) : seen_(server.seen), worker_(worker) {
    server.workers_.push_back(&worker);
    server.services_.push_back(this);
  }

  void handle(const Request& request, Responder responder) override {
    ++seen_.handled;
    Response response;
    response.content_type = "text/plain";
    if (request.path == "/echo") {
      response.body = std::string(request.body);
    } else if (request.path == "/describe") {
      response.body = describe(request);
    } else if (request.path == "/prepared") {
      response.body = "prepared";
      return responder.send_prepared(prepare(response));
    } else if (request.path == "/nothing") {
      response.status = 204;
    } else if (request.path == "/big") {
      response.body.assign(std::stoul(std::string(request.query)), 'b');
    } else if (request.path == "/drop") {
      return;
    } else if (request.path == "/throw") {
      throw std::runtime_error("thrown by the test");
    } else if (request.path == "/later" || request.path == "/keep") {
      return hand_over(request, std::move(responder));
    } else if (request.path == "/ws") {
      if (WebSocket* socket = responder.upgrade(request, *this)) open(*socket);
      return;
    } else {
      response.status = 404;
    }
    responder.send(response);
  }

  void on_text(WebSocket& socket, std::string_view text) override {
    {
      const std::lock_guard lock(seen_.mutex);
      seen_.texts.emplace_back(text);
    }
    if (text == "throw") throw std::runtime_error("thrown by the test");
    if (text == "close me") return socket.close(4001, "as asked");
    socket.send(encode_text_frame(text));
  }

  void on_close(WebSocket& socket) override {
    ++seen_.closed;
    std::erase(sockets, &socket);
  }

  std::vector<WebSocket*> sockets;

 private:
  static std::string describe(const Request& request) {
    std::string text;
    text += "path=" + std::string(request.path) + " query=" + std::string(request.query);
    text += " host=" + std::string(request.header(Header::host));
    text += " key=" + std::string(request.header(Header::idempotency_key));
    text += " auth=" + std::string(request.header(Header::authorization));
    text += " xff=" + std::string(request.header(Header::x_forwarded_for));
    text += " channel=" + std::string(request.header(Header::x_onrush_channel));
    text +=
        " remote=" + std::to_string(request.remote[12]) + "." + std::to_string(request.remote[15]);
    return text;
  }

  void hand_over(const Request& request, Responder responder) {
    const std::lock_guard lock(seen_.mutex);
    if (request.path == "/keep") return seen_.kept.push_back(std::move(responder));
    seen_.threads.emplace_back(
        [body = std::string(request.body), r = std::move(responder)]() mutable {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          Response response;
          response.body = body;
          r.send(response);
        });
  }

  void open(WebSocket& socket) {
    ++seen_.opened;
    sockets.push_back(&socket);
  }

  Seen& seen_;
  Worker& worker_;
};

TestServer::TestServer(ServerLimits limits, unsigned workers) {
  ServerConfig config;
  config.name = "test";
  config.limits = limits;
  config.workers = workers;
  auto made = Server::listen(
      config, [this](Worker& worker) { return std::make_unique<TestService>(*this, worker); });
  if (!made) throw std::runtime_error(made.error().message);
  server = std::move(*made);
  server->start();
}

TestServer::~TestServer() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(seen.mutex);
    threads.swap(seen.threads);
  }
  for (std::thread& thread : threads) thread.join();
  server->stop(std::chrono::milliseconds(0));
  seen.kept.clear();
}

void TestServer::on_sockets(const std::function<void(const std::vector<WebSocket*>&)>& act) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::promise<void> done;
    workers_[i]->post([&, service = services_[i]] {
      act(service->sockets);
      done.set_value();
    });
    done.get_future().get();
  }
}

bool TestServer::eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

RawClient::RawClient(std::uint16_t port, int receive_buffer) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

RawClient::~RawClient() {
  ::close(fd_);
}

bool RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::fill() {
  char piece[65536];
  const auto n = ::recv(fd_, piece, sizeof piece, 0);
  if (n <= 0) return false;
  buffer_.append(piece, static_cast<std::size_t>(n));
  return true;
}

std::optional<Reply> RawClient::reply(bool to_head) {
  std::size_t head = 0;
  while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  Reply reply;
  reply.status = std::stoi(buffer_.substr(9, 3));
  std::size_t line = buffer_.find("\r\n") + 2;
  while (line < head) {
    const std::size_t end = buffer_.find("\r\n", line);
    const std::size_t colon = buffer_.find(':', line);
    std::string name = buffer_.substr(line, colon - line);
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    reply.headers[name] = buffer_.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
  buffer_.erase(0, head + 4);
  const auto length = reply.headers.find("content-length");
  if (!to_head && length != reply.headers.end()) {
    reply.body = bytes(std::stoul(length->second));
    if (reply.body.size() != std::stoul(length->second)) return std::nullopt;
  }
  return reply;
}

std::string RawClient::bytes(std::size_t n) {
  while (buffer_.size() < n && fill()) {
  }
  std::string out = buffer_.substr(0, n);
  buffer_.erase(0, n);
  return out;
}

std::optional<std::string> RawClient::until_closed() {
  for (;;) {
    char piece[65536];
    const auto n = ::recv(fd_, piece, sizeof piece, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (n <= 0) return std::exchange(buffer_, {});
    buffer_.append(piece, static_cast<std::size_t>(n));
  }
}

bool RawClient::ends() {
  const auto rest = until_closed();
  return rest.has_value() && rest->empty();
}

int RawClient::upgrade() {
  send(request("GET", "/ws",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  const auto answer = reply();
  if (!answer) return 0;
  if (answer->status == 101) {
    EXPECT_EQ(answer->headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }
  return answer->status;
}

bool RawClient::send_frame(unsigned first_byte, std::string_view payload, bool masked) const {
  std::string out(1, static_cast<char>(first_byte));
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(mask_bit | payload.size()));
  } else {
    out.push_back(static_cast<char>(mask_bit | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  static constexpr char kKey[4] = {0x11, 0x22, 0x33, 0x44};
  if (masked) out.append(kKey, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(masked ? static_cast<char>(payload[i] ^ kKey[i % 4]) : payload[i]);
  }
  return send(out);
}

std::optional<RawClient::ServerFrame> RawClient::frame() {
  const std::string head = bytes(2);
  if (head.size() < 2) return std::nullopt;
  std::size_t size = static_cast<unsigned char>(head[1]);
  EXPECT_LT(size, 128U) << "a server must not mask";
  if (size >= 126) {
    const std::string length = bytes(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : length) size = size << 8 | static_cast<unsigned char>(c);
  }
  ServerFrame frame{static_cast<unsigned char>(head[0]) & 0x0fU, bytes(size)};
  if (frame.payload.size() < size) return std::nullopt;
  return frame;
}

unsigned RawClient::close_code() {
  for (;;) {
    const auto next = frame();
    if (!next) return 0;
    if (next->opcode != 8) continue;
    if (next->payload.size() < 2) return 1005;
    return static_cast<unsigned char>(next->payload[0]) * 256U +
           static_cast<unsigned char>(next->payload[1]);
  }
}

std::string request(std::string_view method, std::string_view target, std::string_view headers,
                    std::string_view body) {
  std::string out;
  out.append(method)
      .append(" ")
      .append(target)
      .append(" HTTP/1.1\r\nHost: test\r\n")
      .append(headers);
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out.append("\r\n").append(body);
}

}  // namespace onrush::http
