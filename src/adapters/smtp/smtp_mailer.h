// Sends mail to an SMTP server (docs/mail.md): one text, one recipient, bounded time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ports/clock.h"
#include "ports/mailer.h"

namespace onrush::smtp {

enum class Security : std::uint8_t {
  none,      // plain text; no user and password beyond loopback
  starttls,  // plain connect, then TLS or nothing
  tls,       // TLS from the first byte (port 465)
};

struct SmtpOptions {
  std::string host;
  std::uint16_t port = 587;
  Security security = Security::starttls;
  std::string user;  // "" = the server wants none
  std::string password;
  std::string from_address;  // envelope sender and From:
  std::string from_name;     // "" = the address alone; UTF-8
  std::string ca_file;       // "" = the system's certificates
  Millis connect_deadline{5'000};
  Millis total_deadline{30'000};  // of one mail, connecting included
};

// send() is thread-safe; mails go one after another, over one connection while the server keeps it.
// `clock` outlives the mailer. Error: invalid (the options contradict themselves).
[[nodiscard]] Result<std::unique_ptr<ports::Mailer>> open_smtp_mailer(SmtpOptions options,
                                                                      const ports::Clock& clock);

}  // namespace onrush::smtp
