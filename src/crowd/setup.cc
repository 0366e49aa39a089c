#include "crowd/setup.h"

#include <errno.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace onrush::crowd {
namespace {

constexpr std::uint32_t kTokensPerCall = 5'000;  // 10,000 is the API's limit
constexpr std::int64_t kTokensValidSeconds = 4 * 3600;
constexpr int kClockSamples = 5;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

bool wait_for(int fd, short what, std::int64_t until_us) {
  for (;;) {
    const std::int64_t left_us = until_us - monotonic_us();
    if (left_us <= 0) return false;
    pollfd entry{fd, what, 0};
    const int n = ::poll(&entry, 1, static_cast<int>(left_us / 1000 + 1));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

bool send_all(int fd, std::string_view bytes, std::int64_t until_us) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
      if (!wait_for(fd, POLLOUT, until_us)) return false;
    } else {
      return false;
    }
  }
  return true;
}

Result<Fetched> receive(int fd, std::int64_t until_us) {
  std::string in;
  for (;;) {
    if (!wait_for(fd, POLLIN, until_us)) return retryable("no answer in time");
    char buffer[64 * 1024];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return retryable("the connection was closed without an answer");
    in.append(buffer, static_cast<std::size_t>(n));
    Answer answer;
    std::size_t used = 0;
    const Parse parse = parse_answer(in, answer, used);
    if (parse == Parse::malformed) return retryable("the answer is not HTTP as expected");
    if (parse == Parse::complete) return Fetched{answer.status, std::string(answer.body)};
  }
}

std::string address_text(const sockaddr_in& a) {
  const auto ip = ntohl(a.sin_addr.s_addr);
  return fmt::format("{}.{}.{}.{}:{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
                     ntohs(a.sin_port));
}

Result<Fetched> fetch_ok(const sockaddr_in& address, std::string_view method, std::string_view path,
                         std::string_view token, std::string_view body, Millis timeout) {
  auto fetched = fetch(address, method, path, token, body, timeout);
  if (!fetched) {
    return Error{fetched.error().kind, fmt::format("{} {} at {}: {}", method, path,
                                                   address_text(address), fetched.error().message)};
  }
  if (fetched->status != 200) {
    const std::string_view code = problem_code(fetched->body);
    return rejected(fmt::format("{} {} at {}: answered {} {}", method, path, address_text(address),
                                fetched->status, code));
  }
  return fetched;
}

Status mint_tokens(const CrowdConfig& config, Stage& stage) {
  stage.tokens.reserve(config.shoppers);
  while (stage.tokens.size() < config.shoppers) {
    const auto count = std::min<std::size_t>(kTokensPerCall, config.shoppers - stage.tokens.size());
    const auto body =
        fmt::format(R"({{"count":{},"valid_seconds":{}}})", count, kTokensValidSeconds);
    auto fetched = fetch_ok(stage.admin, "POST", "/api/v1/admin/tokens", config.staff_token, body,
                            config.request_timeout);
    if (!fetched) return fetched.error();
    auto seen = read_tokens(fetched->body);
    if (!seen || seen->tokens.empty() || seen->tokens.size() > count) {
      return rejected("the answer to POST /api/v1/admin/tokens is not as documented");
    }
    if (stage.first_buyer == 0) stage.first_buyer = seen->first_buyer;
    for (std::string& token : seen->tokens) {
      stage.buyers.push_back(seen->first_buyer++);
      stage.tokens.push_back(std::move(token));
    }
  }
  return {};
}

Status choose_items(const CrowdConfig& config, const LiveSeen& live, Stage& stage) {
  stage.items = config.items;
  if (stage.items.empty()) {
    for (const ItemNumbers& item : live.items) stage.items.push_back({item.item, 1, 1});
  }
  if (stage.items.empty()) return rejected("the sale has no items");
  for (const ItemShare& share : stage.items) {
    const auto is_it = [&](const ItemNumbers& item) { return item.item == share.item; };
    if (std::none_of(live.items.begin(), live.items.end(), is_it)) {
      return invalid(fmt::format("the sale has no item '{}'", share.item));
    }
  }
  return {};
}

