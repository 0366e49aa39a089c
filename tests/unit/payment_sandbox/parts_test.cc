// The parts of the sandbox that need neither a network nor a server.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/payment_sandbox/behaviour.h"
#include "adapters/payment_sandbox/hosted_page.h"
#include "adapters/payment_sandbox/ledger.h"
#include "adapters/payment_sandbox/signature.h"
#include "base/web_form.h"

namespace onrush::payment_sandbox {
namespace {

const TimePoint kNow = from_millis(1'795'000'000'000);

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "onrush-sandbox-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file() const { return (path_ / "payments.jsonl").string(); }

 private:
  std::filesystem::path path_;
};

SandboxPayment payment(std::uint64_t id, std::int64_t amount = 9'900) {
  SandboxPayment p;
  p.payment = sale::PaymentId{id};
  p.order = sale::OrderId{id + 1'000};
  p.amount = sale::Money{amount};
  p.currency = "CNY";
  p.description = "a \"power bank\"\nand more";
  p.return_url = "https://shop.example/orders/1";
  p.deadline = kNow + std::chrono::minutes{10};
  p.created_at = p.changed_at = kNow;
  return p;
}

TEST(Signature, holds_for_its_body_its_secret_and_five_minutes) {
  const HmacSha256 key(std::string_view("secret"));
  const std::string header = sign_callback(key, kNow, "{}");
  EXPECT_TRUE(header.starts_with("t=1795000000,v1="));
  EXPECT_TRUE(check_signature(key, header, "{}", kNow));
  EXPECT_TRUE(check_signature(key, header, "{}", kNow + std::chrono::minutes{5}));
  EXPECT_FALSE(check_signature(key, header, "{}", kNow + std::chrono::minutes{5} + Millis{1}));
  EXPECT_FALSE(check_signature(key, header, "{}", kNow - std::chrono::minutes{6}));
  EXPECT_FALSE(check_signature(key, header, "{ }", kNow));
  EXPECT_FALSE(check_signature(HmacSha256(std::string_view("Secret")), header, "{}", kNow));
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string changed = header;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(check_signature(key, changed, "{}", kNow)) << i;
    EXPECT_FALSE(check_signature(key, header.substr(0, i), "{}", kNow)) << i;
  }
}

TEST(Behaviour, is_read_and_decided_repeatably) {
  const auto plan =
      BehaviourPlan::parse("late:1500,duplicate:3,reorder,lost@0,unknown:20,refuse_refunds:30");
  ASSERT_TRUE(plan);
  const Behaviour b = plan->decide(1, sale::PaymentId{5});
  EXPECT_EQ(b.late, Millis{1'500});
  EXPECT_EQ(b.copies, 3u);
  EXPECT_TRUE(b.reorder);
  EXPECT_FALSE(b.lost) << "a share of nothing";
  EXPECT_EQ(b.unknown_for, Millis{20});
  EXPECT_EQ(b.refuse_refunds_for, Millis{30});

  const auto some = BehaviourPlan::parse("lost@20,late:5@50");
  ASSERT_TRUE(some);
  int lost = 0;
  int differ = 0;
  for (std::uint64_t id = 1; id <= 10'000; ++id) {
    const bool is_lost = some->decide(1, sale::PaymentId{id}).lost;
    EXPECT_EQ(is_lost, some->decide(1, sale::PaymentId{id}).lost);
    lost += is_lost ? 1 : 0;
    differ += is_lost != some->decide(2, sale::PaymentId{id}).lost ? 1 : 0;
  }
  EXPECT_NEAR(lost, 2'000, 200);
  EXPECT_GT(differ, 1'000) << "another seed draws others";
}

TEST(Behaviour, what_it_does_not_know_is_an_error) {
  for (const char* bad :
       {"slow", "late", "late:", "late:x", "late:-1", "late:3600001", "lost:1", "lost@101", "lost@",
        "duplicate:0", "duplicate:11", ",", "lost,,reorder", "late:1:2"}) {
    EXPECT_FALSE(BehaviourPlan::parse(bad)) << bad;
  }
  EXPECT_TRUE(BehaviourPlan::parse(""));
}

TEST(Ledger, money_moves_once_and_only_forward) {
  const auto ledger = *Ledger::open("");
  ASSERT_TRUE(ledger->create(payment(1)));
  EXPECT_FALSE(ledger->refund(sale::PaymentId{1}, kNow)) << "nothing captured yet";
  const auto captured = ledger->capture(sale::PaymentId{1}, kNow, "");
  ASSERT_TRUE(captured);
  EXPECT_FALSE(captured->repeated);
  EXPECT_TRUE(ledger->capture(sale::PaymentId{1}, kNow, "")->repeated);
  EXPECT_FALSE(ledger->decline(sale::PaymentId{1}, kNow, ""));
  EXPECT_FALSE(ledger->refund(sale::PaymentId{1}, kNow)->repeated);
  EXPECT_TRUE(ledger->refund(sale::PaymentId{1}, kNow)->repeated);
  EXPECT_FALSE(ledger->capture(sale::PaymentId{1}, kNow, ""));
  EXPECT_FALSE(ledger->capture(sale::PaymentId{2}, kNow, "")) << "unknown";
  const Totals totals = ledger->totals();
  EXPECT_EQ(totals.captured, 1u);
  EXPECT_EQ(totals.captured_sum, sale::Money{9'900});
  EXPECT_EQ(totals.refunded_sum, sale::Money{9'900});
}

TEST(Ledger, a_payment_is_made_once_and_for_one_amount) {
  const auto ledger = *Ledger::open("");
  ASSERT_TRUE(ledger->create(payment(1)));
  ASSERT_TRUE(ledger->capture(sale::PaymentId{1}, kNow, ""));
  const auto again = ledger->create(payment(1));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->phase, PaymentPhase::captured);
  EXPECT_FALSE(ledger->create(payment(1, 1)));
}

TEST(Ledger, a_file_brings_everything_back_and_a_torn_last_line_is_cut_off) {
  const TempDir dir;
  {
    const auto ledger = *Ledger::open(dir.file());
    for (std::uint64_t id = 1; id <= 5; ++id) ASSERT_TRUE(ledger->create(payment(id)));
    ASSERT_TRUE(ledger->capture(sale::PaymentId{1}, kNow, "late:5"));
    ASSERT_TRUE(ledger->capture(sale::PaymentId{2}, kNow, ""));
    ASSERT_TRUE(ledger->refund(sale::PaymentId{2}, kNow));
    ASSERT_TRUE(ledger->decline(sale::PaymentId{3}, kNow, ""));
    EXPECT_FALSE(Ledger::open(dir.file())) << "one process at a time";
  }
  std::ofstream(dir.file(), std::ios::app) << R"({"op":"captured","payment":4,"at)";
  for (int round = 0; round < 2; ++round) {
    const auto ledger = Ledger::open(dir.file());
    ASSERT_TRUE(ledger) << ledger.error().message;
    EXPECT_EQ((*ledger)->find(sale::PaymentId{1})->phase, PaymentPhase::captured);
    EXPECT_EQ((*ledger)->find(sale::PaymentId{1})->behaviour, "late:5");
    EXPECT_EQ((*ledger)->find(sale::PaymentId{1})->description, payment(1).description);
    EXPECT_EQ((*ledger)->find(sale::PaymentId{2})->phase, PaymentPhase::refunded);
    EXPECT_EQ((*ledger)->find(sale::PaymentId{3})->phase, PaymentPhase::declined);
    EXPECT_EQ((*ledger)->find(sale::PaymentId{4})->phase, PaymentPhase::open);
    if (round == 1) {
      EXPECT_EQ((*ledger)->find(sale::PaymentId{6})->phase, PaymentPhase::captured);
    } else {
      ASSERT_TRUE((*ledger)->create(payment(6)));
      ASSERT_TRUE((*ledger)->capture(sale::PaymentId{6}, kNow, ""));
    }
  }
}

TEST(Ledger, damage_in_the_middle_of_a_file_is_not_passed_over) {
  for (const char* bad :
       {"garbage", R"({"op":"captured","payment":9,"behaviour":"","at":1})",
        R"({"op":"refunded","payment":1,"behaviour":"","at":1})", R"({"op":"created"})",
        R"({"op":"stolen","payment":1,"behaviour":"","at":1})"}) {
    const TempDir dir;
    { ASSERT_TRUE((*Ledger::open(dir.file()))->create(payment(1))); }
    std::ofstream(dir.file(), std::ios::app) << bad << '\n';
    const auto ledger = Ledger::open(dir.file());
    ASSERT_FALSE(ledger) << bad;
    EXPECT_EQ(ledger.error().kind, ErrorKind::corrupt);
    EXPECT_NE(ledger.error().message.find("line 2"), std::string::npos) << ledger.error().message;
  }
}

TEST(Ledger, what_was_captured_is_in_the_file_before_the_call_returns) {
  const TempDir dir;
  const auto ledger = *Ledger::open(dir.file());
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= 50; ++i) {
        const std::uint64_t id = t * 1'000 + i;
        ASSERT_TRUE(ledger->create(payment(id)));
        ASSERT_TRUE(ledger->capture(sale::PaymentId{id}, kNow, ""));
        if (i % 10 != 0) continue;
        std::ifstream in(dir.file());
        const std::string all((std::istreambuf_iterator<char>(in)), {});
        EXPECT_NE(all.find(R"({"op":"captured","payment":)" + std::to_string(id) + ','),
                  std::string::npos);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ledger->totals().captured, 200u);
}

TEST(HostedPage, shows_the_amount_in_its_currency) {
  EXPECT_EQ(money_text(sale::Money{9'900}, "CNY"), "CNY 99.00");
  EXPECT_EQ(money_text(sale::Money{5}, "EUR"), "EUR 0.05");
  EXPECT_EQ(money_text(sale::Money{9'900}, "JPY"), "JPY 9900");
  EXPECT_EQ(money_text(sale::Money{1'234}, "KWD"), "KWD 1.234");
}

TEST(HostedPage, escapes_what_it_was_given_and_speaks_both_languages) {
  SandboxPayment p = payment(1);
  p.description = "<script>alert('x')</script>";
  const std::string en = payment_page(p, Language::en, "lost");
  EXPECT_EQ(en.find("<script"), std::string::npos);
  EXPECT_NE(en.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(en.find("CNY 99.00"), std::string::npos);
  EXPECT_NE(en.find("name=\"behaviour\" value=\"lost\""), std::string::npos);
  EXPECT_NE(payment_page(p, Language::zh, "").find("付款"), std::string::npos);
  EXPECT_EQ(language_of("zh-CN,zh;q=0.9,en;q=0.8", ""), Language::zh);
  EXPECT_EQ(language_of("en-GB,en;q=0.9,zh;q=0.8", ""), Language::en);
  EXPECT_EQ(language_of("", ""), Language::en);
  EXPECT_EQ(language_of("en", "zh"), Language::zh);
}

TEST(WebForm, fields_are_decoded) {
  EXPECT_EQ(form_field("a=1&b=x%2By+z&c=", "b"), "x+y z");
  EXPECT_EQ(form_field("a=1&c=", "c"), "");
  EXPECT_EQ(form_field("a=1", "b"), std::nullopt);
  for (const char* bad : {"b=%", "b=%4", "b=%zz"})
    EXPECT_EQ(form_field(bad, "b"), std::nullopt) << bad;
}

}  // namespace
}  // namespace onrush::payment_sandbox
