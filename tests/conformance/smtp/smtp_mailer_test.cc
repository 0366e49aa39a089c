#include "adapters/smtp/smtp_mailer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/smtp/message.h"
#include "conformance/smtp/private_directory.h"
#include "conformance/smtp/servers.h"

namespace onrush {
namespace {

using namespace onrush::testing;

const ports::SystemClock kClock;

smtp::SmtpOptions options_for(std::uint16_t port) {
  smtp::SmtpOptions options;
  options.host = "127.0.0.1";
  options.port = port;
  options.security = smtp::Security::none;
  options.from_address = "shop@example.com";
  options.from_name = "小店";
  return options;
}

std::unique_ptr<ports::Mailer> mailer_for(smtp::SmtpOptions options) {
  auto mailer = smtp::open_smtp_mailer(std::move(options), kClock);
  if (!mailer) throw std::runtime_error(mailer.error().message);
  return std::move(*mailer);
}

ports::Mail example(const std::string& to = "ann@example.com") {
  return {to, "Order 1", "Hello,\n.\nthe dot above is a line of the text.\n", "1@example.com"};
}

// The kind of error with which a mail fails at a server with this fault.
std::string outcome(Fault fault, Millis deadline = Millis{10'000}) {
  const FaultySmtpServer server(fault);
  auto options = options_for(server.port());
  options.total_deadline = deadline;
  const auto sent = mailer_for(options)->send(example());
  if (sent) return "sent";
  switch (sent.error().kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::rejected:
      return "rejected";
    case ErrorKind::retryable:
      return "retryable";
    case ErrorKind::unknown_outcome:
      return "unknown";
    case ErrorKind::corrupt:
      return "corrupt";
  }
  return "";
}

TEST(SmtpMailer, says_whether_a_mail_was_sent_refused_or_is_unknown) {
  EXPECT_EQ(outcome(Fault::none), "sent");
  EXPECT_EQ(outcome(Fault::greeting_refused), "retryable");
  EXPECT_EQ(outcome(Fault::drop_at_connect), "retryable");
  EXPECT_EQ(outcome(Fault::recipient_later), "retryable");
  EXPECT_EQ(outcome(Fault::recipient_refused), "rejected");
  EXPECT_EQ(outcome(Fault::drop_at_data), "retryable");
  EXPECT_EQ(outcome(Fault::text_later), "retryable");
  EXPECT_EQ(outcome(Fault::text_refused), "rejected");
  EXPECT_EQ(outcome(Fault::drop_after_text), "unknown");
  EXPECT_EQ(outcome(Fault::silent_after_text, Millis{700}), "unknown");
}

TEST(SmtpMailer, a_server_that_is_not_there_is_retryable) {
  const auto sent = mailer_for(options_for(free_port()))->send(example());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, ErrorKind::retryable);
}

TEST(SmtpMailer, a_real_server_gets_the_mail_as_it_was_meant) {
  const PrivateDirectory directory;
  const RealSmtpServer server(directory.path() / "box");
  const auto mailer = mailer_for(options_for(server.port()));
  ports::Mail mail = example();
  mail.subject = "订单已确认:年中大促 — a subject that is long enough to need more than one line";
  ASSERT_TRUE(mailer->send(mail));
  ASSERT_TRUE(mailer->send(example("bob@example.com"))) << "a second one over the same connection";
  const auto mails = server.mails();
  ASSERT_EQ(mails.size(), 2u);
  // Python's own e-mail library reads it back.
  const auto read_back = [&](const std::string& expression) {
    const std::string script =
        "import email, email.policy, glob\n"
        "ms = [email.message_from_binary_file(open(f, 'rb'), policy=email.policy.default)"
        " for f in glob.glob('" +
        (directory.path() / "box" / "new").string() +
        "/*')]\n"
        "m = [m for m in ms if m['To'] == 'ann@example.com'][0]\n"
        "print(" +
        expression + ", end='')\n";
    const auto file = directory.path() / "read.py";
    write_file(file, script);
    return output_of("/usr/bin/python3 " + file.string());
  };
  EXPECT_EQ(read_back("m['Subject']"), mail.subject);
  EXPECT_EQ(read_back("m['From'].addresses[0].display_name"), "小店");
  EXPECT_EQ(read_back("m['From'].addresses[0].addr_spec"), "shop@example.com");
  EXPECT_EQ(read_back("m['Message-ID']"), "<1@example.com>");
  EXPECT_EQ(read_back("m.get_content().replace('\\r\\n', '\\n')"), mail.text);
  EXPECT_EQ(read_back("str(m['Date'].datetime.tzinfo)"), "UTC");
  EXPECT_EQ(read_back("len(m.defects)"), "0");
}

TEST(SmtpMailer, addresses_that_are_more_than_one_address_are_refused_unsent) {
  const FaultySmtpServer server(Fault::none);
  const auto mailer = mailer_for(options_for(server.port()));
  for (const char* bad :
       {"", "ann", "@example.com", "ann@", "a@b@c", "ann@example.com\r\nRCPT TO:<eve@example.com>",
        "ann@example.com, eve@example.com", "ann@example.com;eve@example.com",
        "Ann <ann@example.com>", "\"a b\"@example.com", "ann @example.com", "ann@exa mple.com",
        ".ann@example.com", "ann@example..com", "a\tb@example.com", "安@example.com"}) {
    const auto sent = mailer->send(example(bad));
    ASSERT_FALSE(sent) << bad;
    EXPECT_EQ(sent.error().kind, ErrorKind::invalid) << bad;
  }
  ports::Mail mail = example();
  mail.subject = "two\r\nBcc: eve@example.com";
  EXPECT_EQ(mailer->send(mail).error().kind, ErrorKind::invalid);
  mail = example();
  mail.message_id = "1@x>\r\nBcc: <eve@example.com";
  EXPECT_EQ(mailer->send(mail).error().kind, ErrorKind::invalid);
  EXPECT_EQ(server.texts_taken(), 0);
}

TEST(SmtpMailer, starttls_is_never_skipped) {
  const FaultySmtpServer server(Fault::none);  // does not offer it
  auto options = options_for(server.port());
  options.security = smtp::Security::starttls;
  const auto sent = mailer_for(options)->send(example());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, ErrorKind::retryable);
  EXPECT_EQ(server.texts_taken(), 0);
}

TEST(SmtpMailer, a_password_does_not_leave_loopback_in_the_clear) {
  auto options = options_for(25);
  options.user = "shop";
  options.password = "hunter2";
  EXPECT_TRUE(smtp::open_smtp_mailer(options, kClock));
  options.host = "mail.example.com";
  const auto opened = smtp::open_smtp_mailer(options, kClock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::invalid);
  EXPECT_EQ(opened.error().message.find("hunter2"), std::string::npos);
}

TEST(SmtpMessage, lines_are_short_ascii_and_end_in_crlf) {
  ports::Mail mail = example();
  mail.subject = std::string(300, 'x') + "年中大促年中大促年中大促年中大促年中大促年中大促";
  mail.text = std::string(5'000, 'y') + "\r\nold\rnew\n充电宝";
  const auto message = smtp::to_message(mail, {"shop@example.com", "小店"}, from_millis(0));
  ASSERT_TRUE(message);
  std::size_t begin = 0;
  while (begin < message->size()) {
    const auto end = message->find("\r\n", begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - begin, 78u);
    begin = end + 2;
  }
  EXPECT_TRUE(std::all_of(message->begin(), message->end(),
                          [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  EXPECT_EQ(message->find("\n\n"), std::string::npos);
  EXPECT_TRUE(message->starts_with("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
}

}  // namespace
}  // namespace onrush
