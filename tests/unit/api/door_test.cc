// The guards in front of stock, over real servers: client filter, purchase path, leaky bucket.
#include <fstream>
#include <sstream>
#include <thread>

#include "base/hex.h"
#include "support/api_world.h"
#include "support/schema_check.h"

namespace onrush::test {
namespace {

constexpr std::string_view kItem = R"({"item":"a","title":"A","stock":5,"price":500})";
constexpr std::string_view kFilter = R"(,"admission":{"filter":{"ratio":0.05,"slot_ms":1000}})";
constexpr std::string_view kPaths = R"(,"admission":{"purchase_path":true})";

std::string fault_of(std::string_view method, std::string_view route, const HttpAnswer& answer) {
  std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
  std::stringstream file;
  file << in.rdbuf();
  return SchemaChecker(boost::json::parse(file.str()))
      .fault(std::string(method), std::string(route), answer.status, answer.body);
}

struct Door : ::testing::Test {
  ApiWorld world;

  HttpAnswer post(std::uint64_t buyer, const std::string& target, std::string_view headers = "") {
    return http_call(world.rush->port(), "POST", target, R"({"item":"a"})",
                     world.buyer(buyer).append(headers));
  }
  HttpAnswer path_of(std::uint64_t buyer, std::string_view headers = "") {
    return http_call(world.rush->port(), "GET", "/api/v1/sales/s/path", {},
                     world.buyer(buyer).append(headers));
  }
  std::int64_t layer(std::string_view name) {
    const auto document = http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {},
                                    world.staff(ports::Role::viewer))
                              .json();
    for (const auto& entry : document.at("funnel").as_array()) {
      if (entry.at("layer").as_string() != name) continue;
      const auto* refused = entry.as_object().if_contains("refused");
      return refused != nullptr ? refused->as_int64() : entry.at("given").as_int64();
    }
    return -1;
  }
  // As the sale document publishes it.
  admission::FilterRule published_rule() {
    const auto document = http_call(world.rush->port(), "GET", "/api/v1/sales/s");
    EXPECT_EQ(fault_of("get", "/api/v1/sales/{sale}", document), "") << document.body;
    const auto filter = document.json().at("admission").at("filter");
    admission::FilterRule rule;
    EXPECT_TRUE(read_hex(filter.at("salt").as_string(), rule.salt));
    rule.ratio = filter.at("ratio").to_number<double>();
    rule.slot = Millis{filter.at("slot_ms").as_int64()};
    return rule;
  }
  std::uint64_t buyer_who(const admission::FilterRule& rule, bool passes) {
    for (std::uint64_t buyer = 1;; ++buyer) {
      const TimePoint now = world.clock.now();
      const auto from = rule.opening(buyer, rule.slot_of(now));
      if ((from && *from <= now) == passes) return buyer;
    }
  }
};

TEST_F(Door, a_click_outside_the_buyers_slots_is_told_when_and_takes_nothing) {
  world.open_sale(kItem, kFilter);
  const auto rule = published_rule();
  EXPECT_EQ(rule.ratio, 0.05);
  const std::uint64_t other = buyer_who(rule, false);
  const auto before = world.office.command_count();
  const auto refused = world.hold(other, R"({"item":"a"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code(), "filtered");
  EXPECT_TRUE(refused.has_header("Retry-After: ")) << refused.head;
  EXPECT_EQ(fault_of("post", "/api/v1/sales/{sale}/holds", refused), "") << refused.body;
  EXPECT_EQ(world.office.command_count(), before);
  EXPECT_EQ(layer("filtered"), 1);

  // Until then it stays refused; then, if a slot was found, it is let through.
  const std::int64_t wait = refused.json().at("retry_after_ms").as_int64();
  world.clock.advance(Millis{wait - 1});
  EXPECT_EQ(world.hold(other, R"({"item":"a"})").code(), "filtered");
  world.clock.advance(Millis{1});
  while (!rule.opening(other, rule.slot_of(world.clock.now()))) world.clock.advance(Millis{1000});
  EXPECT_EQ(world.hold(other, R"({"item":"a"})").status, 201);
}

TEST_F(Door, a_click_in_the_buyers_slot_is_let_through) {
  world.open_sale(kItem, kFilter);
  EXPECT_EQ(world.hold(buyer_who(published_rule(), true), R"({"item":"a"})").status, 201);
}

TEST_F(Door, a_holder_gets_his_order_again_outside_his_slots_but_nothing_new) {
  world.open_sale(R"({"item":"a","title":"A","stock":5,"price":5},
                     {"item":"b","title":"B","stock":5,"price":5})",
                  std::string(kFilter) + R"(,"per_buyer":5)");
  const auto rule = published_rule();
  const std::uint64_t buyer = buyer_who(rule, true);
  const auto first = world.hold(buyer, R"({"item":"a"})");
  ASSERT_EQ(first.status, 201) << first.body;
  world.clock.advance(Millis{1000});
  while (rule.opening(buyer, rule.slot_of(world.clock.now()))) world.clock.advance(Millis{1000});
  const auto again = world.hold(buyer, R"({"item":"a"})");
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.json().at("order"), first.json().at("order"));
  EXPECT_TRUE(again.json().at("repeated").as_bool());
  const auto more = world.hold(buyer, R"({"item":"b"})");
  EXPECT_EQ(more.code(), "filtered") << "a hold is no way around the filter";
  EXPECT_TRUE(more.has_header("traceparent: "));
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[1].held, 0u);
}

