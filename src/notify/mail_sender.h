// Sends what the mail outbox holds: claims, renders in the buyer's language, sends, records.
// Retries definite failures with back-off and jitter, and never sends one mail twice: a mail whose
// outcome nobody knows stays in doubt. Has one thread of its own. What it is given outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "ports/account_store.h"
#include "ports/clock.h"
#include "ports/mailer.h"
#include "ports/read_model.h"

namespace onrush::notify {

struct MailPolicy {
  std::string shop_url;  // links in mails start with it
  Millis poll_interval{500};
  std::uint32_t batch = 1;  // mails claimed at a time: a crash leaves up to this many in doubt
  Millis retry_min{5'000};
  Millis retry_max{3'600'000};
  unsigned tries_max = 12;
  // Called on the sender's thread with one English line for the log, without addresses. May be
  // empty.
  std::function<void(const std::string& line)> report;
};

class MailSender {
 public:
  MailSender(ports::MailOutbox& outbox, ports::AccountStore& accounts, ports::Mailer& mailer,
             const ports::Clock& clock, MailPolicy policy);
  ~MailSender();
  void start();
  void stop();  // idempotent; waits for the mail under way, bounded by the mailer's deadline

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::notify
