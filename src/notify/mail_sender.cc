#include "notify/mail_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/thread_name.h"
#include "notify/mail_text.h"

namespace onrush::notify {

namespace {

constexpr int kRecordTries =
    5;  // a lost record makes a sent mail look doubtful: worth some patience
constexpr Millis kRecordPause{200};

}  // namespace

struct MailSender::Impl {
  ports::MailOutbox& outbox;
  ports::AccountStore& accounts;
  ports::Mailer& mailer;
  const ports::Clock& clock;
  MailPolicy policy;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::thread thread;
  std::mt19937 random{std::random_device{}()};
  bool store_fails = false;  // so that a lasting failure is one line in the log, not one a round

  Impl(ports::MailOutbox& o, ports::AccountStore& a, ports::Mailer& m, const ports::Clock& c,
       MailPolicy p)
      : outbox(o), accounts(a), mailer(m), clock(c), policy(std::move(p)) {
    while (policy.shop_url.ends_with('/')) policy.shop_url.pop_back();
    policy.batch = std::max(1u, policy.batch);
  }

  void run() {
    while (!is_stopping()) {
      const bool go_on = send_some();
      if (!go_on) pause(policy.poll_interval);
    }
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  void pause(Millis time) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, time, [this] { return stopping; });
  }

  // True: there may be more to do at once.
  bool send_some() {
    auto claimed = outbox.claim(clock.now(), policy.batch);
    if (!claimed) {
      if (!std::exchange(store_fails, true)) {
        report("the outbox cannot be read: " + claimed.error().message);
      }
      return false;
    }
    store_fails = false;
    bool server_works = true;
    for (const auto& mail : *claimed) {
      if (is_stopping() || !server_works) {
        // Not begun: it goes back untouched. After a failed try the rest would only fail the same
        // way.
        record([&] { return outbox.mark_failed(mail.id, clock.now(), "not tried yet"); });
      } else {
        server_works = send_one(mail);
      }
    }
    return server_works && !claimed->empty();
  }

  // False: the server could not be used; give it a rest.
  bool send_one(const ports::OutboxMail& mail) {
    const auto account = accounts.find(mail.buyer);
    if (!account) {
      retry_or_give_up(mail, account.error().message);
      return false;
    }
    if (!*account || (*account)->email.empty()) {
      give_up(mail, "the buyer has no e-mail address any more");
      return true;
    }
    if (is_too_late(mail)) {
      give_up(mail, mail.kind == ports::MailKind::sale_opens
                        ? "the sale was over before the mail could be sent"
                        : "the hold was over before the mail could be sent");
      return true;
    }
    ports::Mail text = render(mail, (*account)->language, policy.shop_url);
    text.to = (*account)->email;
    const Status sent = mailer.send(text);
    if (sent) {
      record([&] { return outbox.mark_sent(mail.id, clock.now()); });
      return true;
    }
    return handle_failure(mail, sent.error());
  }

  bool handle_failure(const ports::OutboxMail& mail, const Error& error) {
    switch (error.kind) {
      case ErrorKind::invalid:
      case ErrorKind::rejected:
      case ErrorKind::corrupt:
        give_up(mail, error.message);
        return true;
      case ErrorKind::retryable:
        retry_or_give_up(mail, error.message);
        return false;
      case ErrorKind::unknown_outcome:
        report(mail, "is in doubt and not sent again", error.message);
        record([&] { return outbox.mark_in_doubt(mail.id, error.message); });
        return false;
    }
    return false;
  }

  // An offer that cannot be taken any more must not be made.
  bool is_too_late(const ports::OutboxMail& mail) {
    if (mail.kind == ports::MailKind::sale_opens) {
      return mail.reminder.phase >= sale::Phase::closed || mail.reminder.closes_at <= clock.now();
    }
    return mail.kind == ports::MailKind::standby_turn &&
           (mail.order.state != sale::OrderState::awaiting_payment ||
            mail.order.deadline <= clock.now());
  }

  void give_up(const ports::OutboxMail& mail, const std::string& reason) {
    report(mail, "is given up", reason);
    record([&] { return outbox.mark_failed(mail.id, std::nullopt, reason); });
  }

  void retry_or_give_up(const ports::OutboxMail& mail, const std::string& reason) {
    if (mail.tries >= policy.tries_max) return give_up(mail, reason);
    const TimePoint next = clock.now() + back_off(mail.tries);
    report(mail, "will be tried again", reason);
    record([&] { return outbox.mark_failed(mail.id, next, reason); });
  }

  // Doubles with each try up to the longest; jitter takes up to half away, so that many mails that
  // failed together do not come back together.
  Millis back_off(std::uint32_t tries) {
    const std::int64_t longest = std::max<std::int64_t>(2, policy.retry_max.count());
    std::int64_t wait = std::max<std::int64_t>(2, policy.retry_min.count());
    for (std::uint32_t i = 1; i < tries && wait < longest; ++i) wait *= 2;
    wait = std::min(wait, longest);
    return Millis{std::uniform_int_distribution<std::int64_t>(wait / 2, wait)(random)};
  }

  void report(const std::string& line) const {
    if (policy.report) policy.report(line);
  }
  void report(const ports::OutboxMail& mail, std::string_view what, const std::string& why) const {
    if (mail.kind == ports::MailKind::sale_opens) {
      report(fmt::format("mail {} of registration {} {}: {}", mail.id, mail.reminder.registration,
                         what, why));
    } else {
      report(
          fmt::format("mail {} of order {} {}: {}", mail.id, mail.order.order.value(), what, why));
    }
  }

  template <class Write>
  void record(Write&& write) {
    for (int i = 1;; ++i) {
      const Status done = write();
      if (done) return;
      if (i == kRecordTries || done.error().kind != ErrorKind::retryable) {
        report("what became of a mail cannot be recorded: " + done.error().message);
        return;  // the claim stays open, and is in doubt at the next start
      }
      pause(kRecordPause);
    }
  }
};

MailSender::MailSender(ports::MailOutbox& outbox, ports::AccountStore& accounts,
                       ports::Mailer& mailer, const ports::Clock& clock, MailPolicy policy)
    : impl_(std::make_unique<Impl>(outbox, accounts, mailer, clock, std::move(policy))) {}

MailSender::~MailSender() {
  stop();
}

void MailSender::start() {
  if (impl_->thread.joinable()) return;
  impl_->stopping = false;
  impl_->thread = std::thread([this] {
    name_this_thread("mail");
    impl_->run();
  });
}

void MailSender::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace onrush::notify