TEST_F(Door, the_filter_comes_behind_the_phase) {
  world.define(kItem, kFilter);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 425);
  EXPECT_EQ(world.hold(2, R"({"item":"a"})").status, 425);
}

TEST_F(Door, the_salt_of_a_sale_stays_and_is_its_own) {
  api::FrontDoor door("one secret"), same("one secret"), other("another secret");
  sale::SaleRules s, t;
  s.key = "s";
  t.key = "t";
  EXPECT_EQ(door.filter_salt_hex(s), same.filter_salt_hex(s));
  EXPECT_NE(door.filter_salt_hex(s), other.filter_salt_hex(s));
  EXPECT_NE(door.filter_salt_hex(s), door.filter_salt_hex(t));
}

TEST_F(Door, a_purchase_path_is_not_told_before_the_opening) {
  world.define(kItem, kPaths);
  const auto early = path_of(1);
  EXPECT_EQ(early.status, 425) << early.body;
  EXPECT_EQ(fault_of("get", "/api/v1/sales/{sale}/path", early), "");
  world.act(sale::command::PhaseAct::open);
  const auto path = path_of(1);
  EXPECT_EQ(path.status, 200) << path.body;
  EXPECT_EQ(fault_of("get", "/api/v1/sales/{sale}/path", path), "") << path.body;
  EXPECT_TRUE(path.has_header("no-store"));
  world.act(sale::command::PhaseAct::pause);
  EXPECT_EQ(path_of(1).code(), "paused");
  world.act(sale::command::PhaseAct::close);
  EXPECT_EQ(path_of(1).status, 410);
}

TEST_F(Door, holds_go_by_the_buyers_own_path_only) {
  world.open_sale(kItem, kPaths);
  const std::string path(path_of(1).json().at("path").as_string());
  const auto before = world.office.command_count();
  const auto plain = post(1, "/api/v1/sales/s/holds");
  EXPECT_EQ(plain.status, 403);
  EXPECT_EQ(plain.code(), "path_required");
  EXPECT_EQ(fault_of("post", "/api/v1/sales/{sale}/holds", plain), "");
  EXPECT_EQ(post(2, path).code(), "path_required") << "another's";
  EXPECT_EQ(post(1, path + "x").code(), "path_required");
  EXPECT_EQ(world.office.command_count(), before);
  EXPECT_EQ(layer("path_required"), 3);
  const auto held = post(1, path);
  EXPECT_EQ(held.status, 201) << held.body;
  EXPECT_EQ(fault_of("post", "/api/v1/sales/{sale}/holds/{code}", held), "");
}

