// Client and server of the sandbox over real HTTP on loopback, with a merchant that receives its
// callbacks.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/payment_sandbox/sandbox_provider.h"
#include "adapters/payment_sandbox/sandbox_server.h"
#include "adapters/payment_sandbox/signature.h"
#include "support/http_receiver.h"

namespace onrush::payment_sandbox {
namespace {

using Kind = ports::ProviderNotice::Kind;
using testing::HttpReceiver;
using testing::ReceivedRequest;
using testing::ReceiverAnswer;

class SettableClock final : public ports::Clock {
 public:
  TimePoint now() const noexcept override { return from_millis(now_.load()); }
  void advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'795'000'000'000};
};

template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(Millis{1});
  }
  return true;
}

// Takes callbacks as the shop does: believes only what is signed, and can refuse the first few.
class Merchant {
 public:
  explicit Merchant(const ports::Clock& clock) : clock_(clock) {}

  ReceiverAnswer receive(const ReceivedRequest& request) {
    const auto signature = request.headers.find(verifier_.signature_header());
    const auto notice = verifier_.read_callback(
        request.body, signature == request.headers.end() ? "" : signature->second, clock_.now());
    const std::lock_guard lock(mutex_);
    if (!notice) {
      ++bad_;
      return {401, "text/plain", {}, ""};
    }
    if (refuse_ > 0) {
      --refuse_;
      return {503, "text/plain", {}, ""};
    }
    notices_.push_back(*notice);
    return {};
  }

  void refuse(int count) {
    const std::lock_guard lock(mutex_);
    refuse_ = count;
  }
  std::vector<ports::ProviderNotice> notices() {
    const std::lock_guard lock(mutex_);
    return notices_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return notices_.size();
  }
  int bad() {
    const std::lock_guard lock(mutex_);
    return bad_;
  }

