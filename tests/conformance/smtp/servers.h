// SMTP servers for tests, on loopback and free ports: a real one (aiosmtpd) that files what it
// gets, and one that misbehaves on purpose.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace onrush::testing {

// A program of its own; its mails lie in DIR/new, one a file.
class RealSmtpServer {
 public:
  // Throws std::runtime_error if it does not come up.
  explicit RealSmtpServer(const std::filesystem::path& directory);
  ~RealSmtpServer();
  RealSmtpServer(const RealSmtpServer&) = delete;
  RealSmtpServer& operator=(const RealSmtpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<std::string> mails() const;

 private:
  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

enum class Fault {
  none,
  greeting_refused,  // 554 instead of 220
  drop_at_connect,
  recipient_later,    // 451 to RCPT
  recipient_refused,  // 550 to RCPT
  text_later,         // 451 after the final dot
  text_refused,       // 554 after the final dot
  drop_after_text,    // takes the final dot, says nothing, closes
  silent_after_text,  // takes the final dot and keeps the connection open
  drop_at_data,       // closes instead of 354
};

class FaultySmtpServer {
 public:
  explicit FaultySmtpServer(Fault fault);
  ~FaultySmtpServer();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int texts_taken() const { return texts_taken_; }

 private:
  void serve();
  void converse(int client);

  Fault fault_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> texts_taken_{0};
  std::thread thread_;
};

// A port of 127.0.0.1 on which nobody listens at this moment.
[[nodiscard]] std::uint16_t free_port();

}  // namespace onrush::testing
