#include "conformance/smtp/servers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace onrush::testing {

namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(fd, 16) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}

bool answers(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

bool readable(int fd, std::chrono::milliseconds wait) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(wait.count())) > 0;
}

void say(int fd, const std::string& line) {
  const std::string text = line + "\r\n";
  [[maybe_unused]] const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace

std::uint16_t free_port() {
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  return port;
}

RealSmtpServer::RealSmtpServer(const std::filesystem::path& directory) : directory_(directory) {
  std::filesystem::create_directories(directory.parent_path());
  port_ = free_port();
  std::string listen = fmt::format("127.0.0.1:{}", port_);
  std::string mailbox = directory.string();
  const char* arguments[] = {"/usr/bin/python3",
                             "-m",
                             "aiosmtpd",
                             "-n",
                             "-l",
                             listen.c_str(),
                             "-c",
                             "aiosmtpd.handlers.Mailbox",
                             mailbox.c_str(),
                             nullptr};
  if (::posix_spawn(&pid_, arguments[0], nullptr, nullptr, const_cast<char**>(arguments),
                    environ) != 0) {
    throw std::runtime_error("cannot start python3 -m aiosmtpd");
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!answers(port_)) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      throw std::runtime_error("aiosmtpd does not come up; is python3-aiosmtpd installed?");
    }
    std::this_thread::sleep_for(20ms);
  }
}

RealSmtpServer::~RealSmtpServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> RealSmtpServer::mails() const {
  std::vector<std::string> mails;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(directory_ / "new", ignored)) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    mails.push_back(text.str());
  }
  return mails;
}

FaultySmtpServer::FaultySmtpServer(Fault fault) : fault_(fault) {
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { serve(); });
}

FaultySmtpServer::~FaultySmtpServer() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

void FaultySmtpServer::serve() {
  while (!stopping_) {
    if (!readable(listener_, 20ms)) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (fault_ != Fault::drop_at_connect) converse(client);
    ::close(client);
  }
}

void FaultySmtpServer::converse(int client) {
  if (fault_ == Fault::greeting_refused) return say(client, "554 no service");
  say(client, "220 test");
  std::string buffer;
  bool in_text = false;
  while (!stopping_) {
    const auto end = buffer.find(in_text ? "\r\n.\r\n" : "\r\n");
    if (end == std::string::npos) {
      if (!readable(client, 20ms)) continue;
      char bytes[4096];
      const auto size = ::recv(client, bytes, sizeof bytes, 0);
      if (size <= 0) return;
      buffer.append(bytes, static_cast<std::size_t>(size));
      continue;
    }
    const std::string line = buffer.substr(0, end);
    buffer.erase(0, end + (in_text ? 5 : 2));
    if (in_text) {
      in_text = false;
      ++texts_taken_;
      if (fault_ == Fault::drop_after_text) return;
      if (fault_ == Fault::silent_after_text) continue;
      say(client, fault_ == Fault::text_later     ? "451 later"
                  : fault_ == Fault::text_refused ? "554 spam"
                                                  : "250 taken");
    } else if (line.starts_with("RCPT")) {
      say(client, fault_ == Fault::recipient_later     ? "451 later"
                  : fault_ == Fault::recipient_refused ? "550 nobody here"
                                                       : "250 ok");
    } else if (line == "DATA") {
      if (fault_ == Fault::drop_at_data) return;
      in_text = true;
      say(client, "354 go on");
    } else if (line == "QUIT") {
      return say(client, "221 bye");
    } else {
      say(client, "250 ok");
    }
  }
}

}  // namespace onrush::testing