 private:
  const ports::Clock& clock_;
  const SandboxProvider verifier_{{"http://unused", "key", "callback secret", Millis{1'000}}};
  std::mutex mutex_;
  std::vector<ports::ProviderNotice> notices_;
  int refuse_ = 0;
  int bad_ = 0;
};

WebAnswer ask(SandboxServer& server, std::string_view method, std::string_view path,
              std::string_view query = {}, std::string_view body = {}) {
  WebRequest request{method, path, query, body, {{"authorization", "Bearer key"}}};
  return server.handle(request);
}

std::string header_of(const WebAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() { open({}); }

  void open(const std::string& behaviour, const std::string& file = {}) {
    server.reset();
    ServerConfig config;
    config.api_key = "key";
    config.public_url = "https://pay.example";
    config.behaviour = behaviour;
    config.file = file;
    config.courier.url = receiver.url() + "/callback";
    config.courier.secret = "callback secret";
    config.courier.retry_min = Millis{5};
    config.courier.retry_max = Millis{20};
    auto opened = SandboxServer::open(std::move(config), clock);
    ASSERT_TRUE(opened) << opened.error().message;
    server = std::move(*opened);
  }

  ReceiverAnswer serve(const ReceivedRequest& request) {
    WebRequest web{request.method, request.path, request.query, request.body, {}};
    for (const auto& [name, value] : request.headers) web.headers.emplace_back(name, value);
    WebAnswer answer = server->handle(web);
    return {answer.status, answer.content_type, answer.headers, answer.body};
  }

  static ports::PaymentIntent intent(std::uint64_t id, std::int64_t amount = 9'900) {
    return {sale::PaymentId{id},           sale::OrderId{id + 1'000},
            sale::Money{amount},           "CNY",
            "Power bank <b>\"X\"</b>",     "https://shop.example:8443/o/1?x=1",
            from_millis(1'795'000'600'000)};
  }

  WebAnswer act(std::uint64_t id, const std::string& action, const std::string& behaviour = {}) {
    std::string form = "action=" + action;
    if (!behaviour.empty()) form += "&behaviour=" + behaviour;
    return ask(*server, "POST", "/pay/" + std::to_string(id), {}, form);
  }

  Kind state(std::uint64_t id) {
    const auto notice = provider.query(sale::PaymentId{id});
    EXPECT_TRUE(notice) << notice.error().message;
    return notice ? notice->kind : Kind::unknown;
  }

  SettableClock clock;
  Merchant merchant{clock};
  HttpReceiver receiver{[this](const ReceivedRequest& r) { return merchant.receive(r); }};
  std::unique_ptr<SandboxServer> server;
  HttpReceiver api{[this](const ReceivedRequest& r) { return serve(r); }};
  SandboxProvider provider{{api.url(), "key", "callback secret", Millis{10'000}}};
};

TEST_F(SandboxTest, a_payment_is_made_paid_told_and_refunded) {
  const auto url = provider.create(intent(1));
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(*url, "https://pay.example/pay/1");
  EXPECT_EQ(*provider.create(intent(1)), *url) << "idempotent";
  EXPECT_EQ(state(1), Kind::unknown);

  const WebAnswer paid = act(1, "pay");
  EXPECT_EQ(paid.status, 303);
  EXPECT_EQ(header_of(paid, "location"), "https://shop.example:8443/o/1?x=1");
  EXPECT_EQ(state(1), Kind::captured);
  ASSERT_TRUE(eventually([&] { return merchant.count() == 1; }));
  EXPECT_EQ(merchant.notices()[0].payment, sale::PaymentId{1});
  EXPECT_EQ(merchant.notices()[0].kind, Kind::captured);
  EXPECT_EQ(merchant.notices()[0].amount, sale::Money{9'900});
  EXPECT_EQ(merchant.notices()[0].event_id, "evt_1_captured");

  EXPECT_TRUE(provider.refund(sale::PaymentId{1}, sale::Money{9'900}));
  EXPECT_TRUE(provider.refund(sale::PaymentId{1}, sale::Money{9'900})) << "idempotent";
  EXPECT_EQ(state(1), Kind::refunded);
  ASSERT_TRUE(eventually([&] { return merchant.count() == 2; }));
  EXPECT_EQ(merchant.notices()[1].kind, Kind::refunded);
  EXPECT_EQ(merchant.bad(), 0);
}

TEST_F(SandboxTest, declining_and_leaving_are_told_as_what_they_are) {
  ASSERT_TRUE(provider.create(intent(1)));
  ASSERT_TRUE(provider.create(intent(2)));
  EXPECT_EQ(act(1, "decline").status, 303);
  EXPECT_EQ(act(2, "abandon").status, 303);
  EXPECT_EQ(state(1), Kind::declined);
  EXPECT_EQ(state(2), Kind::unknown);
  ASSERT_TRUE(eventually([&] { return merchant.count() == 1; }));
  EXPECT_EQ(merchant.notices()[0].kind, Kind::declined);
  EXPECT_EQ(act(1, "pay").status, 303) << "a second tab is sent back, and no money moves";
  EXPECT_EQ(state(1), Kind::declined);
}

TEST_F(SandboxTest, a_second_click_captures_and_tells_once) {
  ASSERT_TRUE(provider.create(intent(1)));
  act(1, "pay");
  act(1, "pay");
  ASSERT_TRUE(provider.create(intent(2)));
  act(2, "pay");
  ASSERT_TRUE(eventually([&] { return server->callbacks().delivered >= 2; }));
  EXPECT_TRUE(eventually([&] { return server->callbacks().waiting == 0; }));
  EXPECT_EQ(merchant.count(), 2u);
}

TEST_F(SandboxTest, calls_without_the_key_learn_nothing) {
  ASSERT_TRUE(provider.create(intent(1)));
  SandboxProvider stranger{{api.url(), "Key", "callback secret", Millis{10'000}}};
  EXPECT_FALSE(stranger.create(intent(2)));
  EXPECT_FALSE(stranger.query(sale::PaymentId{1}));
  const Status refused = stranger.refund(sale::PaymentId{1}, sale::Money{9'900});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_EQ(server->handle({"GET", "/sandbox/v1/totals", {}, {}, {}}).status, 401);
}

TEST_F(SandboxTest, a_refund_is_of_captured_money_and_of_all_of_it) {
  ASSERT_TRUE(provider.create(intent(1)));
  EXPECT_FALSE(provider.refund(sale::PaymentId{1}, sale::Money{9'900}));
  act(1, "pay");
  EXPECT_FALSE(provider.refund(sale::PaymentId{1}, sale::Money{9'901}));
  EXPECT_FALSE(provider.refund(sale::PaymentId{9}, sale::Money{9'900}));
  EXPECT_EQ(state(1), Kind::captured);
  EXPECT_EQ(state(9), Kind::unknown) << "never made there";
}

TEST_F(SandboxTest, a_callback_is_sent_again_until_it_is_taken) {
  merchant.refuse(4);
  ASSERT_TRUE(provider.create(intent(1)));
  act(1, "pay");
  ASSERT_TRUE(eventually([&] { return merchant.count() == 1; }));
  EXPECT_TRUE(eventually([&] { return server->callbacks().waiting == 0; }));
  EXPECT_EQ(server->callbacks().failed_tries, 4u);
}

TEST_F(SandboxTest, callbacks_can_be_late_double_and_lost) {
  for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(provider.create(intent(id)));
  act(1, "pay", "lost");
  act(2, "pay", "duplicate:3");
  act(3, "pay", "late:100");
  EXPECT_EQ(state(1), Kind::captured) << "only a query tells";
  ASSERT_TRUE(eventually([&] { return merchant.count() == 4; }));
  EXPECT_TRUE(eventually([&] { return server->callbacks().waiting == 0; }));
  int of_second = 0;
  for (const auto& n : merchant.notices()) {
    EXPECT_NE(n.payment, sale::PaymentId{1});
    of_second += n.payment == sale::PaymentId{2} ? 1 : 0;
  }
  EXPECT_EQ(of_second, 3);
  EXPECT_EQ(merchant.notices().back().payment, sale::PaymentId{3});
}

TEST_F(SandboxTest, a_stale_notice_can_come_before_or_after_the_true_one) {
  constexpr std::uint64_t kCount = 24;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    ASSERT_TRUE(provider.create(intent(id)));
    act(id, "pay", "reorder");
  }
  ASSERT_TRUE(eventually([&] { return merchant.count() == 2 * kCount; }));
  std::vector<ports::ProviderNotice> seen = merchant.notices();
  int stale_first = 0;
  int declined = 0;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    const auto first = std::find_if(
        seen.begin(), seen.end(), [&](const auto& n) { return n.payment == sale::PaymentId{id}; });
    stale_first += first->kind != Kind::captured ? 1 : 0;
  }
  for (const auto& n : seen) declined += n.kind == Kind::declined ? 1 : 0;
  EXPECT_GT(stale_first, 0);
  EXPECT_LT(stale_first, static_cast<int>(kCount));
  EXPECT_GT(declined, 0);
}

TEST_F(SandboxTest, an_outcome_can_be_unknown_for_a_while) {
  ASSERT_TRUE(provider.create(intent(1)));
  act(1, "pay", "unknown:60000");
  EXPECT_EQ(state(1), Kind::unknown);
  ASSERT_TRUE(eventually([&] { return merchant.count() == 1; }));
  EXPECT_EQ(merchant.notices()[0].kind, Kind::unknown);
  clock.advance(Millis{60'000});
  EXPECT_EQ(state(1), Kind::captured);
}

TEST_F(SandboxTest, refunds_can_be_refused_for_a_while) {
  open("refuse_refunds:5000");
  ASSERT_TRUE(provider.create(intent(1)));
  act(1, "pay");
  const Status refused = provider.refund(sale::PaymentId{1}, sale::Money{9'900});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::retryable);
  clock.advance(Millis{4'999});
  EXPECT_FALSE(provider.refund(sale::PaymentId{1}, sale::Money{9'900}));
  clock.advance(Millis{1});
  EXPECT_TRUE(provider.refund(sale::PaymentId{1}, sale::Money{9'900}));
}

TEST_F(SandboxTest, a_page_may_still_be_paid_after_the_deadline_but_not_for_ever) {
  ASSERT_TRUE(provider.create(intent(1)));
  ASSERT_TRUE(provider.create(intent(2)));
  clock.advance(std::chrono::hours{1});
  EXPECT_EQ(act(1, "pay").status, 303) << "late money is the shop's to decide about";
  clock.advance(std::chrono::hours{48});
  EXPECT_EQ(act(2, "pay").status, 410);
  EXPECT_EQ(state(1), Kind::captured);
  EXPECT_EQ(state(2), Kind::declined);
}

TEST_F(SandboxTest, the_hosted_page_is_strict) {
  ASSERT_TRUE(provider.create(intent(1)));
  const WebAnswer page = ask(*server, "GET", "/pay/1", "behaviour=lost&lang=zh");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("lang=\"zh\""), std::string::npos);
  EXPECT_EQ(page.body.find("<b>"), std::string::npos);
  const std::string policy = header_of(page, "content-security-policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("form-action 'self' https://shop.example:8443"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(ask(*server, "GET", "/pay/style.css").status, 200);
  EXPECT_EQ(ask(*server, "GET", "/pay/2").status, 404);
  EXPECT_EQ(ask(*server, "GET", "/pay/x").status, 404);
  EXPECT_EQ(ask(*server, "GET", "/pay/1", "behaviour=evil").status, 400);
  EXPECT_EQ(ask(*server, "DELETE", "/pay/1").status, 405);
  EXPECT_EQ(act(1, "steal").status, 400);
  EXPECT_EQ(act(1, "pay", "evil").status, 400);
  EXPECT_EQ(state(1), Kind::unknown);
}

TEST_F(SandboxTest, bad_payments_are_refused_with_a_reason) {
  const auto status_with = [&](std::string_view name, boost::json::value value) {
    boost::json::object body{{"payment", "1"},
                             {"order", "2"},
                             {"amount", 100},
                             {"currency", "CNY"},
                             {"description", "text"},
                             {"return_url", "https://shop.example/"},
                             {"deadline", "2026-11-22T08:30:00Z"}};
    body[boost::json::string_view(name.data(), name.size())] = std::move(value);
    return ask(*server, "POST", "/sandbox/v1/payments", {}, boost::json::serialize(body)).status;
  };
  EXPECT_EQ(status_with("payment", "0"), 400);
  EXPECT_EQ(status_with("payment", "1x"), 400);
  EXPECT_EQ(status_with("payment", 1), 400);
  EXPECT_EQ(status_with("amount", 0), 400);
  EXPECT_EQ(status_with("amount", -5), 400);
  EXPECT_EQ(status_with("amount", 1.5), 400);
  EXPECT_EQ(status_with("currency", "cny"), 400);
  EXPECT_EQ(status_with("deadline", "tomorrow"), 400);
  EXPECT_EQ(status_with("behaviour", "evil"), 400);
  for (const char* url : {"javascript:alert(1)", "//shop.example", "https://",
                          "https://a\r\nset-cookie: x", "https://a;script-src *", ""}) {
    EXPECT_EQ(status_with("return_url", url), 400) << url;
  }
  EXPECT_EQ(ask(*server, "POST", "/sandbox/v1/payments", {}, "[]").status, 400);
  EXPECT_EQ(ask(*server, "POST", "/sandbox/v1/payments", {}, std::string(70'000, ' ')).status, 413);
  EXPECT_EQ(status_with("amount", 100), 201);
}

TEST_F(SandboxTest, totals_and_list_survive_a_restart) {
  std::string dir = ::testing::TempDir() + "onrush-sandbox-XXXXXX";
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  const std::string file = dir + "/payments.jsonl";
  open("", file);
  for (std::uint64_t id = 1; id <= 4; ++id) ASSERT_TRUE(provider.create(intent(id, 100)));
  act(1, "pay");
  act(2, "pay");
  act(3, "decline");
  ASSERT_TRUE(provider.refund(sale::PaymentId{2}, sale::Money{100}));
  const std::string totals = ask(*server, "GET", "/sandbox/v1/totals").body;
  EXPECT_EQ(
      boost::json::parse(totals),
      boost::json::parse(R"({"open":1,"declined":1,"captured":2,"captured_sum":200,"refunded":1,)"
                         R"("refunded_sum":100})"));
  const std::string list = ask(*server, "GET", "/sandbox/v1/payments").body;
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 4);
  open("", file);
  EXPECT_EQ(ask(*server, "GET", "/sandbox/v1/totals").body, totals);
  EXPECT_EQ(ask(*server, "GET", "/sandbox/v1/payments").body, list);
  const std::string page = ask(*server, "GET", "/sandbox/v1/payments", "after=2&limit=1").body;
  EXPECT_NE(page.find(R"("payment":"3")"), std::string::npos);
  EXPECT_EQ(std::count(page.begin(), page.end(), '\n'), 1);
  EXPECT_EQ(ask(*server, "GET", "/sandbox/v1/payments", "limit=0").status, 400);
  server.reset();
  ::unlink(file.c_str());
  ::rmdir(dir.c_str());
  open("");
}

TEST_F(SandboxTest, callbacks_that_are_forged_or_malformed_are_not_believed) {
  const HmacSha256 key(std::string_view("callback secret"));
  const auto read = [&](const std::string& body, const std::string& signature) {
    return provider.read_callback(body, signature, clock.now());
  };
  const std::string good = R"({"event":"e","type":"payment.captured","payment":"7","amount":5})";
  EXPECT_TRUE(read(good, sign_callback(key, clock.now(), good)));
  EXPECT_FALSE(read(good, ""));
  EXPECT_FALSE(read(good, sign_callback(key, clock.now() - std::chrono::minutes{6}, good)));
  for (const char* bad : {R"({"event":"e","type":"payment.captured","payment":"7","amount":-5})",
                          R"({"event":"e","type":"payment.stolen","payment":"7","amount":5})",
                          R"({"event":"e","type":"captured","payment":"7","amount":5})",
                          R"({"event":"e","type":"payment.captured","payment":"0","amount":5})",
                          R"({"event":"e","type":"payment.captured","payment":7,"amount":5})",
                          R"({"type":"payment.captured","payment":"7","amount":5})", "[]", ""}) {
    EXPECT_FALSE(read(bad, sign_callback(key, clock.now(), bad))) << bad;
  }
}

TEST(SandboxProvider, an_answer_about_another_payment_is_not_believed) {
  HttpReceiver other{[](const ReceivedRequest&) -> ReceiverAnswer {
    return {200, "application/json", {}, R"({"payment":"8","state":"captured","amount":5})"};
  }};
  SandboxProvider provider{{other.url(), "key", "callback secret", Millis{10'000}}};
  const auto right = provider.query(sale::PaymentId{8});
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_EQ(right->kind, Kind::captured);
  EXPECT_FALSE(provider.query(sale::PaymentId{7}));
}

TEST_F(SandboxTest, a_server_that_is_not_there_is_retryable) {
  SandboxProvider nowhere{{"http://127.0.0.1:1", "key", "callback secret", Millis{2'000}}};
  const auto made = nowhere.create(intent(1));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::retryable);
}

TEST_F(SandboxTest, thousands_of_callbacks_go_through) {
  constexpr std::uint64_t kCount = 4'000;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    const std::string body =
        R"({"payment":")" + std::to_string(id) +
        R"(","order":"1","amount":100,"currency":"CNY","description":"",)"
        R"("return_url":"https://shop.example/","deadline":"2026-11-22T08:30:00Z"})";
    ASSERT_EQ(ask(*server, "POST", "/sandbox/v1/payments", {}, body).status, 201);
  }
  const auto before = std::chrono::steady_clock::now();
  for (std::uint64_t id = 1; id <= kCount; ++id) ASSERT_EQ(act(id, "pay").status, 303);
  ASSERT_TRUE(eventually([&] { return merchant.count() == kCount; }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  RecordProperty("callbacks_per_second", static_cast<int>(kCount / took.count()));
  std::printf("%d callbacks a second, receiver included\n",
              static_cast<int>(kCount / took.count()));
  EXPECT_EQ(merchant.bad(), 0);
}

}  // namespace
}  // namespace onrush::payment_sandbox
