// The whole way of a mail, with a sender that is killed between any two steps and started again: of
// each mail at most one arrives, and what did not arrive for certain is said to be in doubt.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "adapters/smtp/smtp_mailer.h"
#include "adapters/sql/sql_stores.h"
#include "conformance/smtp/private_directory.h"
#include "conformance/smtp/servers.h"
#include "notify/mail_sender.h"

namespace onrush {
namespace {

using namespace onrush::testing;
using namespace std::chrono_literals;
namespace event = sale::event;

constexpr std::int64_t kEpoch = 1'790'000'000'000;
constexpr std::uint64_t kOrders = 3;

template <class T>
T opened(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// Counts the steps of a mail and dies at one of them, as if the power had failed.
struct Steps {
  int die_at = -1;
  int done = 0;
  void step() {
    if (++done == die_at) ::kill(::getpid(), SIGKILL);
  }
};

class SteppedMailer final : public ports::Mailer {
 public:
  SteppedMailer(ports::Mailer& inner, Steps& steps) : inner_(inner), steps_(steps) {}
  Status send(const ports::Mail& mail) override {
    steps_.step();
    auto sent = inner_.send(mail);
    steps_.step();
    return sent;
  }

 private:
  ports::Mailer& inner_;
  Steps& steps_;
};

class SteppedOutbox final : public ports::MailOutbox {
 public:
  SteppedOutbox(ports::MailOutbox& inner, Steps& steps) : inner_(inner), steps_(steps) {}
  Result<std::vector<ports::OutboxMail>> claim(TimePoint now, std::uint32_t limit) override {
    auto claimed = inner_.claim(now, limit);
    if (claimed && !claimed->empty()) steps_.step();
    return claimed;
  }
  Status mark_sent(std::uint64_t id, TimePoint at) override {
    auto marked = inner_.mark_sent(id, at);
    steps_.step();
    return marked;
  }
  Status mark_failed(std::uint64_t id, std::optional<TimePoint> next,
                     const std::string& reason) override {
    return inner_.mark_failed(id, next, reason);
  }
  Status mark_in_doubt(std::uint64_t id, const std::string& reason) override {
    return inner_.mark_in_doubt(id, reason);
  }
  Result<Counts> counts() override { return inner_.counts(); }

 private:
  ports::MailOutbox& inner_;
  Steps& steps_;
};

// Everything that a sending process has, over one directory.
struct Process {
  Process(const std::filesystem::path& directory, std::uint16_t port, Steps& steps)
      : model(opened(sql::open_read_model({directory, 2, Millis{5'000}}))),
        accounts(opened(sql::open_accounts({directory, 2, Millis{5'000}}))),
        outbox(opened(sql::open_mail_outbox({directory, 2, Millis{5'000}}, *model, *accounts))),
        stepped_outbox(*outbox, steps) {
    smtp::SmtpOptions options;
    options.host = "127.0.0.1";
    options.port = port;
    options.security = smtp::Security::none;
    options.from_address = "shop@example.com";
    mailer = opened(smtp::open_smtp_mailer(options, clock));
    stepped_mailer = std::make_unique<SteppedMailer>(*mailer, steps);
    notify::MailPolicy policy;
    policy.shop_url = "https://shop.example.com";
    policy.poll_interval = 10ms;
    policy.retry_min = policy.retry_max = 20ms;
    policy.tries_max = 100;
    sender = std::make_unique<notify::MailSender>(stepped_outbox, *accounts, *stepped_mailer, clock,
                                                  policy);
  }
  ports::MailOutbox::Counts run_until_nothing_is_due() {
    sender->start();
    ports::MailOutbox::Counts counts;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    do {
      std::this_thread::sleep_for(5ms);
      counts = outbox->counts().value();
    } while ((counts.pending + counts.claimed > 0 ||
              counts.sent + counts.in_doubt + counts.dead < kOrders) &&
             std::chrono::steady_clock::now() < deadline);
    sender->stop();
    return outbox->counts().value();
  }

  ports::SystemClock clock;
  std::unique_ptr<sql::ReadModel> model;
  std::unique_ptr<sql::Accounts> accounts;
  std::unique_ptr<ports::MailOutbox> outbox;
  SteppedOutbox stepped_outbox;
  std::unique_ptr<ports::Mailer> mailer;
  std::unique_ptr<SteppedMailer> stepped_mailer;
  std::unique_ptr<notify::MailSender> sender;
};

// kOrders paid orders of one buyer.
void fill(const std::filesystem::path& directory) {
  const auto model = opened(sql::open_read_model({directory}));
  const auto accounts = opened(sql::open_accounts({directory}));
  ports::Account account;
  account.email = "ann@example.com";
  account.language = "zh";
  const auto buyer = accounts->create(account).value().id;
  auto rules = std::make_shared<sale::SaleRules>();
  rules->key = "618";
  rules->title = {"Mid-year sale", "年中大促"};
  rules->items.emplace_back();
  rules->items[0].key = "power-bank";
  rules->items[0].title = {"Power bank", "充电宝"};
  ports::JournalBatch batch;
  batch.first_seq = 1;
  batch.at = from_millis(kEpoch);
  batch.events.push_back(event::SaleDefined{sale::SaleNo{1}, rules, "olga"});
  for (std::uint64_t i = 1; i <= kOrders; ++i) {
    event::HoldGranted hold;
    hold.sale = sale::SaleNo{1};
    hold.order = sale::OrderId{i};
    hold.buyer = buyer;
    hold.units.push_back({sale::ItemNo{0}, sale::UnitNo{static_cast<std::uint32_t>(i)}});
    batch.events.push_back(hold);
    batch.events.push_back(event::OrderConfirmed{sale::SaleNo{1}, sale::OrderId{i}, buyer, ""});
  }
  const auto applied = model->apply(std::span(&batch, 1));
  if (!applied) throw std::runtime_error(applied.error().message);
}

// Runs a sender in a process of its own that dies at step `die_at`; true if it did.
bool run_and_die(const std::filesystem::path& directory, std::uint16_t port, int die_at) {
  const pid_t child = ::fork();
  if (child == 0) {
    Steps steps{die_at, 0};
    Process process(directory, port, steps);
    process.run_until_nothing_is_due();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// How many of the mails are about this order.
std::size_t mails_of(const std::vector<std::string>& mails, std::uint64_t order) {
  const std::string id = "Message-ID: <onrush.paid." + std::to_string(order) + "@shop.example.com>";
  return static_cast<std::size_t>(
      std::count_if(mails.begin(), mails.end(),
                    [&](const std::string& mail) { return mail.find(id) != std::string::npos; }));
}

TEST(MailRestart, one_mail_an_order_whenever_the_sender_is_killed) {
  const PrivateDirectory directory;
  // Steps of a mail: claimed, about to send, sent, recorded. The second mail dies at each of them.
  for (int die_at = 5; die_at <= 8; ++die_at) {
    const auto place = directory.path() / std::to_string(die_at);
    const RealSmtpServer server(place / "box");
    fill(place);
    ASSERT_TRUE(run_and_die(place, server.port(), die_at)) << "step " << die_at;

    Steps never;
    Process process(place, server.port(), never);
    const auto counts = process.run_until_nothing_is_due();
    const auto mails = server.mails();
    const bool in_doubt = die_at < 8;  // claimed and not recorded
    const bool arrived = die_at >= 7;  // sent before it died
    EXPECT_EQ(counts.in_doubt, in_doubt ? 1u : 0u) << "step " << die_at;
    EXPECT_EQ(counts.sent, in_doubt ? kOrders - 1 : kOrders) << "step " << die_at;
    EXPECT_EQ(mails_of(mails, 1), 1u) << "step " << die_at;
    EXPECT_EQ(mails_of(mails, 2), arrived ? 1u : 0u) << "step " << die_at;
    EXPECT_EQ(mails_of(mails, 3), 1u) << "step " << die_at;
  }
}

TEST(MailRestart, stopping_and_starting_again_and_again_sends_each_mail_once) {
  const PrivateDirectory directory;
  const RealSmtpServer server(directory.path() / "box");
  fill(directory.path());
  Steps never;
  for (int i = 0; i < 10; ++i) {
    Process process(directory.path(), server.port(), never);
    process.sender->start();
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
    process.sender->stop();
  }
  Process process(directory.path(), server.port(), never);
  const auto counts = process.run_until_nothing_is_due();
  EXPECT_EQ(counts.sent, kOrders);
  EXPECT_EQ(counts.in_doubt, 0u);
  EXPECT_EQ(server.mails().size(), kOrders);
}

TEST(MailRestart, a_server_that_drops_after_the_text_leaves_mails_in_doubt_and_sent_once) {
  const PrivateDirectory directory;
  const FaultySmtpServer server(Fault::drop_after_text);
  fill(directory.path());
  Steps never;
  Process process(directory.path(), server.port(), never);
  const auto counts = process.run_until_nothing_is_due();
  EXPECT_EQ(counts.in_doubt, kOrders);
  EXPECT_EQ(server.texts_taken(), static_cast<int>(kOrders));
}

TEST(MailRestart, a_server_that_says_later_is_tried_again_until_it_takes_them) {
  const PrivateDirectory directory;
  fill(directory.path());
  Steps never;
  {
    const FaultySmtpServer server(Fault::recipient_later);
    Process process(directory.path(), server.port(), never);
    process.sender->start();
    std::this_thread::sleep_for(100ms);
    process.sender->stop();
    EXPECT_EQ(process.outbox->counts().value().pending, kOrders);
  }
  const RealSmtpServer server(directory.path() / "box");
  Process process(directory.path(), server.port(), never);
  EXPECT_EQ(process.run_until_nothing_is_due().sent, kOrders);
  EXPECT_EQ(server.mails().size(), kOrders);
}

TEST(MailRestart, a_refused_address_is_given_up) {
  const PrivateDirectory directory;
  fill(directory.path());
  const FaultySmtpServer server(Fault::recipient_refused);
  Steps never;
  Process process(directory.path(), server.port(), never);
  EXPECT_EQ(process.run_until_nothing_is_due().dead, kOrders);
}

}  // namespace
}  // namespace onrush