Status read_rules(const CrowdConfig& config, Stage& stage) {
  const std::string path = "/api/v1/sales/" + config.sale;
  auto fetched = fetch_ok(stage.rush, "GET", path, "", "", config.request_timeout);
  if (!fetched) return fetched.error();
  auto channel = read_channel(fetched->body);
  auto door = read_door(fetched->body);
  if (!channel || !door) return rejected("the answer to GET " + path + " is not as documented");
  stage.channel = std::move(*channel);
  stage.door = *door;
  return {};
}

// The document may be up to a second old when it comes from a cache, which only makes the server's
// clock look slower: the fastest of several samples is the best.
Status read_clock(const CrowdConfig& config, Stage& stage, LiveSeen& live) {
  const std::string path = fmt::format("/api/v1/sales/{}/live", config.sale);
  std::int64_t best = INT64_MIN;
  for (int i = 0; i < kClockSamples; ++i) {
    const std::int64_t before_us = monotonic_us();
    auto fetched = fetch_ok(stage.rush, "GET", path, "", "", config.request_timeout);
    if (!fetched) return fetched.error();
    const std::int64_t after_us = monotonic_us();
    auto seen = read_live(fetched->body);
    if (!seen || seen->server_time_ms == 0 || seen->opens_at_ms == 0) {
      return rejected("the live document is not as documented");
    }
    live = std::move(*seen);
    const std::int64_t middle_us = before_us + (after_us - before_us) / 2;
    if (const std::int64_t offset = live.server_time_ms - middle_us / 1000; offset > best) {
      best = offset;
      stage.server_ms = live.server_time_ms;
      stage.at_us = middle_us;
    }
  }
  stage.opens_at_ms = live.opens_at_ms;
  return {};
}

}  // namespace

Result<Fetched> fetch(const sockaddr_in& address, std::string_view method, std::string_view path,
                      std::string_view token, std::string_view body, Millis timeout) {
  const std::int64_t until_us = monotonic_us() + timeout.count() * 1000;
  const Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.fd() < 0) return retryable("no socket to be had");
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      (errno != EINPROGRESS || !wait_for(socket.fd(), POLLOUT, until_us))) {
    return retryable("cannot connect");
  }
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method, path,
                                address_text(address));
  if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token);
  if (method != "GET") {
    out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  out += "\r\n";
  out += body;
  if (!send_all(socket.fd(), out, until_us)) return retryable("cannot connect or send");
  return receive(socket.fd(), until_us);
}

Result<Stage> set_up(const CrowdConfig& config) {
  Stage stage;
  for (const auto& [text, address] :
       {std::pair{&config.rush, &stage.rush}, std::pair{&config.general, &stage.general},
        std::pair{&config.admin, &stage.admin}}) {
    const auto parsed = parse_address(*text);
    if (!parsed) return parsed.error();
    if (!config.allow_remote && !is_loopback(*parsed)) {
      return invalid("a crowd is only let loose on loopback unless remote addresses are allowed: " +
                     *text);
    }
    *address = *parsed;
  }
  LiveSeen live;
  if (auto status = read_clock(config, stage, live); !status) return status.error();
  if (live.phase == "closed" || live.phase == "settled")
    return rejected("the sale is over already");
  if (auto status = choose_items(config, live, stage); !status) return status.error();
  if (auto status = read_rules(config, stage); !status) return status.error();
  if (auto status = mint_tokens(config, stage); !status) return status.error();
  return stage;
}

Status allow_files(std::uint64_t files) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  if (limit.rlim_cur >= files) return {};
  if (limit.rlim_max < files) {
    return rejected(
        fmt::format("needs {} open files, the system allows {}: fewer connections or listeners",
                    files, limit.rlim_max));
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    return rejected("cannot raise the limit of open files");
  return {};
}

Result<LiveSeen> admin_numbers(const CrowdConfig& config, const sockaddr_in& admin) {
  const std::string path = "/api/v1/admin/sales/" + config.sale;
  auto fetched = fetch_ok(admin, "GET", path, config.staff_token, "", config.request_timeout);
  if (!fetched) return fetched.error();
  auto numbers = read_live(fetched->body);
  if (!numbers) return rejected("the answer to GET " + path + " is not as documented");
  return *numbers;
}

}  // namespace onrush::crowd
