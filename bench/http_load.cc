// One-thread HTTP load client over loopback: C connections, each sending its next prepared request
// when the answer to the last one is complete (closed loop), or at a fixed total rate (open loop:
// latency counts from the planned moment, so that a stalled server cannot hide it).
//   bench_http_load --port P [--connections 64] [--seconds 3] [--count N] [--rate R] [--pid PID]
//                   [--requests FILE | --template FILE --tokens FILE] [--spin]
//                   [--print-request-bytes]
// FILE of --requests: repeated "<length>\n<bytes>"; connection i starts with request i and goes
// round.
// --template: one request with {token} and {n} replaced, per line of the tokens' file. Without any
// of them: a POST of a 40-byte JSON body with a 200-byte bearer token. Prints one JSON object.
// --pid: the server's CPU time is read from /proc before and after.
// --spin: never sleeps, so that no server pays for waking it: on one machine a wake-up costs the
// sender of the bytes, and only those servers that are faster than this program are spared it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 0;
  int connections = 64;
  double seconds = 3;
  unsigned long long count = ~0ULL;
  double rate = 0;  // per second; 0: closed loop
  long pid = 0;
  std::string requests, request_template, tokens;
  bool print_request_bytes = false;
  bool spin = false;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string usual_request() {
  const std::string body = R"({"item":"power-bank","quantity":1,"s":1})";
  return "POST /api/v1/sales/618/holds HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
         std::string(200, 't') +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::vector<std::string> make_requests(const Options& options) {
  std::vector<std::string> out;
  if (!options.requests.empty()) {
    std::istringstream in(read_file(options.requests));
    for (std::string length; std::getline(in, length);) {
      std::string bytes(std::strtoul(length.c_str(), nullptr, 10), '\0');
      if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) break;
      out.push_back(std::move(bytes));
    }
  } else if (!options.request_template.empty()) {
    const std::string text = read_file(options.request_template);
    std::istringstream tokens(read_file(options.tokens));
    for (std::string token; std::getline(tokens, token);) {
      out.push_back(replaced(replaced(text, "{token}", token), "{n}", std::to_string(out.size())));
    }
  } else {
    out.push_back(usual_request());
  }
  if (out.empty()) {
    std::fprintf(stderr, "no requests to send\n");
    std::exit(2);
  }
  return out;
}

