// Rate limits over real servers on loopback. The limits' clock is the machine's, so rates here are
// one or two a second and a burst is overrun at once: more than a slow machine could let through.
#include <fstream>
#include <sstream>

#include "support/api_world.h"
#include "support/schema_check.h"

namespace onrush::test {
namespace {

constexpr std::string_view kUnits = R"({"item":"a","title":"A","stock":50,"price":500})";
constexpr int kFlood = 60;  // requests in one go

struct Flood {
  int passed = 0, limited = 0;
  HttpAnswer refusal;
};

struct RateLimited : ::testing::Test {
  void limit(const api::RateLimitConfig& limits) {
    world = std::make_unique<ApiWorld>("{}", limits);
    world->open_sale(kUnits);
  }
  template <class Ask>
  static Flood flood(Ask ask, int requests = kFlood) {
    Flood seen;
    for (int i = 0; i < requests; ++i) {
      HttpAnswer answer = ask(i);
      if (answer.status != 429) {
        ++seen.passed;
        continue;
      }
      ++seen.limited;
      seen.refusal = std::move(answer);
    }
    return seen;
  }
  Flood holds_of(std::uint64_t buyer, std::string_view headers = "", int requests = kFlood) {
    return flood([&](int) { return world->hold(buyer, R"({"item":"a"})", headers); }, requests);
  }
  std::string metrics() const { return http_call(world->admin->port(), "GET", "/metrics").body; }
  // The value of the metric's line that starts so.
  int metric(std::string_view line) const {
    const std::string text = metrics();
    const auto at = text.find(line);
    return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + line.size());
  }

