// The line of a sale over HTTP: places, passes, the draw, and what staff set about them.
#include "base/hex.h"
#include "edge/live/line_documents.h"
#include "sale/draw.h"
#include "support/api_world.h"
#include "support/live_client.h"

namespace onrush::test {
namespace {

using accounts::TokenKind;
using ports::Role;
using sale::command::PhaseAct;

constexpr std::string_view kLineItem =
    R"({"item":"a","title":"A","stock":5,"price":500,"standby":false})";
constexpr sale::SaleNo kSale{1};

std::string line_of(std::string_view mode, std::string_view more = "") {
  return R"(,"lobby_at":"+1m","line":{"mode":")" + std::string(mode) + '"' + std::string(more) +
         "}";
}

struct Line : ::testing::Test {
  HttpAnswer call(std::string_view method, std::string_view path, std::uint64_t buyer = 0,
                  std::string_view headers = "") {
    return http_call(world.rush->port(), method, "/api/v1/sales/s" + std::string(path), {},
                     (buyer == 0 ? std::string{} : world.buyer(buyer)).append(headers));
  }
  HttpAnswer act(std::string_view body, Role role = Role::operator_) {
    return http_call(world.admin->port(), "POST", "/api/v1/admin/sales/s/acts", body,
                     world.staff(role));
  }
  void enter_lobby() {
    world.clock.advance(std::chrono::minutes{1});
    world.office.tick();
    world.settle();
  }
  void open() { world.act(PhaseAct::open); }
  // Lets the line call.
  void pass_time(Millis time) {
    for (Millis gone{}; gone < time; gone += Millis{100}) {
      world.clock.advance(Millis{100});
      world.office.tick();
    }
  }
  std::string pass_header(std::uint64_t buyer) {
    const auto pass = call("POST", "/pass", buyer);
    EXPECT_EQ(pass.status, 201) << pass.body;
    return header("Onrush-Pass", pass);
  }
  static std::string header(std::string_view name, const HttpAnswer& token) {
    return std::string(name) + ": " + std::string(token.json().at("token").as_string()) + "\r\n";
  }
  static std::string text(const HttpAnswer& answer, std::string_view name) {
    return std::string(answer.json().at(name).as_string());
  }
  static std::int64_t number(const HttpAnswer& answer, std::string_view name) {
    return answer.json().at(name).as_int64();
  }
  std::uint64_t commands() const { return world.office.command_count(); }

  ApiWorld world;
};

TEST_F(Line, places_are_numbered_as_buyers_come_and_kept_for_them) {
  world.define(kLineItem, line_of("fifo"));
  enter_lobby();
  const auto first = call("POST", "/place", 1);
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(number(first, "entry"), 1);
  EXPECT_EQ(number(first, "number"), 1);
  EXPECT_EQ(text(first, "state"), "lobby");
  EXPECT_EQ(number(call("POST", "/place", 2), "entry"), 2);
  const auto again = call("POST", "/place", 1);
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(number(again, "entry"), 1);
  const auto found = call("GET", "/place", 2);
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(number(found, "entry"), 2);
  EXPECT_EQ(world.office.line(kSale).entries, 2u);
}

TEST_F(Line, whoever_has_no_place_is_told_so_without_the_box_office) {
  world.define(kLineItem, line_of("fifo"));
  enter_lobby();
  const auto before = commands();
  EXPECT_EQ(call("GET", "/place", 7).code(), "no_place");
  EXPECT_EQ(call("DELETE", "/place", 7).status, 204);
  open();
  const auto opened = commands();
  EXPECT_EQ(call("POST", "/pass", 7).code(), "no_place");
  EXPECT_EQ(commands(), opened);
  EXPECT_LE(opened - before, 1u) << "the act alone";
}

TEST_F(Line, a_place_that_was_left_is_no_place_until_it_is_taken_again) {
  world.define(kLineItem, line_of("fifo"));
  enter_lobby();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  EXPECT_EQ(call("DELETE", "/place", 1).status, 204);
  EXPECT_EQ(call("DELETE", "/place", 1).status, 204) << "gone is gone";
  const auto gone = call("GET", "/place", 1);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.code(), "no_place");
  const auto other = call("POST", "/place", 1);
  EXPECT_EQ(other.status, 201);
  EXPECT_EQ(number(other, "entry"), 1) << "coming and going uses nothing up";
  EXPECT_EQ(call("GET", "/place", 1).status, 200);
}