TEST_F(Door, a_purchase_path_ends_by_its_time) {
  world.open_sale(kItem, kPaths);
  const auto answer = path_of(1).json();
  const auto expires = parse_rfc3339(std::string(answer.at("expires_at").as_string()));
  ASSERT_TRUE(expires);
  world.clock.advance(std::chrono::duration_cast<Millis>(*expires - world.clock.now()));
  EXPECT_EQ(post(1, std::string(answer.at("path").as_string())).code(), "path_required");
}

TEST_F(Door, a_sale_without_purchase_paths_has_none) {
  world.open_sale(kItem);
  EXPECT_EQ(path_of(1).status, 404);
  EXPECT_EQ(post(1, "/api/v1/sales/s/holds/AAAAAAAAAAAAAAAA").status, 404);
  EXPECT_EQ(post(1, "/api/v1/sales/s/holds").status, 201);
}

TEST_F(Door, only_registered_buyers_get_to_the_box_office_where_that_is_required) {
  world.open_sale(kItem, R"(,"admission":{"registration":"required"})");
  const auto before = world.office.command_count();
  const auto refused = world.hold(1, R"({"item":"a"})");
  EXPECT_EQ(refused.code(), "registration_required") << refused.body;
  EXPECT_EQ(fault_of("post", "/api/v1/sales/{sale}/holds", refused), "");
  EXPECT_EQ(world.office.command_count(), before);
  EXPECT_EQ(layer("registration_required"), 1);
  const sale::Event registered = sale::event::Registered{sale::SaleNo{1}, sale::BuyerId{1}};
  world.known.on_events(1, world.clock.now(), {&registered, 1});
  (void)world.hold(1, R"({"item":"a"})");
  EXPECT_EQ(world.office.command_count(), before + 1) << "the box office has the last word";
}

TEST_F(Door, a_buyer_registers_until_the_opening_and_may_take_it_back) {
  world.define(kItem, R"(,"admission":{"registration":"required"})");
  const std::string route = "/api/v1/sales/{sale}/registration";
  const auto call = [this](std::string_view method, std::uint64_t buyer) {
    return http_call(world.rush->port(), method, "/api/v1/sales/s/registration", {},
                     world.buyer(buyer));
  };
  EXPECT_EQ(call("GET", 1).status, 404);
  const auto first = call("POST", 1);
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(fault_of("post", route, first), "") << first.body;
  EXPECT_EQ(call("POST", 1).status, 200);
  EXPECT_EQ(call("POST", 2).status, 201);
  EXPECT_EQ(call("DELETE", 2).status, 204);
  const auto gone = call("GET", 2);
  EXPECT_EQ(gone.status, 404) << "the box office knows, not the filter";
  EXPECT_EQ(fault_of("get", route, gone), "");
  const auto known = call("GET", 1);
  EXPECT_EQ(known.status, 200);
  EXPECT_EQ(known.json().at("registered_at"), first.json().at("registered_at"));
  EXPECT_EQ(http_call(world.rush->port(), "POST", "/api/v1/sales/s/registration").status, 401);
  const auto numbers = http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {},
                                 world.staff(ports::Role::viewer));
  EXPECT_EQ(numbers.json().at("registrations").as_int64(), 1) << numbers.body;
  EXPECT_EQ(numbers.body.find("\"registrations\""), numbers.body.rfind("\"registrations\""))
      << "each member once";

  world.act(sale::command::PhaseAct::open);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  const auto refused = world.hold(2, R"({"item":"a"})");
  EXPECT_EQ(refused.code(), "registration_required") << "taken back: " << refused.body;
  EXPECT_EQ(world.hold(3, R"({"item":"a"})").code(), "registration_required");
  const auto late = call("POST", 3);
  EXPECT_EQ(late.status, 410);
  EXPECT_EQ(fault_of("post", route, late), "") << late.body;
  EXPECT_EQ(late.json().at("detail").as_string(), "Registration ended with the opening.");
  world.act(sale::command::PhaseAct::close);
  EXPECT_EQ(world.hold(3, R"({"item":"a"})").json().at("detail").as_string(), "The sale is over.");
}