  std::unique_ptr<ApiWorld> world;
};

api::RateLimitConfig by_account(std::uint32_t burst) {
  api::RateLimitConfig limits;
  limits.account = {2, burst};
  return limits;
}
api::RateLimitConfig by_address(std::uint32_t burst, unsigned proxies = 0) {
  api::RateLimitConfig limits;
  limits.address = {1, burst};
  limits.trusted_proxies = proxies;
  return limits;
}

TEST_F(RateLimited, an_account_that_asks_too_fast_is_told_when_to_come_back) {
  limit(by_account(5));
  const Flood bot = holds_of(1);
  EXPECT_GE(bot.passed, 5);
  ASSERT_GT(bot.limited, 0);
  EXPECT_EQ(bot.refusal.code(), "rate_limited");
  EXPECT_EQ(bot.refusal.json().at("limit").as_string(), "account");
  EXPECT_TRUE(bot.refusal.has_header("\r\nRetry-After: 1\r\n")) << bot.refusal.head;
  EXPECT_TRUE(bot.refusal.has_header("\r\nRateLimit-Policy: \"account\";q=5;w=3\r\n"));
  EXPECT_TRUE(bot.refusal.has_header("\r\nRateLimit: \"account\";r=0;t=1\r\n"));
  EXPECT_TRUE(bot.refusal.has_header("\r\nCache-Control: no-store\r\n"));
  EXPECT_TRUE(bot.refusal.has_header("Access-Control-Allow-Origin: http://shop.test\r\n"));
  EXPECT_EQ(world->hold(2, R"({"item":"a"})").status, 201) << "another account is not concerned";
}

TEST_F(RateLimited, a_limit_holds_for_all_listeners_together) {
  limit(by_account(10));
  (void)holds_of(1);  // through the general listener
  const Flood rush = flood([&](int) {
    return http_call(world->rush->port(), "POST", "/api/v1/sales/s/holds", R"({"item":"a"})",
                     world->buyer(1));
  });
  EXPECT_LT(rush.passed, 10) << "the rush listener must know what the general one has counted";
}

TEST_F(RateLimited, a_forged_token_is_limited_by_address_before_it_is_looked_at) {
  limit(by_address(5));
  const Flood forged = flood([&](int) {
    return http_call(world->rush->port(), "POST", "/api/v1/sales/s/holds", R"({"item":"a"})",
                     "Authorization: Bearer forged\r\n");
  });
  EXPECT_GE(forged.passed, 5);
  ASSERT_GT(forged.limited, 0);
  EXPECT_EQ(forged.refusal.json().at("limit").as_string(), "address");
  EXPECT_EQ(metric(R"(onrush_rate_limited_total{limit="address",call="hold"} )"), forged.limited);
}

TEST_F(RateLimited, the_account_limit_does_not_believe_a_forged_token) {
  limit(by_account(5));
  const Flood forged = flood([&](int) {
    return http_call(world->rush->port(), "POST", "/api/v1/sales/s/holds", R"({"item":"a"})",
                     "Authorization: Bearer forged\r\n");
  });
  EXPECT_EQ(forged.limited, 0) << "nobody may use up the allowance of an account that is not his";
}

TEST_F(RateLimited, the_server_has_one_limit_which_limited_accounts_do_not_use_up) {
  api::RateLimitConfig limits = by_account(2);
  limits.server = {1, 30};
  limit(limits);
  (void)holds_of(1);  // at most a few of them reach the server's limit
  EXPECT_EQ(world->hold(2, R"({"item":"a"})").status, 201);
  const Flood crowd = flood(
      [&](int i) { return world->hold(100 + static_cast<std::uint64_t>(i), R"({"item":"a"})"); });
  EXPECT_LT(crowd.passed, kFlood);
  ASSERT_GT(crowd.limited, 0);
  EXPECT_EQ(crowd.refusal.json().at("limit").as_string(), "server");
}

TEST_F(RateLimited, forwarded_for_counts_only_behind_a_trusted_proxy) {
  const auto spoofing = [this](int i) {
    const std::string spoofed = "X-Forwarded-For: 10.0." + std::to_string(i) + ".1\r\n";
    return world->hold(1, R"({"item":"a"})", spoofed);
  };
  limit(by_address(5, 0));
  EXPECT_GT(flood(spoofing).limited, 0) << "an unknown proxy's word is not taken";
  limit(by_address(5, 1));
  EXPECT_EQ(flood(spoofing).limited, 0) << "the trusted proxy saw sixty networks";
  const auto behind = [this](int i) {
    const std::string list = "X-Forwarded-For: 10.0." + std::to_string(i) + ".1, 203.0.113.9\r\n";
    return world->hold(1, R"({"item":"a"})", list);
  };
  EXPECT_GT(flood(behind).limited, 0) << "what the client wrote himself changes nothing";
}

TEST_F(RateLimited, sign_in_and_sign_up_are_limited_by_address) {
  limit(by_address(4));
  const auto call = [this](std::uint16_t port, std::string_view path, int i) {
    return http_call(
        port, "POST", path,
        R"({"email":"a)" + std::to_string(i) + R"(@b.example","password":"long enough 1"})");
  };
  const Flood sign_ups =
      flood([&](int i) { return call(world->general->port(), "/api/v1/accounts", i); }, 30);
  ASSERT_GT(sign_ups.limited, 0);
  EXPECT_EQ(sign_ups.refusal.code(), "rate_limited");
  EXPECT_TRUE(sign_ups.refusal.has_header("\r\nRateLimit: \"address\";r=0;t="));
  const Flood sign_ins =
      flood([&](int i) { return call(world->general->port(), "/api/v1/sessions", i); }, 30);
  EXPECT_GT(sign_ins.limited, 0);
  const Flood staff =
      flood([&](int i) { return call(world->admin->port(), "/api/v1/staff/sessions", i); }, 30);
  EXPECT_GT(staff.limited, 0);
  EXPECT_EQ(metric(R"(onrush_rate_limited_total{limit="address",call="sign_in"} )"),
            sign_ups.limited + sign_ins.limited + staff.limited);
}

TEST_F(RateLimited, without_limits_nobody_is_refused) {
  limit({});
  EXPECT_EQ(holds_of(1).limited, 0);
  EXPECT_EQ(metric(R"(onrush_rate_limited_total{limit="account",call="hold"} )"), 0);
}

TEST_F(RateLimited, the_funnel_counts_each_answer_once_in_its_layer) {
  limit(by_account(5));
  const Flood bot = holds_of(1);
  for (std::uint64_t buyer = 2; buyer <= 51; ++buyer) (void)world->hold(buyer, R"({"item":"a"})");
  (void)world->hold(60, R"({"item":"a","standby":false})");
  const auto answer = http_call(world->admin->port(), "GET", "/api/v1/admin/funnel", {},
                                world->staff(ports::Role::viewer));
  ASSERT_EQ(answer.status, 200) << answer.body;
  std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
  std::stringstream file;
  file << in.rdbuf();
  const SchemaChecker check(boost::json::parse(file.str()));
  EXPECT_EQ(check.fault("get", "/api/v1/admin/funnel", 200, answer.body), "") << answer.body;
  EXPECT_EQ(check.fault("post", "/api/v1/sales/{sale}/holds", 429, bot.refusal.body), "")
      << bot.refusal.body;

  const auto document = answer.json();
  std::map<std::string, std::int64_t> refused;
  for (const auto& layer : document.at("layers").as_array()) {
    refused[std::string(layer.at("layer").as_string())] = layer.at("refused").as_int64();
  }
  EXPECT_EQ(refused.at("rate_limited"), bot.limited);
  EXPECT_EQ(document.at("layers").at(0).at("limits").at("account").as_int64(), bot.limited);
  EXPECT_EQ(refused.at("sold_out"), 1);
  EXPECT_EQ(document.at("granted").as_int64(), bot.passed + 49) << "repeats count again";
  EXPECT_EQ(document.at("standby").as_int64(), 1);
  const std::int64_t all = document.at("granted").as_int64() + document.at("standby").as_int64();
  std::int64_t sum = all;
  for (const auto& [layer, count] : refused) sum += count;
  EXPECT_EQ(sum, kFlood + 50 + 1) << "every request is in exactly one layer";
}

}  // namespace
}  // namespace onrush::test
