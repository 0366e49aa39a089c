// A tiny HTTP/1.1 server on a free loopback port for tests of what sends requests: keeps
// connections open, hands each request to a function, and answers with what it returns. A thread a
// connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace onrush::testing {

struct ReceivedRequest {
  std::string method, path, query, body;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct ReceiverAnswer {
  int status = 204;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class HttpReceiver {
 public:
  using Handle = std::function<ReceiverAnswer(const ReceivedRequest&)>;

  explicit HttpReceiver(Handle handle) : handle_(std::move(handle)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, raw, size) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("no loopback port for a test");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~HttpReceiver() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string in;
    ReceivedRequest request;
    while (read_request(fd, in, request)) {
      const ReceiverAnswer answer = handle_(request);
      std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
      if (answer.status != 204) {
        out += "content-type: " + answer.content_type +
               "\r\ncontent-length: " + std::to_string(answer.body.size()) + "\r\n";
      }
      for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
      out += "\r\n" + answer.body;
      if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) break;
    }
    const std::lock_guard lock(mutex_);
    open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
    ::close(fd);
  }

  static bool read_more(int fd, std::string& in) {
    char part[16'384];
    const ssize_t got = ::recv(fd, part, sizeof part, 0);
    if (got <= 0) return false;
    in.append(part, static_cast<std::size_t>(got));
    return true;
  }

  static bool read_request(int fd, std::string& in, ReceivedRequest& request) {
    std::size_t end = 0;
    while ((end = in.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(fd, in)) return false;
    }
    request = {};
    const std::string head = in.substr(0, end + 2);
    in.erase(0, end + 4);
    std::size_t at = head.find("\r\n");
    const std::string line = head.substr(0, at);
    request.method = line.substr(0, line.find(' '));
    std::string target = line.substr(request.method.size() + 1);
    target = target.substr(0, target.find(' '));
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    for (at += 2; at < head.size();) {
      const std::size_t stop = head.find("\r\n", at);
      const std::string field = head.substr(at, stop - at);
      const std::size_t colon = field.find(':');
      std::string name = field.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      const std::size_t value = field.find_first_not_of(' ', colon + 1);
      request.headers[name] = value == std::string::npos ? "" : field.substr(value);
      at = stop + 2;
    }
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (in.size() < size) {
      if (!read_more(fd, in)) return false;
    }
    request.body = in.substr(0, size);
    in.erase(0, size);
    return true;
  }

  const Handle handle_;
  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
};

}  // namespace onrush::testing