TEST_F(Door, registrations_are_limited_and_leave_the_reserved_lane_to_payments) {
  api::RateLimitConfig config;
  config.account = {1, 2};
  ApiWorld limited("{}", config);
  limited.define(kItem, R"(,"admission":{"registration":"optional"})");
  const auto call = [&](std::string_view method, std::uint64_t buyer) {
    return http_call(limited.rush->port(), method, "/api/v1/sales/s/registration", {},
                     limited.buyer(buyer));
  };
  const auto before = limited.office.reserved_count();
  EXPECT_EQ(call("POST", 1).status, 201);
  EXPECT_EQ(call("GET", 1).status, 200);
  const auto over = call("DELETE", 1);
  EXPECT_EQ(over.status, 429);
  EXPECT_TRUE(over.has_header("Retry-After: ")) << over.head;
  EXPECT_EQ(fault_of("delete", "/api/v1/sales/{sale}/registration", over), "") << over.body;
  EXPECT_EQ(call("DELETE", 2).status, 204);
  EXPECT_EQ(limited.office.reserved_count(), before);
}

TEST_F(Door, a_sale_without_registration_takes_none) {
  world.define(kItem);
  const auto refused =
      http_call(world.rush->port(), "POST", "/api/v1/sales/s/registration", {}, world.buyer(1));
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "wrong_state");
}

TEST_F(Door, in_a_sale_with_a_line_only_a_pass_leads_to_the_path) {
  world.open_sale(kItem, std::string(kPaths) + R"(,"line":{"mode":"fifo"})");
  const auto refused = path_of(1);
  EXPECT_EQ(refused.code(), "pass_required") << refused.body;
  EXPECT_EQ(fault_of("get", "/api/v1/sales/{sale}/path", refused), "");
  const auto pass = [this](std::uint64_t buyer, std::uint32_t sale) {
    accounts::Claims claims;
    claims.kind = accounts::TokenKind::pass;
    claims.subject = sale::BuyerId{buyer};
    claims.sale = sale::SaleNo{sale};
    claims.number = 7;
    claims.issued_at = world.clock.now();
    claims.expires_at = world.clock.now() + Millis{60'000};
    return "Onrush-Pass: " + accounts::Tokens(world.keys).sign(claims) + "\r\n";
  };
  EXPECT_EQ(path_of(1, pass(2, 1)).code(), "pass_required") << "another's";
  EXPECT_EQ(path_of(1, pass(1, 2)).code(), "pass_required") << "of another sale";
  EXPECT_EQ(path_of(1, pass(1, 1)).status, 200);
}

// Real time: the bucket's clock is the machine's.
struct BucketInFront : Door {
  void open(const std::string& rate, const std::string& capacity) {
    world.open_sale(
        R"({"item":"a","title":"A","stock":1000,"price":5})",
        R"(,"admission":{"bucket":{"rate":)" + rate + R"(,"capacity":)" + capacity + "}}");
  }
  struct Clicks {
    std::vector<HttpAnswer> answers;
    std::chrono::milliseconds took{};
  };
  Clicks all_at_once(std::uint64_t first, std::size_t count) {
    Clicks clicks;
    clicks.answers.resize(count);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([this, &clicks, first, i, headers = world.buyer(first + i)] {
        clicks.answers[i] = http_call(world.rush->port(), "POST", "/api/v1/sales/s/holds",
                                      R"({"item":"a"})", headers);
      });
    }
    for (auto& thread : threads) thread.join();
    clicks.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    return clicks;
  }
};

TEST_F(BucketInFront, a_burst_is_served_whole_at_the_rate) {
  open("100", "1000");
  const auto clicks = all_at_once(1, 31);
  for (const auto& answer : clicks.answers) EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_GE(clicks.took.count(), 290) << "thirty wait for their turns, ten milliseconds each";
  EXPECT_EQ(layer("granted"), 31);
}

