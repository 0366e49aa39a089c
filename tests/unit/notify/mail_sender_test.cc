#include "notify/mail_sender.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace onrush::notify {
namespace {

using namespace std::chrono_literals;

class SettableClock final : public ports::Clock {
 public:
  TimePoint now() const noexcept override { return from_millis(now_.load()); }
  void advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'790'000'000'000};
};

// What the sender reports, for one mail.
class FakeOutbox final : public ports::MailOutbox {
 public:
  explicit FakeOutbox(ports::OutboxMail mail) : mail_(std::move(mail)) {}

  Result<std::vector<ports::OutboxMail>> claim(TimePoint now, std::uint32_t) override {
    const std::lock_guard lock(mutex_);
    if (!due_ || *due_ > now) return std::vector<ports::OutboxMail>{};
    due_.reset();
    mail_.tries = ++tries_;
    return std::vector{mail_};
  }
  Status mark_sent(std::uint64_t, TimePoint) override { return note("sent"); }
  Status mark_failed(std::uint64_t, std::optional<TimePoint> next, const std::string&) override {
    const std::lock_guard lock(mutex_);
    due_ = next;
    if (next) waits_.push_back(*next);
    ends_.push_back(next ? "again" : "dead");
    changed_.notify_all();
    return {};
  }
  Status mark_in_doubt(std::uint64_t, const std::string&) override { return note("in_doubt"); }
  Result<Counts> counts() override { return Counts{}; }

  // The n-th thing that became of the mail (0-based), within a bounded time.
  std::string end(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return ends_.size() > n; });
    return ends_.size() > n ? ends_[n] : "nothing";
  }
  TimePoint wait(std::size_t n) {
    const std::lock_guard lock(mutex_);
    return waits_.at(n);
  }

 private:
  Status note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ends_.push_back(what);
    changed_.notify_all();
    return {};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  ports::OutboxMail mail_;
  std::optional<TimePoint> due_ = TimePoint{};
  std::uint32_t tries_ = 0;
  std::vector<std::string> ends_;
  std::vector<TimePoint> waits_;
};

class FakeAccounts final : public ports::AccountStore {
 public:
  std::string email = "ann@example.com";
  Result<ports::Account> create(ports::Account) override { return rejected("not here"); }
  Result<std::optional<ports::Account>> find_by_email(const std::string&) override {
    return std::optional<ports::Account>{};
  }
  Result<std::optional<ports::Account>> find(sale::BuyerId id) override {
    ports::Account account;
    account.id = id;
    account.email = email;
    account.language = "zh";
    return std::optional{account};
  }
  Result<std::vector<ports::Account>> staff() override { return std::vector<ports::Account>{}; }
  Status set_role(sale::BuyerId, ports::Role) override { return {}; }
  Status set_password(sale::BuyerId, const std::string&) override { return {}; }
  Result<sale::BuyerId> reserve_ids(std::uint64_t) override { return sale::BuyerId{1}; }
};

class FakeMailer final : public ports::Mailer {
 public:
  std::optional<Error> fails_with;
  Status send(const ports::Mail& mail) override {
    const std::lock_guard lock(mutex);
    sent.push_back(mail);
    if (fails_with) return *fails_with;
    return {};
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return sent.size();
  }
  std::mutex mutex;
  std::vector<ports::Mail> sent;
};

class MailSenderTest : public ::testing::Test {
 protected:
  void start(ports::MailKind kind = ports::MailKind::order_paid) {
    ports::OutboxMail mail;
    mail.id = 9;
    mail.kind = kind;
    mail.order.order = sale::OrderId{50};
    mail.order.state = sale::OrderState::awaiting_payment;
    mail.order.deadline = clock.now() + offer_lasts;
    outbox = std::make_unique<FakeOutbox>(mail);
    MailPolicy policy;
    policy.shop_url = "https://shop.example.com/";
    policy.poll_interval = 2ms;
    policy.retry_min = 1'000ms;
    policy.retry_max = 3'000ms;
    policy.tries_max = 4;
    sender = std::make_unique<MailSender>(*outbox, accounts, mailer, clock, policy);
    sender->start();
  }

  Millis offer_lasts{60'000};
  SettableClock clock;
  FakeAccounts accounts;
  FakeMailer mailer;
  std::unique_ptr<FakeOutbox> outbox;
  std::unique_ptr<MailSender> sender;
};

TEST_F(MailSenderTest, sends_in_the_buyers_language_with_a_link) {
  start();
  EXPECT_EQ(outbox->end(0), "sent");
  sender->stop();
  ASSERT_EQ(mailer.sent.size(), 1u);
  EXPECT_EQ(mailer.sent[0].to, "ann@example.com");
  EXPECT_NE(mailer.sent[0].text.find("订单"), std::string::npos);
  EXPECT_NE(mailer.sent[0].text.find("https://shop.example.com/order/50"), std::string::npos);
}

TEST_F(MailSenderTest, retries_with_growing_waits_and_gives_up_in_the_end) {
  mailer.fails_with = retryable("451");
  start();
  const Millis longest[] = {1'000ms, 2'000ms, 3'000ms};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(outbox->end(i), "again");
    const auto wait = outbox->wait(i) - clock.now();
    EXPECT_GE(wait, longest[i] / 2);
    EXPECT_LE(wait, longest[i]);
    EXPECT_EQ(mailer.count(), i + 1) << "not before its time";
    clock.advance(longest[i]);
  }
  EXPECT_EQ(outbox->end(3), "dead");
  EXPECT_EQ(mailer.count(), 4u);
}

TEST_F(MailSenderTest, a_refused_mail_is_dead_at_once) {
  mailer.fails_with = rejected("550");
  start();
  EXPECT_EQ(outbox->end(0), "dead");
}

TEST_F(MailSenderTest, an_unknown_outcome_is_in_doubt_and_not_sent_again) {
  mailer.fails_with = unknown_outcome("dropped");
  start();
  EXPECT_EQ(outbox->end(0), "in_doubt");
  clock.advance(Millis{100'000});
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(mailer.count(), 1u);
}

TEST_F(MailSenderTest, nobody_is_offered_a_hold_that_is_over) {
  offer_lasts = Millis{-1};
  start(ports::MailKind::standby_turn);
  EXPECT_EQ(outbox->end(0), "dead");
  EXPECT_EQ(mailer.count(), 0u);
}

TEST_F(MailSenderTest, a_buyer_without_an_address_gets_none) {
  accounts.email.clear();
  start();
  EXPECT_EQ(outbox->end(0), "dead");
  EXPECT_EQ(mailer.count(), 0u);
}

}  // namespace
}  // namespace onrush::notify
