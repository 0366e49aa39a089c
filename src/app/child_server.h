// A server of our own as a child process, for the demo: started on free ports, stopped when this
// goes away.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace onrush::app {

// The file in the data directory by which a server tells its URLs once it serves:
// {"general":"http://…",…}.
inline constexpr const char* kEndpointsFile = "endpoints.json";

class ChildServer {
 public:
  ChildServer() = default;
  ~ChildServer();  // stop()
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  // Runs `program serve` with these arguments, its output in `log_path`; returns when it serves.
  // Errors: rejected (it ended, with the end of its log), retryable (not ready in time).
  [[nodiscard]] Status start(const std::string& program, const std::vector<std::string>& arguments,
                             const std::string& data_dir, const std::string& log_path,
                             Millis timeout);
  // SIGTERM, a grace, SIGKILL. The exit code, or -1 if it had to be killed. Idempotent.
  int stop(Millis grace);
  [[nodiscard]] bool running();
  [[nodiscard]] const std::map<std::string, std::string>& urls() const { return urls_; }

 private:
  pid_t pid_ = -1;
  int exit_code_ = 0;
  std::map<std::string, std::string> urls_;
};

// The first of `count` consecutive free loopback ports at or after `from`; `from` itself if all
// else fails.
[[nodiscard]] std::uint16_t free_ports(std::uint16_t from, unsigned count);

}  // namespace onrush::app
