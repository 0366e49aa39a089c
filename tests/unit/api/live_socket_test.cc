// Push messages end to end: real servers, the real state machine, Beast's client.
#include "support/api_world.h"
#include "support/live_client.h"

namespace onrush::test {
namespace {

using accounts::TokenKind;
using sale::command::PhaseAct;

constexpr std::string_view kOneUnit = R"({"item":"a","title":"A","stock":1,"price":500})";

std::string text_of(const boost::json::value& message, std::string_view name) {
  const auto* value = message.is_object() ? message.get_object().if_contains(name) : nullptr;
  return value == nullptr || !value->is_string() ? std::string{} : std::string(value->get_string());
}

struct LiveSocket : ::testing::Test {
  // Greeted: what happens to this buyer from now on is told.
  void greet(LiveClient& client, std::uint64_t buyer) {
    ASSERT_TRUE(client.connected());
    ASSERT_EQ(text_of(client.next(), "type"), "welcome");
    client.hello(world.token(TokenKind::buyer, buyer));
    const auto welcome = client.next("welcome");
    ASSERT_EQ(text_of(welcome, "buyer"), std::to_string(buyer));
    ASSERT_FALSE(welcome.as_object().contains("token_refused"));
  }
  std::string hold(std::uint64_t buyer, int status = 201) {
    const auto answer = world.hold(buyer, R"({"item":"a"})");
    EXPECT_EQ(answer.status, status) << answer.body;
    return text_of(answer.json(), "order");
  }
  void release(std::uint64_t buyer, const std::string& order) {
    EXPECT_EQ(http_call(world.general->port(), "DELETE", "/api/v1/orders/" + order, {},
                        world.buyer(buyer))
                  .status,
              204);
  }
  ApiWorld world;
};

TEST_F(LiveSocket, a_listener_without_a_token_gets_welcome_and_the_state) {
  world.open_sale(kOneUnit);
  LiveClient client(world.rush->port());
  ASSERT_TRUE(client.connected());
  const auto welcome = client.next();
  EXPECT_EQ(text_of(welcome, "type"), "welcome");
  EXPECT_TRUE(welcome.at("buyer").is_null());
  const auto live = client.next();
  EXPECT_EQ(text_of(live, "type"), "live");
  EXPECT_EQ(text_of(live, "phase"), "open");
  const auto polled = http_call(world.rush->port(), "GET", "/api/v1/sales/s/live").json();
  EXPECT_EQ(live.at("items"), polled.at("items")) << "push and polling say the same";
}

TEST_F(LiveSocket, an_order_is_told_to_its_buyer_on_every_connection_and_to_nobody_else) {
  world.open_sale(kOneUnit);
  // One on each listener: the same messages, whatever the port.
  LiveClient phone(world.rush->port()), desk(world.general->port()), other(world.rush->port());
  greet(phone, 1);
  greet(desk, 1);
  greet(other, 2);
  const std::string order = hold(1);
  for (LiveClient* mine : {&phone, &desk}) {
    const auto granted = mine->next("order");
    EXPECT_EQ(text_of(granted, "cause"), "granted");
    EXPECT_EQ(text_of(granted, "order"), order);
    EXPECT_EQ(text_of(granted, "state"), "awaiting_payment");
  }
  release(1, order);
  const auto released = phone.next("order");
  EXPECT_EQ(text_of(released, "cause"), "released");
  EXPECT_EQ(text_of(released, "state"), "released");
  other.catch_up();
  EXPECT_EQ(other.skipped("order"), 0);
}

TEST_F(LiveSocket, whoever_waits_is_told_when_it_is_his_turn) {
  world.open_sale(kOneUnit);
  const std::string first = hold(1);
  LiveClient waiting(world.rush->port());
  greet(waiting, 2);
  hold(2, 202);
  release(1, first);
  const auto turn = waiting.next("order");
  EXPECT_EQ(text_of(turn, "cause"), "standby_turn");
  EXPECT_EQ(text_of(turn, "state"), "awaiting_payment");
}

TEST_F(LiveSocket, the_end_of_a_standby_entry_is_told_with_its_reason) {
  world.open_sale(kOneUnit);
  hold(1);
  LiveClient leaver(world.rush->port()), stayer(world.rush->port());
  greet(leaver, 2);
  greet(stayer, 3);
  hold(2, 202);
  hold(3, 202);
  EXPECT_EQ(
      http_call(world.rush->port(), "DELETE", "/api/v1/sales/s/standby", {}, world.buyer(2)).status,
      204);
  const auto left = leaver.next("standby_left");
  EXPECT_EQ(text_of(left, "how"), "left");
  EXPECT_EQ(text_of(left, "sale"), "s");
  const auto cancelled = ports::call(
      world.office, sale::command::ChangePhase{sale::SaleNo{1}, PhaseAct::cancel, "t", "rain"},
      Millis{5000});
  ASSERT_EQ(cancelled.verdict, sale::Verdict::done) << cancelled.message;
  EXPECT_EQ(text_of(stayer.next("standby_left"), "how"), "closed");
}

TEST_F(LiveSocket, many_changes_become_few_messages_and_the_last_is_the_newest) {
  constexpr int kHolds = 3000;
  world.open_sale(R"({"item":"a","title":"A","stock":5000,"price":500})");
  LiveClient client(world.rush->port());
  ASSERT_TRUE(client.connected());
  for (std::uint64_t buyer = 1; buyer <= kHolds; ++buyer) {
    const auto held = ports::call(
        world.office,
        sale::command::RequestHold{sale::SaleNo{1}, sale::BuyerId{buyer}, {{sale::ItemNo{0}, 1}}},
        Millis{5000});
    ASSERT_EQ(held.verdict, sale::Verdict::granted) << held.message;
  }
  int messages = 0;
  std::int64_t held = 0, before = 0;
  while (held < kHolds) {
    const auto live = client.next("live");
    ASSERT_TRUE(live.is_object()) << "the last state never came; seen up to " << held;
    held = live.at("items").at(0).at("held").as_int64();
    EXPECT_GE(held, before) << "an older state came after a newer one";
    before = held;
    ++messages;
  }
  EXPECT_LT(messages, kHolds / 2);
}

TEST_F(LiveSocket, a_phase_change_reaches_everybody) {
  world.open_sale(kOneUnit);
  LiveClient anonymous(world.rush->port()), known(world.general->port());
  ASSERT_TRUE(anonymous.connected());
  greet(known, 1);
  anonymous.catch_up();
  known.catch_up();
  world.act(PhaseAct::pause);
  EXPECT_EQ(text_of(anonymous.next("live"), "phase"), "paused");
  EXPECT_EQ(text_of(known.next("live"), "phase"), "paused");
}

TEST_F(LiveSocket, a_token_that_is_not_good_is_refused_but_broadcasts_go_on) {
  world.open_sale(kOneUnit);
  LiveClient client(world.rush->port());
  ASSERT_TRUE(client.connected());
  client.catch_up();
  for (const std::string& token :
       {std::string("x.y.z"), world.token(TokenKind::staff, 1, ports::Role::owner),
        world.token(TokenKind::refresh, 1),
        world.token(TokenKind::buyer, 1, ports::Role::buyer, 0, Millis{0})}) {
    client.hello(token);
    const auto welcome = client.next("welcome");
    ASSERT_TRUE(welcome.is_object()) << "closed instead of told";
    EXPECT_TRUE(welcome.at("token_refused").as_bool());
    EXPECT_TRUE(welcome.at("buyer").is_null());
  }
  hold(1);
  world.act(PhaseAct::pause);
  boost::json::value live = client.next("live");
  while (live.is_object() && text_of(live, "phase") != "paused") live = client.next("live");
  EXPECT_TRUE(live.is_object()) << "no broadcast came";
  EXPECT_EQ(client.skipped("order"), 0) << "a refused token must not open the buyer's messages";
}

TEST_F(LiveSocket, a_second_hello_takes_the_place_of_the_first) {
  world.open_sale(R"({"item":"a","title":"A","stock":5,"price":500})");
  LiveClient client(world.rush->port());
  greet(client, 1);
  client.hello(world.token(TokenKind::buyer, 2));
  ASSERT_EQ(text_of(client.next("welcome"), "buyer"), "2");
  hold(1);
  const std::string order = hold(2);
  EXPECT_EQ(text_of(client.next("order"), "order"), order);
}

TEST_F(LiveSocket, a_stopping_server_says_bye_and_closes_with_1001) {
  world.open_sale(kOneUnit);
  LiveClient one(world.rush->port()), two(world.general->port());
  greet(one, 1);
  ASSERT_TRUE(two.connected());
  world.hub.say_goodbye(Millis{5000});
  std::vector<int> states;  // that came before the goodbye
  for (LiveClient* client : {&one, &two}) {
    const auto bye = client->next("bye");
    ASSERT_TRUE(bye.is_object());
    EXPECT_EQ(bye.at("code").as_int64(), 1001);
    const auto wait = bye.at("reconnect_in_ms").as_int64();
    EXPECT_GE(wait, world.hub.policy().reconnect_min.count());
    EXPECT_LE(wait, world.hub.policy().reconnect_max.count());
    states.push_back(client->skipped("live"));
  }
  const auto broadcasts = world.hub.stats().broadcasts;
  world.act(PhaseAct::pause);
  while (world.hub.stats().broadcasts == broadcasts) std::this_thread::yield();
  std::thread stopper([&] {
    world.rush->stop(Millis{5000});
    world.general->stop(Millis{5000});
  });
  for (std::size_t i = 0; LiveClient * client : {&one, &two}) {
    EXPECT_TRUE(client->next("nothing more").is_null());
    EXPECT_EQ(client->skipped("live"), states[i++]) << "nothing for everybody follows the goodbye";
    EXPECT_EQ(client->close_code(), 1001);
  }
  stopper.join();
}

TEST_F(LiveSocket, only_our_pages_and_programs_may_connect) {
  world.open_sale(kOneUnit);
  LiveClient program(world.rush->port(), "s"), ours(world.rush->port(), "s", "http://shop.test");
  EXPECT_TRUE(program.connected());
  EXPECT_TRUE(ours.connected());
  for (const char* origin : {"http://evil.test", "null", "http://shop.test.evil.test",
                             "https://shop.test", "http://admin.test"}) {
    LiveClient foreign(world.rush->port(), "s", origin);
    EXPECT_FALSE(foreign.connected()) << origin;
    EXPECT_EQ(foreign.status(), 403) << origin;
  }
}

TEST_F(LiveSocket, a_sale_that_is_not_public_cannot_be_listened_to) {
  world.open_sale(kOneUnit);
  LiveClient nowhere(world.rush->port(), "nope");
  EXPECT_EQ(nowhere.status(), 404);
  const std::string file =
      R"({"sale":"d","title":"D","opens_at":"+1h","closes_at":"+9h","items":[)" +
      std::string(kOneUnit) + "]}";
  ASSERT_EQ(http_call(world.admin->port(), "PUT", "/api/v1/admin/sales/d", file,
                      world.staff(ports::Role::operator_))
                .status,
            201);
  world.settle();
  LiveClient draft(world.rush->port(), "d");
  EXPECT_EQ(draft.status(), 404);
}

TEST_F(LiveSocket, what_is_no_message_closes_with_1008) {
  world.open_sale(kOneUnit);
  for (const char* text : {"{", "[]", R"({"type":"dance"})", R"({"type":7})", "{}",
                           R"({"type":"hello","token":[[[[[1]]]]]})"}) {
    LiveClient client(world.rush->port());
    ASSERT_TRUE(client.connected());
    client.say(text);
    EXPECT_TRUE(client.next("nothing more").is_null());
    EXPECT_EQ(client.close_code(), 1008) << text;
  }
}

TEST_F(LiveSocket, one_account_has_at_most_eight_connections_on_one_worker) {
  world.open_sale(kOneUnit);
  std::vector<std::unique_ptr<LiveClient>> clients;
  for (int i = 0; i < 8; ++i) {
    greet(*clients.emplace_back(std::make_unique<LiveClient>(world.rush->port())), 1);
  }
  LiveClient ninth(world.rush->port());
  ninth.hello(world.token(TokenKind::buyer, 1));
  EXPECT_TRUE(ninth.next("nothing more").is_null());
  EXPECT_EQ(ninth.close_code(), 1008);
  hold(1);
  for (auto& client : clients) EXPECT_EQ(text_of(client->next("order"), "cause"), "granted");
}

}  // namespace
}  // namespace onrush::test