TEST_F(BucketInFront, operators_see_how_many_wait) {
  open("1", "1000");
  const api::BucketMetrics metrics(world.directory, world.front_door);
  const auto waiting = [&] {
    const auto families = metrics.Collect();
    const auto& family = families.at(0);
    EXPECT_EQ(family.name, "onrush_bucket_waiting");
    EXPECT_EQ(family.metric.at(0).label.at(0).value, "s");
    return family.metric.at(0).gauge.value;
  };
  EXPECT_EQ(waiting(), 0);
  const auto& rules = world.directory.current()->find("s")->rules->admission.bucket;
  const auto now = std::chrono::steady_clock::now();
  const auto bucket = world.front_door.bucket(sale::SaleNo{1}, rules, now);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(bucket->join(now, std::chrono::seconds(100)).turn.has_value());
  EXPECT_EQ(waiting(), 4) << "the first one waits for nobody";
}

TEST_F(BucketInFront, who_finds_it_full_is_told_when_to_come_again) {
  open("10", "3");
  const auto clicks = all_at_once(1, 20);
  std::size_t granted = 0, busy = 0;
  for (const auto& answer : clicks.answers) {
    granted += answer.status == 201 ? 1u : 0u;
    if (answer.code() != "busy") continue;
    ++busy;
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has_header("Retry-After: 1")) << answer.head;
  }
  EXPECT_EQ(granted + busy, 20u) << "nobody is left without an answer";
  EXPECT_GE(granted, 4u);
  EXPECT_LE(granted, 8u);
  EXPECT_EQ(layer("busy"), static_cast<std::int64_t>(busy));
}

TEST_F(BucketInFront, who_would_wait_past_his_deadline_is_told_at_once) {
  world.config.bucket_wait_max = Millis{100};
  open("10", "1000000");
  const auto start = std::chrono::steady_clock::now();
  const auto clicks = all_at_once(1, 12);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  std::size_t busy = 0;
  for (const auto& answer : clicks.answers) busy += answer.code() == "busy" ? 1u : 0u;
  EXPECT_GE(busy, 9u);
}

TEST_F(BucketInFront, everybody_is_answered_when_the_server_stops) {
  open("1", "1000");
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    world.rush->stop(std::chrono::milliseconds(2'000));
  });
  const auto clicks = all_at_once(1, 10);
  stopper.join();
  std::size_t granted = 0;
  for (const auto& answer : clicks.answers) {
    if (answer.status == 201) {
      ++granted;
    } else {
      EXPECT_EQ(answer.code(), "busy") << answer.status;
    }
  }
  EXPECT_GE(granted, 1u);
  EXPECT_LT(clicks.took.count(), 1'500) << "at once, not at their turns";
}

TEST_F(BucketInFront, who_left_while_waiting_takes_nothing) {
  open("10", "1000");
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  constexpr int kLeavers = 3;
  for (std::uint64_t buyer = 2; buyer < 2 + kLeavers; ++buyer) {
    const int socket = connect_to(world.general->port());
    const std::string body = R"({"item":"a"})";
    const std::string request = "POST /api/v1/sales/s/holds HTTP/1.1\r\nHost: t\r\n" +
                                world.buyer(buyer) + "Content-Type: application/json\r\n" +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                body;
    ASSERT_EQ(::send(socket, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::close(socket);
  }
  EXPECT_EQ(world.hold(9, R"({"item":"a"})").status, 201);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[0].held, 2u);
}

TEST_F(BucketInFront, what_is_gone_in_the_meantime_is_told_from_the_latch) {
  world.open_sale(R"({"item":"a","title":"A","stock":2,"price":5})",
                  R"(,"standby":false,"admission":{"bucket":{"rate":5,"capacity":100}})");
  const auto before = world.office.command_count();
  ASSERT_EQ(world.hold(1, R"({"item":"a"})").status, 201) << "at once; the next turns are later";
  // One unit is free when these five come, and none when the second of them has his turn.
  const auto clicks = all_at_once(2, 5);
  std::size_t granted = 0, sold_out = 0;
  for (const auto& answer : clicks.answers) {
    granted += answer.status == 201 ? 1u : 0u;
    sold_out += answer.code() == "sold_out" ? 1u : 0u;
  }
  EXPECT_EQ(granted, 1u);
  EXPECT_EQ(sold_out, 4u);
  EXPECT_GE(clicks.took.count(), 900) << "they waited for their turns";
  EXPECT_EQ(world.office.command_count(), before + 2);
}

}  // namespace
}  // namespace onrush::test