// The same bytes for everybody, before any token is looked at.
TEST_F(Line, a_call_at_the_wrong_time_is_refused_without_a_token_and_without_the_box_office) {
  world.define(kLineItem, line_of("draw"));
  const auto before = commands();
  const auto early = call("POST", "/place");
  EXPECT_EQ(early.status, 425) << early.body;
  EXPECT_EQ(early.code(), "not_open");
  EXPECT_TRUE(early.has_header("Retry-After: 60")) << early.head;
  EXPECT_EQ(text(early, "lobby_at"), to_rfc3339(world.clock.now() + std::chrono::minutes{1}));
  EXPECT_FALSE(early.json().as_object().contains("trace_id")) << "prepared for everybody";
  EXPECT_EQ(call("POST", "/pass").code(), "not_open");
  world.clock.advance(Millis{20'000});
  EXPECT_TRUE(call("POST", "/place").has_header("Retry-After: 40"));
  EXPECT_EQ(commands(), before);
  enter_lobby();
  EXPECT_EQ(call("POST", "/place").status, 401);
  EXPECT_EQ(call("POST", "/pass").status, 425) << "passes begin with the sale";
  open();
  EXPECT_EQ(call("POST", "/pass").status, 401);
  world.act(PhaseAct::pause);
  EXPECT_EQ(call("POST", "/pass").code(), "paused");
  EXPECT_EQ(call("POST", "/place").status, 401) << "places are taken during a pause";
  world.act(PhaseAct::close);
  EXPECT_EQ(call("POST", "/place").status, 410);
  EXPECT_EQ(call("POST", "/pass").code(), "closed");
}

// Prepared bytes name the pages' own origin.
TEST_F(Line, another_trusted_origin_gets_its_own_document) {
  world.config.more_origins = {"http://other.test"};
  world.define(kLineItem, line_of("fifo"));
  const auto before = commands();
  const auto early = call("POST", "/place", 1, "Origin: http://other.test\r\n");
  EXPECT_EQ(early.status, 425);
  EXPECT_TRUE(early.has_header("Access-Control-Allow-Origin: http://other.test")) << early.head;
  EXPECT_EQ(commands(), before);
}

TEST_F(Line, a_sale_without_a_line_says_so) {
  world.open_sale(kLineItem);
  const auto off = call("POST", "/place");
  EXPECT_EQ(off.status, 409);
  EXPECT_EQ(off.code(), "line_off");
  EXPECT_EQ(call("GET", "/place", 1).code(), "no_place");
  EXPECT_EQ(call("POST", "/pass").code(), "line_off");
  EXPECT_EQ(call("GET", "/draw").status, 404);
  EXPECT_EQ(call("GET", "/draw/entries").status, 404);
  EXPECT_TRUE(call("GET", "/live").json().at("line").is_null());
  EXPECT_TRUE(call("GET", "").json().at("draw").is_null());
  EXPECT_EQ(call("GET", "").json().at("line").at("mode").as_string(), "off");
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 201) << "and needs no pass";
}

TEST_F(Line, a_full_line_takes_nobody_more_but_keeps_those_it_has) {
  world.define(kLineItem, line_of("fifo", R"(,"capacity":2)"));
  enter_lobby();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  ASSERT_EQ(call("POST", "/place", 2).status, 201);
  const auto before = commands();
  const auto full = call("POST", "/place", 3);
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.code(), "line_full");
  EXPECT_TRUE(full.has_header("Retry-After: "));
  EXPECT_EQ(commands(), before) << "told from the latch";
  EXPECT_EQ(call("POST", "/place", 2).status, 200);
}

TEST_F(Line, the_channel_is_asked_before_a_place_is_taken) {
  world.define(kLineItem, line_of("fifo") + R"(,"admission":{"channels":["app"]})");
  enter_lobby();
  const auto before = commands();
  EXPECT_EQ(call("POST", "/place", 1).code(), "channel_required");
  EXPECT_EQ(commands(), before);
  EXPECT_EQ(call("POST", "/place", 1, "X-Onrush-Channel: app\r\n").status, 201);
}

