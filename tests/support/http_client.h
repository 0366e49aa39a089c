// A small blocking HTTP client for tests, independent of the server's code. One connection a
// request.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace onrush::test {

struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] boost::json::value json() const {
    boost::system::error_code error;
    auto value = boost::json::parse(body, error);
    return error ? boost::json::value(nullptr) : value;
  }
  [[nodiscard]] std::string code() const {
    const auto value = json();
    const auto* object = value.if_object();
    const auto* found = object == nullptr ? nullptr : object->if_contains("code");
    return found == nullptr || !found->is_string() ? std::string{}
                                                   : std::string(found->get_string());
  }
  [[nodiscard]] bool has_header(std::string_view line) const {
    return head.find(line) != std::string::npos;
  }
};

// Connected to 127.0.0.1:port, with time-outs, or -1.
inline int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

inline HttpAnswer http_call(std::uint16_t port, std::string_view method, std::string_view target,
                            std::string_view body = {}, std::string_view headers = {}) {
  const int socket = connect_to(port);
  HttpAnswer answer;
  if (socket < 0) return answer;
  std::string request;
  request.append(method).append(" ").append(target).append(
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
  if (!body.empty() || method == "POST" || method == "PUT") {
    request.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  }
  request.append(headers).append("\r\n").append(body);
  std::size_t sent = 0;
  while (sent < request.size()) {
    const auto n = ::send(socket, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  std::string received;
  char buffer[16384];
  for (;;) {
    const auto n = ::recv(socket, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    received.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(socket);
  const auto split = received.find("\r\n\r\n");
  if (split == std::string::npos) return answer;
  answer.head = received.substr(0, split + 2);
  answer.body = received.substr(split + 4);
  answer.status = std::atoi(answer.head.c_str() + answer.head.find(' '));
  return answer;
}

}  // namespace onrush::test