// User and system time of a process in seconds.
double cpu_seconds(long pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream rest(stat.substr(stat.rfind(')') + 2));  // the name may contain spaces
  std::string field;
  double ticks = 0;
  for (int i = 3; rest >> field; ++i) {
    if (i == 14 || i == 15) ticks += std::strtod(field.c_str(), nullptr);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Connection {
  int fd = -1;
  std::size_t next_request = 0;
  Clock::time_point since{};
  bool busy = false;
  std::string received;
};

class Load {
 public:
  Load(const Options& options, std::vector<std::string> requests)
      : options_(options), requests_(std::move(requests)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  bool connect_all() {
    connections_.resize(static_cast<std::size_t>(options_.connections));
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& c = connections_[i];
      c.next_request = i % requests_.size();
      c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int on = 1;
      ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
      if (::connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
      idle_.push_back(i);
    }
    return true;
  }

  void run() {
    started_ = Clock::now();
    const auto until = started_ + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(options_.seconds));
    latencies_.reserve(4'000'000);
    for (auto now = started_; now < until && answered_ + errors_ < options_.count;
         now = Clock::now()) {
      start_due(now);
      epoll_event events[256];
      const int n = epoll_wait(epoll_, events, 256,
                               options_.spin       ? 0
                               : options_.rate > 0 ? 1
                                                   : 100);
      for (int i = 0; i < n; ++i) receive(connections_[events[i].data.u64], events[i].data.u64);
      if (errors_ >= static_cast<unsigned long long>(options_.connections)) break;
    }
    ended_ = Clock::now();
  }

  void report(double cpu) {
    std::sort(latencies_.begin(), latencies_.end());
    const double seconds = std::chrono::duration<double>(ended_ - started_).count();
    const auto at = [&](double q) {
      if (latencies_.empty()) return 0.0F;
      const auto i = static_cast<std::size_t>(q * static_cast<double>(latencies_.size()));
      return latencies_[std::min(i, latencies_.size() - 1)];
    };
    std::printf(R"({"seconds":%.3f,"requests":%llu,"requests_per_second":%.0f,"p50_us":%.1f,)"
                R"("p99_us":%.1f,"p999_us":%.1f,"errors":%llu,"reply_bytes":%llu,"statuses":{)",
                seconds, answered_, static_cast<double>(answered_) / seconds, at(0.5), at(0.99),
                at(0.999), errors_, answered_ == 0 ? 0 : reply_bytes_ / answered_);
    const char* comma = "";
    for (const auto& [status, n] : statuses_) {
      std::printf(R"(%s"%d":%llu)", comma, status, n);
      comma = ",";
    }
    std::printf("}");
    if (options_.pid != 0 && answered_ > 0) {
      std::printf(R"(,"server_cpu_seconds":%.3f,"server_us_per_request":%.3f)", cpu,
                  cpu * 1e6 / static_cast<double>(answered_));
    }
    std::printf("}\n");
  }

 private:
  void start_due(Clock::time_point now) {
    if (options_.rate <= 0) {
      while (!idle_.empty()) start(now);
      return;
    }
    const double elapsed = std::chrono::duration<double>(now - started_).count();
    const auto due = static_cast<unsigned long long>(elapsed * options_.rate);
    while (planned_ < due && !idle_.empty()) {
      start(started_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                           static_cast<double>(planned_) / options_.rate)));
      ++planned_;
    }
  }

  void start(Clock::time_point since) {
    Connection& c = connections_[idle_.front()];
    idle_.pop_front();
    send(c, since);
  }

  void send(Connection& c, Clock::time_point since) {
    const std::string& bytes = requests_[c.next_request];
    c.next_request = (c.next_request + connections_.size()) % requests_.size();
    c.since = since;
    c.busy = true;
    if (::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      fail(c);
    }
  }

  void fail(Connection& c) {
    ++errors_;
    ::close(c.fd);
    c.fd = -1;
  }

  void receive(Connection& c, std::size_t index) {
    if (c.fd < 0) return;
    char piece[32768];
    const auto n = ::recv(c.fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return fail(c);
    std::string_view answer(piece, static_cast<std::size_t>(n));
    if (!c.received.empty()) answer = c.received.append(answer);
    if (!complete(answer)) {
      if (c.received.empty()) c.received = answer;
      return;
    }
    const auto now = Clock::now();
    latencies_.push_back(std::chrono::duration<float, std::micro>(now - c.since).count());
    ++statuses_[std::atoi(answer.data() + 9)];
    ++answered_;
    reply_bytes_ += answer.size();
    c.received.clear();
    c.busy = false;
    if (options_.rate <= 0 && answered_ + errors_ < options_.count) return send(c, now);
    idle_.push_back(index);
  }

  static bool complete(std::string_view answer) {
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == std::string_view::npos) return false;
    static constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = answer.substr(0, head).find(kLength);
    const std::size_t body = at == std::string_view::npos
                                 ? 0
                                 : std::strtoul(answer.data() + at + kLength.size(), nullptr, 10);
    return answer.size() >= head + 4 + body;
  }

  const Options& options_;
  const std::vector<std::string> requests_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::vector<float> latencies_;
  std::map<int, unsigned long long> statuses_;
  unsigned long long answered_ = 0, errors_ = 0, planned_ = 0, reply_bytes_ = 0;
  Clock::time_point started_{}, ended_{};
};

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--print-request-bytes") {
      o.print_request_bytes = true;
      continue;
    }
    if (name == "--spin") {
      o.spin = true;
      continue;
    }
    if (i + 1 >= argc) {
      std::fprintf(stderr, "%s needs a value\n", name.c_str());
      std::exit(2);
    }
    const char* value = argv[++i];
    if (name == "--port")
      o.port = std::atoi(value);
    else if (name == "--connections")
      o.connections = std::max(1, std::atoi(value));
    else if (name == "--seconds")
      o.seconds = std::atof(value);
    else if (name == "--count")
      o.count = std::strtoull(value, nullptr, 10);
    else if (name == "--rate")
      o.rate = std::atof(value);
    else if (name == "--pid")
      o.pid = std::atol(value);
    else if (name == "--requests")
      o.requests = value;
    else if (name == "--template")
      o.request_template = value;
    else if (name == "--tokens")
      o.tokens = value;
    else {
      std::fprintf(stderr, "unknown option %s\n", name.c_str());
      std::exit(2);
    }
  }
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::vector<std::string> requests = make_requests(options);
  if (options.print_request_bytes) {
    std::printf("%zu\n", requests.front().size());
    return 0;
  }
  Load load(options, std::move(requests));
  if (!load.connect_all()) {
    std::perror("connect");
    return 1;
  }
  const double before = options.pid != 0 ? cpu_seconds(options.pid) : 0;
  load.run();
  load.report(options.pid != 0 ? cpu_seconds(options.pid) - before : 0);
  return 0;
}
