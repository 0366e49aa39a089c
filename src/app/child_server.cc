#include "app/child_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace onrush::app {
namespace {

std::string last_lines(const std::string& path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.size() > 2'000 ? text.substr(text.size() - 2'000) : text;
}

// Runs in the child: no allocation is safe after fork in a threaded parent, so argv is ready
// before.
[[noreturn]] void become(const char* program, char* const* argv, int log_fd) {
  // A parent that is killed takes its server with it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A process group of its own: Ctrl-C at the terminal reaches the parent only, which then stops
  // us.
  ::setpgid(0, 0);
  const int null_fd = ::open("/dev/null", O_RDONLY);
  ::dup2(null_fd, 0);
  ::dup2(log_fd, 1);
  ::dup2(log_fd, 2);
  ::execv(program, argv);
  ::_exit(127);
}

bool port_is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                    ::listen(fd, 1) == 0;
  ::close(fd);
  return free;
}

}  // namespace

ChildServer::~ChildServer() {
  stop(Millis{5'000});
}

Status ChildServer::start(const std::string& program, const std::vector<std::string>& arguments,
                          const std::string& data_dir, const std::string& log_path,
                          Millis timeout) {
  const std::string ready = data_dir + "/" + kEndpointsFile;
  std::filesystem::remove(ready);
  const int log_fd = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return rejected(fmt::format("{}: {}", log_path, std::strerror(errno)));

  std::vector<std::string> words{program, "serve"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) become(program.c_str(), argv.data(), log_fd);
  ::close(log_fd);
  if (pid_ < 0) return rejected(fmt::format("cannot start {}: {}", program, std::strerror(errno)));

  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!std::filesystem::exists(ready)) {
    if (!running())
      return rejected(fmt::format("the server ended at once:\n{}", last_lines(log_path)));
    if (std::chrono::steady_clock::now() > deadline)
      return retryable("the server was not ready in time");
    std::this_thread::sleep_for(Millis{10});
  }
  std::ifstream in(ready);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code ec;
  const auto value = boost::json::parse(text, ec);
  if (ec || !value.is_object()) return corrupt(ready + " is not readable");
  for (const auto& [name, url] : value.as_object()) {
    if (url.is_string()) urls_[std::string(name)] = boost::json::value_to<std::string>(url);
  }
  return {};
}

bool ChildServer::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  pid_ = -1;
  return false;
}

int ChildServer::stop(Millis grace) {
  if (!running()) return exit_code_;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
      return exit_code_ = -1;
    }
    std::this_thread::sleep_for(Millis{10});
  }
  return exit_code_;
}

std::uint16_t free_ports(std::uint16_t from, unsigned count) {
  for (unsigned first = from; first < from + 1'000U; first += count) {
    unsigned found = 0;
    while (found < count && port_is_free(static_cast<std::uint16_t>(first + found))) ++found;
    if (found == count) return static_cast<std::uint16_t>(first);
  }
  return from;
}

}  // namespace onrush::app