TEST_F(Line, a_hold_needs_the_pass_of_its_own_buyer_and_sale_while_it_lives) {
  world.define(kLineItem, line_of("fifo", R"(,"rate":100,"pass_seconds":10)"));
  enter_lobby();
  for (const std::uint64_t buyer : {1, 2, 3}) ASSERT_EQ(call("POST", "/place", buyer).status, 201);
  open();
  pass_time(Millis{1'000});
  const std::string one = pass_header(1), two = pass_header(2);
  const auto again = call("POST", "/pass", 1);
  EXPECT_EQ(again.status, 200) << "live already";
  const auto before = commands();
  const auto refused = world.hold(1, R"({"item":"a"})");
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_EQ(refused.code(), "pass_required");
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", two).status, 403) << "another's";
  EXPECT_EQ(world.hold(1, "{ \"item\" : \"a\" }", two).status, 403) << "whatever the body";
  accounts::Claims claims;
  claims.kind = TokenKind::pass;
  claims.subject = sale::BuyerId{1};
  claims.sale = sale::SaleNo{2};
  claims.number = 1;
  claims.expires_at = world.clock.now() + std::chrono::hours{1};
  EXPECT_EQ(world
                .hold(1, R"({"item":"a"})",
                      "Onrush-Pass: " + accounts::Tokens(world.keys).sign(claims) + "\r\n")
                .status,
            403)
      << "of another sale";
  EXPECT_EQ(
      world.hold(1, R"({"item":"a"})", header("Onrush-Pass", call("GET", "/place", 1))).status, 403)
      << "a place is no pass";
  EXPECT_EQ(commands(), before + 1) << "the look-up of the place alone";
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", one).status, 201);
  EXPECT_EQ(text(call("GET", "/place", 1), "state"), "used");
  EXPECT_EQ(call("POST", "/pass", 1).code(), "no_place") << "his pass has been used";
  const auto repeat = world.hold(1, R"({"item":"a"})");
  EXPECT_EQ(repeat.status, 201) << "whoever holds something gets his answer again, pass or not";
  EXPECT_TRUE(repeat.json().at("repeated").as_bool());
  pass_time(Millis{12'000});
  const auto late = commands();
  EXPECT_EQ(world.hold(2, R"({"item":"a"})", two).status, 403) << "lapsed";
  EXPECT_EQ(commands(), late);
  EXPECT_EQ(world.hold(2, R"({"item":"a"})", pass_header(2)).status, 201) << "claimed late";
}

TEST_F(Line, the_box_office_has_the_last_word_on_a_pass) {
  world.define(kLineItem, line_of("fifo"));
  open();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  accounts::Claims claims;
  claims.kind = TokenKind::pass;
  claims.subject = sale::BuyerId{1};
  claims.sale = kSale;
  claims.number = 1;
  claims.expires_at = world.clock.now() + std::chrono::hours{1};
  const auto before = commands();
  const auto answer = world.hold(
      1, R"({"item":"a"})", "Onrush-Pass: " + accounts::Tokens(world.keys).sign(claims) + "\r\n");
  EXPECT_EQ(answer.status, 403) << "well signed, and never claimed";
  EXPECT_EQ(answer.code(), "pass_required");
  EXPECT_EQ(commands(), before + 1);
}

TEST_F(Line, whoever_shows_his_place_is_told_to_wait_without_the_box_office) {
  world.define(kLineItem, line_of("fifo", R"(,"rate":1,"active_max":1)"));
  enter_lobby();
  std::vector<std::string> places;
  for (std::uint64_t buyer = 1; buyer <= 4; ++buyer)
    places.push_back(header("Onrush-Place", call("POST", "/place", buyer)));
  open();
  pass_time(Millis{1'000});
  ASSERT_LT(world.office.line(kSale).serving, 4u);
  const auto before = commands();
  const auto wait = call("POST", "/pass", 4, places[3]);
  EXPECT_EQ(wait.status, 425) << wait.body;
  EXPECT_EQ(wait.code(), "not_your_turn");
  EXPECT_EQ(commands(), before);
  const auto by_office = call("POST", "/pass", 4);
  EXPECT_EQ(by_office.status, 425);
  EXPECT_EQ(commands(), before + 1);
  // Both tell the same place, by the same numbers.
  auto told = wait.json().at("place").as_object(), asked = by_office.json().at("place").as_object();
  EXPECT_EQ(told.at("state").as_string(), "waiting");
  EXPECT_TRUE(places[3].find(told.at("token").as_string().c_str()) != std::string::npos)
      << "his own proof again";
  told.erase("token");
  asked.erase("token");
  EXPECT_EQ(told, asked);
  EXPECT_EQ(call("POST", "/pass", 4, places[2]).json().at("place").at("entry").as_int64(), 4)
      << "another's place says nothing";
  EXPECT_EQ(commands(), before + 2);
  EXPECT_EQ(call("POST", "/pass", 1, places[0]).status, 201) << "and he who has been called";
}

TEST_F(Line, whoever_cannot_win_with_what_is_left_is_told_so) {
  world.define(kLineItem, line_of("fifo"));
  enter_lobby();
  for (std::uint64_t buyer = 1; buyer <= 7; ++buyer)
    ASSERT_EQ(call("POST", "/place", buyer).status, 201);
  open();
  pass_time(Millis{1'000});
  ASSERT_EQ(world.office.line(kSale).serving, 5u) << "as many as there are units";
  const auto refused = call("POST", "/pass", 7);
  EXPECT_EQ(refused.code(), "not_your_turn");
  EXPECT_NE(text(refused, "detail").find("cannot win"), std::string::npos) << refused.body;
  EXPECT_TRUE(refused.has_header("Retry-After: 30"));
  EXPECT_TRUE(refused.json().at("place").at("eta_seconds").is_null());
}

TEST_F(Line, a_place_in_a_sale_for_the_registered_costs_others_no_trip) {
  world.define(kLineItem, line_of("fifo") + R"(,"admission":{"registration":"required"})");
  ASSERT_EQ(call("POST", "/registration", 1).status, 201);
  enter_lobby();
  const auto before = commands();
  EXPECT_EQ(call("POST", "/place", 2).code(), "registration_required");
  EXPECT_EQ(commands(), before);
  EXPECT_EQ(call("POST", "/place", 1).status, 201);
}

struct Draw : Line {
  // `n` buyers in the lobby, 101.., and then the opening.
  void draw(std::uint64_t n) {
    world.define(kLineItem, line_of("draw"));
    enter_lobby();
    for (std::uint64_t buyer = 101; buyer <= 100 + n; ++buyer)
      ASSERT_EQ(call("POST", "/place", buyer).status, 201);
  }
  static Digest digest(const HttpAnswer& answer, std::string_view name) {
    Digest value{};
    EXPECT_TRUE(read_hex(text(answer, name), value)) << answer.body;
    return value;
  }
};

TEST_F(Draw, the_secret_is_committed_to_before_and_shown_after_the_opening) {
  draw(5);
  const auto before = call("GET", "/draw");
  ASSERT_EQ(before.status, 200);
  EXPECT_FALSE(before.json().at("revealed").as_bool());
  EXPECT_FALSE(before.json().as_object().contains("secret")) << before.body;
  EXPECT_FALSE(before.json().as_object().contains("seed"));
  EXPECT_EQ(call("GET", "").json().at("draw").at("commitment"), before.json().at("commitment"));
  EXPECT_EQ(call("GET", "/draw/entries").status, 425);
  EXPECT_TRUE(call("POST", "/place", 101).json().at("number").is_null()) << "not drawn yet";
  open();
  const auto after = call("GET", "/draw");
  EXPECT_TRUE(after.json().at("revealed").as_bool());
  EXPECT_EQ(text(after, "commitment"), text(before, "commitment"));
  EXPECT_EQ(to_hex(sha256(Bytes(digest(after, "secret")))), text(before, "commitment"));
  EXPECT_TRUE(after.has_header("ETag: "));
  EXPECT_EQ(number(after, "entries"), 5);
}

TEST_F(Draw, everything_can_be_computed_again_from_what_is_published) {
  draw(7);
  ASSERT_EQ(act(R"({"act":"beacon","value":"lottery 7 21 33"})").status, 200);
  open();
  const auto shown = call("GET", "/draw");
  EXPECT_EQ(text(shown, "beacon"), "lottery 7 21 33");
  sale::DrawSecret secret{};
  ASSERT_TRUE(read_hex(text(shown, "secret"), secret));
  Digest lobby = sale::lobby_digest("s");
  std::vector<std::string> leaves;
  for (int from = 1; from <= 7; from += 3) {
    const auto page = call("GET", "/draw/entries?limit=3&from=" + std::to_string(from));
    ASSERT_EQ(page.status, 200) << page.body;
    const auto document = page.json();
    for (const auto& leaf : document.at("leaves").as_array()) {
      sale::Leaf bytes{};
      ASSERT_TRUE(read_hex(std::string(leaf.as_string()), bytes));
      EXPECT_EQ(bytes, sale::lobby_leaf(secret, "s", sale::BuyerId{101 + leaves.size()}));
      lobby = sale::lobby_digest(lobby, bytes);
      leaves.emplace_back(leaf.as_string());
    }
  }
  ASSERT_EQ(leaves.size(), 7u);
  EXPECT_EQ(to_hex(lobby), text(shown, "lobby_digest"));
  const Digest seed = sale::draw_seed(secret, 7, lobby, "lottery 7 21 33");
  EXPECT_EQ(to_hex(seed), text(shown, "seed"));
  const sale::Permutation places(seed, 7);
  for (std::uint32_t entry = 1; entry <= 7; ++entry) {
    EXPECT_EQ(number(call("GET", "/place", 100 + entry), "number"), places.place_of(entry));
  }
  const auto late = call("POST", "/place", 999);
  EXPECT_EQ(number(late, "number"), 8) << "behind those who drew";
  // With the place shown, the worker draws by itself, and gets the same.
  for (std::uint32_t entry = 1; entry <= 7; ++entry) {
    const auto place = call("GET", "/place", 100 + entry);
    const auto told = call("POST", "/pass", 100 + entry, header("Onrush-Place", place));
    if (told.status != 425) continue;
    EXPECT_EQ(told.json().at("place").at("number").as_int64(), places.place_of(entry));
  }
}

TEST_F(Draw, pages_of_entries_are_checked) {
  draw(1);
  open();
  for (const char* query : {"from=0", "from=x", "limit=0", "limit=10001", "from=-1", "limit=1x"}) {
    EXPECT_EQ(call("GET", std::string("/draw/entries?") + query).status, 422) << query;
  }
  EXPECT_TRUE(call("GET", "/draw/entries?from=2").json().at("leaves").as_array().empty());
}

TEST_F(Draw, the_box_office_is_asked_for_each_leaf_once) {
  constexpr std::uint32_t kEntries = api::DrawLeaves::kBlock + 3;
  draw(kEntries);
  open();
  const auto page = [&](std::uint32_t from, std::uint32_t limit) {
    return call("GET",
                "/draw/entries?from=" + std::to_string(from) + "&limit=" + std::to_string(limit));
  };
  const auto leaves = [](const HttpAnswer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json().at("leaves").as_array();
  };
  const auto before = world.office.command_count();
  const auto whole = page(1, 10'000);
  const auto all = leaves(whole);
  ASSERT_EQ(all.size(), kEntries);
  EXPECT_EQ(world.office.command_count() - before, 2u) << "a block at a time";
  EXPECT_TRUE(whole.has_header("Cache-Control: public, max-age=86400, immutable")) << whole.head;

  const auto part = leaves(page(api::DrawLeaves::kBlock, 3));
  ASSERT_EQ(part.size(), 3u);
  for (std::size_t i = 0; i < part.size(); ++i)
    EXPECT_EQ(part[i], all[api::DrawLeaves::kBlock - 1 + i]);
  EXPECT_EQ(leaves(page(kEntries, 10'000)).size(), 1u);
  EXPECT_TRUE(leaves(page(kEntries + 1, 10'000)).empty());
  EXPECT_TRUE(leaves(page(100'000'000, 10'000)).empty());
  EXPECT_EQ(page(1, 10'000).body, whole.body);
  EXPECT_EQ(world.office.command_count() - before, 2u) << "again from what is kept";
}

TEST_F(Draw, leaves_that_are_not_kept_are_asked_for_again) {
  api::DrawLeaves few(1);
  few.keep(kSale, 0, "a");
  few.keep(kSale, 0, "another");
  EXPECT_EQ(*few.find(kSale, 0), "a");
  few.keep(kSale, 1, "b");
  EXPECT_EQ(few.find(kSale, 0), nullptr) << "the oldest goes";
  EXPECT_EQ(*few.find(kSale, 1), "b");
  EXPECT_EQ(few.find(sale::SaleNo{2}, 1), nullptr);
}

TEST_F(Draw, a_sale_defined_anew_keeps_its_commitment_and_each_sale_has_its_own) {
  const auto file = [](std::string_view key, std::string_view title) {
    return R"({"sale":")" + std::string(key) + R"(","title":")" + std::string(title) +
           R"(","opens_at":"+1h","closes_at":"+2h","line":{"mode":"draw"},"items":[)" +
           std::string(kLineItem) + "]}";
  };
  const auto put = [&](std::string_view key, std::string_view title) {
    return http_call(world.admin->port(), "PUT", "/api/v1/admin/sales/" + std::string(key),
                     file(key, title), world.staff(Role::operator_));
  };
  const auto commitment = [&](std::string_view key) {
    world.settle();
    const auto sale =
        http_call(world.rush->port(), "GET", "/api/v1/sales/" + std::string(key)).json();
    return std::string(sale.at("draw").at("commitment").as_string());
  };
  ASSERT_EQ(put("s", "First").status, 201);
  ASSERT_EQ(act(R"({"act":"announce"})").status, 200);
  const std::string announced = commitment("s");
  EXPECT_EQ(announced.size(), 64u);
  const std::string none = to_hex(sha256(Bytes(sale::DrawSecret{})));
  EXPECT_NE(announced, none);
  ASSERT_EQ(put("s", "Second").status, 200);
  EXPECT_EQ(commitment("s"), announced);
  ASSERT_EQ(put("t", "Other").status, 201);
  ASSERT_EQ(http_call(world.admin->port(), "POST", "/api/v1/admin/sales/t/acts",
                      R"({"act":"announce"})", world.staff(Role::operator_))
                .status,
            200);
  EXPECT_NE(commitment("t"), announced);
  EXPECT_NE(commitment("t"), none);
}

TEST_F(Line, a_proxy_learns_whose_pass_it_is) {
  world.define(kLineItem, line_of("fifo", R"(,"pass_seconds":10)"));
  open();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  pass_time(Millis{1'000});
  const auto pass = call("POST", "/pass", 1);
  ASSERT_EQ(pass.status, 201) << pass.body;
  const std::string token = text(pass, "token");
  const auto check = [&](const std::string& headers, std::string_view sale = "s") {
    return http_call(world.general->port(), "GET", "/api/v1/passes/check?sale=" + std::string(sale),
                     {}, headers);
  };
  const auto good = check("Onrush-Pass: " + token + "\r\n");
  EXPECT_EQ(good.status, 204) << good.body;
  EXPECT_TRUE(good.has_header("Onrush-Buyer: 1\r\n")) << good.head;
  EXPECT_TRUE(good.has_header("Cache-Control: no-store\r\n")) << good.head;
  EXPECT_TRUE(check("").has_header("Cache-Control: no-store\r\n"));
  EXPECT_EQ(check("Cookie: a=b; onrush_pass=" + token + "; c=d\r\n").status, 204);
  EXPECT_EQ(check("Cookie: not_onrush_pass=" + token + "\r\n").status, 401);
  EXPECT_EQ(check("").status, 401);
  EXPECT_EQ(check("Onrush-Pass: " + token + "\r\n", "none").status, 401);
  EXPECT_EQ(check("Onrush-Pass: " + text(call("GET", "/place", 1), "token") + "\r\n").status, 401)
      << "a place is no pass";
  EXPECT_EQ(check("Onrush-Pass: " + world.token(TokenKind::buyer, 1) + "\r\n").status, 401);
  world.clock.advance(Millis{11'000});
  EXPECT_EQ(check("Onrush-Pass: " + token + "\r\n").status, 401) << "lapsed";
}

TEST_F(Line, a_proxy_lets_nobody_in_after_his_pass_has_ended) {
  world.define(kLineItem, line_of("fifo", R"(,"pass_seconds":10)"));
  open();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  pass_time(Millis{1'300});
  const auto pass = call("POST", "/pass", 1);
  ASSERT_EQ(pass.status, 201) << pass.body;
  const std::string token = text(pass, "token");
  const auto check = [&] {
    return http_call(world.general->port(), "GET", "/api/v1/passes/check?sale=s", {},
                     "Onrush-Pass: " + token + "\r\n")
        .status;
  };
  const auto ends = parse_rfc3339(text(pass, "expires_at"));
  ASSERT_TRUE(ends);
  ASSERT_NE(to_millis(*ends) % 1000, 0) << "within a second";
  world.clock.advance(*ends - world.clock.now() - Millis{1'000});
  EXPECT_EQ(check(), 204);
  world.clock.advance(Millis{1'000});
  EXPECT_EQ(check(), 401) << "the token itself ends with the second";
}

TEST_F(Line, tries_of_passes_are_limited_and_passes_are_not) {
  api::RateLimitConfig config;
  config.address = {1, 2};
  ApiWorld limited("{}", config);
  limited.define(kLineItem, line_of("fifo"));
  accounts::Claims claims;
  claims.kind = TokenKind::pass;
  claims.subject = sale::BuyerId{1};
  claims.sale = kSale;
  claims.number = 1;
  claims.issued_at = limited.clock.now();
  claims.expires_at = limited.clock.now() + Millis{60'000};
  const std::string pass = accounts::Tokens(limited.keys).sign(claims);
  const auto check = [&](const std::string& token) {
    return http_call(limited.general->port(), "GET", "/api/v1/passes/check?sale=s", {},
                     "Onrush-Pass: " + token + "\r\n");
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(check(pass).status, 204);
  EXPECT_EQ(check("x").status, 401);
  EXPECT_EQ(check("x").status, 401);
  const auto over = check("x");
  EXPECT_EQ(over.status, 429);
  EXPECT_TRUE(over.has_header("Retry-After: ")) << over.head;
  EXPECT_EQ(check(pass).status, 204);
  EXPECT_NE(http_call(limited.admin->port(), "GET", "/metrics")
                .body.find(R"(onrush_rate_limited_total{limit="address",call="pass_check"} 1)"),
            std::string::npos);
}

TEST_F(Line, calls_of_the_line_are_limited_by_account) {
  api::RateLimitConfig config;
  config.account = {1, 3};
  ApiWorld limited("{}", config);
  limited.define(kLineItem, line_of("fifo"));
  limited.act(PhaseAct::open);
  const auto place = [&](std::uint64_t buyer) {
    return http_call(limited.rush->port(), "POST", "/api/v1/sales/s/place", {},
                     limited.buyer(buyer));
  };
  for (int i = 0; i < 3; ++i) EXPECT_LT(place(1).status, 300);
  const auto before = limited.office.command_count();
  const auto over = place(1);
  EXPECT_EQ(over.status, 429);
  EXPECT_TRUE(over.has_header("Retry-After: "));
  EXPECT_EQ(limited.office.command_count(), before);
  EXPECT_EQ(place(2).status, 201);
  EXPECT_NE(http_call(limited.admin->port(), "GET", "/metrics")
                .body.find(R"(onrush_rate_limited_total{limit="account",call="line"} 1)"),
            std::string::npos);
}

TEST_F(Line, staff_set_the_rate_and_see_the_line) {
  world.define(kLineItem, line_of("fifo", R"(,"rate":7)"));
  enter_lobby();
  ASSERT_EQ(call("POST", "/place", 1).status, 201);
  ASSERT_EQ(call("POST", "/place", 2).status, 201);
  ASSERT_EQ(call("DELETE", "/place", 2).status, 204);
  EXPECT_EQ(act(R"({"act":"rate","rate":80})", Role::viewer).status, 403);
  EXPECT_EQ(world.office.line(kSale).rate, 7u);
  EXPECT_EQ(act(R"({"act":"rate","rate":80})").status, 200);
  for (const char* bad : {R"({"act":"rate"})", R"({"act":"rate","rate":0})",
                          R"({"act":"rate","rate":100001})", R"({"act":"rate","rate":"9"})"}) {
    EXPECT_EQ(act(bad).status, 422) << bad;
  }
  const auto seen =
      http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {}, world.staff(Role::viewer))
          .json();
  EXPECT_EQ(seen.at("line").at("rate").as_int64(), 80);
  EXPECT_EQ(seen.at("line").at("entries").as_int64(), 2);
  EXPECT_EQ(seen.at("line").at("left").as_int64(), 1);
  EXPECT_EQ(seen.at("line").at("capacity").as_int64(), 1'000'000);
  EXPECT_EQ(seen.at("registrations").as_int64(), 0);
}

TEST_F(Draw, the_beacon_is_set_before_the_opening_only) {
  draw(1);
  EXPECT_EQ(act(R"({"act":"beacon","value":""})").status, 422);
  EXPECT_EQ(act(R"({"act":"beacon","value":"one"})").status, 200);
  open();
  const auto late = act(R"({"act":"beacon","value":"two"})");
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_EQ(text(call("GET", "/draw"), "beacon"), "one");
}

TEST_F(Line, a_notice_reaches_every_listener_at_once_and_goes_again) {
  world.open_sale(kLineItem);
  LiveClient listener(world.rush->port());
  ASSERT_TRUE(listener.connected());
  EXPECT_TRUE(listener.next("live").at("notice").is_null());
  EXPECT_EQ(act(R"({"act":"notice","notice":{"en":"Doors \"east\"","zh":"东门"}})").status, 200);
  const auto told = listener.next("live");
  EXPECT_EQ(told.at("notice").at("en").as_string(), "Doors \"east\"");
  EXPECT_EQ(told.at("notice").at("zh").as_string(), "东门");
  const auto seen =
      http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {}, world.staff(Role::viewer))
          .json();
  EXPECT_EQ(seen.at("notice").at("en").as_string(), "Doors \"east\"");
  for (const char* bad : {R"({"act":"notice"})", R"({"act":"notice","notice":"text"})",
                          R"({"act":"notice","notice":{"zh":"x"}})",
                          R"({"act":"notice","notice":{"en":"a","de":"b"}})",
                          R"({"act":"notice","notice":{"en":1}})"}) {
    EXPECT_EQ(act(bad).status, 422) << bad;
  }
  EXPECT_EQ(act(R"({"act":"notice","notice":{"en":""}})").status, 200);
  EXPECT_TRUE(listener.next("live").at("notice").is_null());
}

TEST_F(Draw, listeners_are_told_of_the_draw_and_of_every_call) {
  draw(3);
  LiveClient listener(world.rush->port());
  ASSERT_TRUE(listener.connected());
  // The newest state, not every state: what is waited for comes within some messages.
  const auto until = [&](std::string_view name, const boost::json::value& value) {
    boost::json::value live = listener.next("live");
    while (!live.is_null() && live.at("line").at(name) != value) live = listener.next("live");
    EXPECT_FALSE(live.is_null()) << name;
    return live;
  };
  const auto lobby = until("lobby_entries", 3);
  EXPECT_FALSE(lobby.at("line").at("drawn").as_bool());
  EXPECT_EQ(lobby.at("line").at("mode").as_string(), "draw");
  open();
  const auto opened = until("drawn", true);
  EXPECT_EQ(opened.at("phase").as_string(), "open");
  EXPECT_TRUE(opened.at("line").at("can_win").as_bool());
  pass_time(Millis{1'000});
  const auto called = until("serving", 3);
  EXPECT_EQ(call("GET", "/live").json().at("line"), called.at("line"))
      << "push and polling say the same";
}

// As after a restart: the edge knows of the sale what the box office says at its start.
TEST_F(Draw, a_new_edge_shows_the_draw_and_the_notice_of_before) {
  draw(4);
  ASSERT_EQ(act(R"({"act":"beacon","value":"b"})").status, 200);
  ASSERT_EQ(act(R"({"act":"notice","notice":{"en":"n"}})").status, 200);
  open();
  const live::SaleDirectory anew({world.office.summary(kSale)});
  const auto* sale = anew.current()->find("s");
  ASSERT_NE(sale, nullptr);
  EXPECT_EQ(live::draw_document(*sale), call("GET", "/draw").body);
  EXPECT_EQ(sale->notice.en, "n");
}

}  // namespace
}  // namespace onrush::test
