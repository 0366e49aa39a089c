// The API over real servers on loopback: what is accepted, what is refused, and that a refusal
// changes nothing.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "sale/draw.h"
#include "sale/sale_file.h"
#include "support/api_world.h"
#include "support/schema_check.h"

namespace onrush::test {
namespace {

using accounts::TokenKind;
using ports::Role;

constexpr std::string_view kTwoUnits = R"({"item":"a","title":"A","stock":2,"price":500})";

struct Api : ::testing::Test {
  ApiWorld world;
};

TEST_F(Api, a_hold_is_granted_and_a_repeat_gets_the_same_order) {
  world.open_sale(kTwoUnits);
  const auto first = world.hold(1, R"({"item":"a"})");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_TRUE(first.has_header("traceparent: 00-"));
  EXPECT_TRUE(first.has_header("no-store"));
  const auto again = world.hold(1, R"({"item":"a"})");
  ASSERT_EQ(again.status, 201);
  EXPECT_EQ(first.json().at("order"), again.json().at("order"));
  EXPECT_TRUE(again.json().at("repeated").as_bool());
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[0].held, 1u);
}

TEST_F(Api, losers_are_told_from_the_latch_but_a_holder_gets_his_order_back) {
  world.open_sale(kTwoUnits, R"(,"standby":false)");
  ASSERT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  ASSERT_EQ(world.hold(2, R"({"item":"a"})").status, 201);
  const auto before = world.office.command_count();
  const auto loser = world.hold(3, R"({"item":"a"})");
  EXPECT_EQ(loser.status, 409);
  EXPECT_EQ(loser.code(), "sold_out");
  EXPECT_EQ(loser.json().at("may_return").as_int64(), 2);
  EXPECT_EQ(world.office.command_count(), before) << "the latch must answer without the queue";
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 201)
      << "a repeat by the holder is no sold_out";
}

TEST_F(Api, standby_is_202_and_shows_in_me) {
  world.open_sale(R"({"item":"a","title":"A","stock":1,"price":500})");
  ASSERT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  const auto waiting = world.hold(2, R"({"item":"a"})");
  ASSERT_EQ(waiting.status, 202) << waiting.body;
  EXPECT_EQ(waiting.json().at("position").as_int64(), 1);
  const auto me = http_call(world.rush->port(), "GET", "/api/v1/sales/s/me", {}, world.buyer(2));
  EXPECT_EQ(me.json().at("standby").as_array().size(), 1u) << me.body;
  EXPECT_EQ(
      http_call(world.rush->port(), "DELETE", "/api/v1/sales/s/standby", {}, world.buyer(2)).status,
      204);
}

TEST_F(Api, a_closed_paused_or_unopened_sale_says_so) {
  world.define(kTwoUnits);
  const auto early = world.hold(1, R"({"item":"a"})");
  EXPECT_EQ(early.status, 425);
  EXPECT_EQ(early.code(), "not_open");
  EXPECT_TRUE(early.has_header("Retry-After: 3600"));
  world.act(sale::command::PhaseAct::open);
  world.act(sale::command::PhaseAct::pause);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").code(), "paused");
  world.act(sale::command::PhaseAct::close);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 410);
}

TEST_F(Api, the_gate_shuts_when_nobody_can_get_anything_any_more) {
  const auto gate = [this] { return http_call(world.rush->port(), "GET", "/api/v1/sales/s/gate"); };
  EXPECT_EQ(gate().status, 204) << "no such sale: the request itself is told so";
  world.define(kTwoUnits);
  EXPECT_EQ(gate().status, 204) << "announced";
  world.act(sale::command::PhaseAct::open);
  ASSERT_EQ(world.hold(1, R"({"item":"a","quantity":1})").status, 201);
  world.act(sale::command::PhaseAct::pause);
  EXPECT_EQ(gate().status, 204) << "paused";
  world.act(sale::command::PhaseAct::close);
  const auto closing = gate();
  EXPECT_EQ(closing.status, 204) << "an order waits for its money: its buyer may ask again";
  EXPECT_TRUE(closing.has_header("Cache-Control: public, max-age=1"));
  const auto again = world.hold(1, R"({"item":"a"})");
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(world.hold(2, R"({"item":"a"})").status, 410);
  const std::string order(again.json().at("order").as_string());
  ASSERT_EQ(
      http_call(world.general->port(), "DELETE", "/api/v1/orders/" + order, {}, world.buyer(1))
          .status,
      204);
  const auto over = gate();
  EXPECT_EQ(over.status, 403) << over.body;
  EXPECT_EQ(over.code(), "forbidden");
  EXPECT_TRUE(over.has_header("Cache-Control: public, max-age=1"));
}

TEST_F(Api, the_gate_stays_open_while_anybody_waits_or_another_item_is_held) {
  world.open_sale(
      R"({"item":"a","title":"A","stock":1,"price":5},{"item":"b","title":"B","stock":1,"price":5})");
  const auto gate = [this] {
    return http_call(world.general->port(), "GET", "/api/v1/sales/s/gate").status;
  };
  ASSERT_EQ(world.hold(1, R"({"item":"b"})").status, 201);
  ASSERT_EQ(world.hold(2, R"({"item":"b"})").status, 202);
  world.act(sale::command::PhaseAct::close);
  EXPECT_EQ(gate(), 204) << "the second item is held and waited for";
}

TEST_F(Api, a_full_queue_is_busy_with_retry_after) {
  world.open_sale(kTwoUnits);
  world.office.set_full(true);
  const auto busy = world.hold(1, R"({"item":"a"})");
  world.office.set_full(false);
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.code(), "busy");
  EXPECT_TRUE(busy.has_header("Retry-After: 1"));
}

TEST_F(Api, bad_hold_bodies_are_refused_without_effect) {
  world.open_sale(kTwoUnits);
  const auto events = world.office.event_count();
  struct Case {
    std::string body;
    int status;
    std::string says;
  };
  const std::string deep = R"({"lines":)" + std::string(40, '[') + std::string(40, ']') + "}";
  const Case cases[] = {{"", 400, "JSON"},
                        {"{", 400, "JSON"},
                        {"[]", 400, "object"},
                        {R"({"item":"a",})", 400, "JSON"},
                        {R"({"item":"a","item":"a"})", 400, "twice"},
                        {deep, 400, "nested"},
                        {R"({"item":7})", 422, "item"},
                        {R"({"item":null})", 422, "item"},
                        {R"({"item":"b"})", 422, "no such item"},
                        {R"({"item":"a","more":1})", 422, "more"},
                        {R"({"item":"a","quantity":0})", 422, "quantity"},
                        {R"({"item":"a","quantity":-1})", 422, "quantity"},
                        {R"({"item":"a","quantity":1.5})", 422, "quantity"},
                        {R"({"item":"a","quantity":1e2})", 422, "quantity"},
                        {R"({"item":"a","quantity":101})", 422, "quantity"},
                        {R"({"item":"a","quantity":99999999999999999999})", 422, "quantity"},
                        {R"({"item":"a","quantity":"1"})", 422, "quantity"},
                        {R"({"item":"a","standby":1})", 422, "standby"},
                        {R"({"lines":[]})", 422, "lines"},
                        {R"({"lines":[{"item":"a"},{"item":"a"}]})", 422, "twice"},
                        {R"({"item":"a","lines":[{"item":"a"}]})", 422, "either"},
                        {"{}", 422, "either"},
                        {R"({"item":"\u0061"})", 422, "escapes"}};
  for (const Case& c : cases) {
    const auto answer = world.hold(1, c.body);
    EXPECT_EQ(answer.status, c.status) << c.body << " → " << answer.body;
    EXPECT_NE(answer.body.find(c.says), std::string::npos) << c.body << " → " << answer.body;
    EXPECT_FALSE(answer.code().empty()) << c.body;
  }
  EXPECT_EQ(world.hold(1, std::string(70'000, ' ')).status, 413);
  EXPECT_EQ(world.office.event_count(), events);
}

TEST_F(Api, an_idempotency_key_belongs_to_one_request) {
  world.open_sale(
      R"({"item":"a","title":"A","stock":9,"price":5},{"item":"b","title":"B","stock":9,"price":5})",
      R"(,"per_buyer":9)");
  const std::string key = "Idempotency-Key: k-1\r\n";
  ASSERT_EQ(world.hold(1, R"({"item":"a"})", key).status, 201);
  const auto conflict = world.hold(1, R"({"item":"b"})", key);
  EXPECT_EQ(conflict.status, 422);
  EXPECT_EQ(conflict.code(), "idempotency_key_conflict");
  EXPECT_EQ(world.hold(2, R"({"item":"b"})", key).status, 201)
      << "another buyer's key is another key";
  EXPECT_EQ(
      world.hold(3, R"({"item":"a"})", "Idempotency-Key: " + std::string(65, 'x') + "\r\n").code(),
      "invalid");
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[1].held, 1u);
}

TEST_F(Api, forged_expired_and_misused_tokens_are_refused) {
  world.open_sale(kTwoUnits);
  const auto events = world.office.event_count();
  std::string forged = world.token(TokenKind::buyer, 1);
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
  const std::string good = world.token(TokenKind::buyer, 1);
  const std::string payload = good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1);
  const std::string none = "eyJhbGciOiJub25lIn0." + payload + ".";
  const std::string other_key = [&] {
    accounts::Claims claims;
    claims.subject = sale::BuyerId{1};
    claims.expires_at = world.clock.now() + Millis{60'000};
    return accounts::Tokens(accounts::KeyRing::derive("quite another master secret, also long"))
        .sign(claims);
  }();
  for (const std::string& token :
       {forged, none, other_key, std::string("x"), std::string(""),
        world.token(TokenKind::staff, 1, Role::owner), world.token(TokenKind::refresh, 1),
        world.token(TokenKind::buyer, 1, Role::buyer, 0, Millis{0})}) {
    const auto answer = http_call(world.general->port(), "POST", "/api/v1/sales/s/holds",
                                  R"({"item":"a"})", ApiWorld::bearer(token));
    EXPECT_EQ(answer.status, 401) << token;
    EXPECT_EQ(answer.code(), "unauthorized");
  }
  EXPECT_EQ(world.office.event_count(), events);
}

TEST_F(Api, a_foreign_order_is_as_absent_as_none) {
  world.open_sale(kTwoUnits);
  const auto mine = world.hold(1, R"({"item":"a"})");
  const std::string path = "/api/v1/orders/" + std::string(mine.json().at("order").as_string());
  EXPECT_EQ(http_call(world.general->port(), "GET", path, {}, world.buyer(1)).status, 200);
  const auto strip = [](std::string text) { return text.erase(text.find("trace_id")); };
  for (const char* method : {"GET", "DELETE"}) {
    const auto foreign = http_call(world.general->port(), method, path, {}, world.buyer(2));
    const auto absent =
        http_call(world.general->port(), method, "/api/v1/orders/12345", {}, world.buyer(2));
    EXPECT_EQ(foreign.status, 404);
    EXPECT_EQ(strip(foreign.body), strip(absent.body));
  }
  EXPECT_EQ(
      http_call(world.general->port(), "POST", path + "/payments", "{}", world.buyer(2)).status,
      404);
  EXPECT_EQ(http_call(world.general->port(), "POST", path + "/token", "", world.buyer(2)).status,
            404);
  EXPECT_EQ(http_call(world.general->port(), "PUT", path, R"({"status":"booked"})", world.buyer(2))
                .status,
            404);
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[0].held, 1u);
}

TEST_F(Api, an_order_is_paid_by_a_signed_callback_only) {
  world.open_sale(kTwoUnits);
  const auto mine = world.hold(1, R"({"item":"a"})");
  const std::string order(mine.json().at("order").as_string());
  const std::string path = "/api/v1/orders/" + order;
  const auto pay = http_call(world.general->port(), "POST", path + "/payments", "", world.buyer(1));
  ASSERT_EQ(pay.status, 201) << pay.body;
  const std::string notice = std::string(pay.json().at("payment").as_string()) + " 500";
  const auto forged = http_call(world.general->port(), "POST", "/api/v1/payments/paper/callback",
                                notice, "X-Onrush-Signature: wrong\r\n");
  EXPECT_EQ(forged.status, 401);
  EXPECT_EQ(forged.code(), "bad_signature");
  EXPECT_EQ(http_call(world.general->port(), "POST", "/api/v1/payments/stone/callback", notice,
                      "X-Onrush-Signature: right\r\n")
                .status,
            404)
      << "this provider is not ours";
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[0].paid, 0u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(http_call(world.general->port(), "POST", "/api/v1/payments/paper/callback", notice,
                        "X-Onrush-Signature: right\r\n")
                  .status,
              204);
  }
  EXPECT_EQ(world.office.summary(sale::SaleNo{1}).items[0].paid, 1u);
  const auto paid = http_call(
      world.general->port(), "GET", path, {},
      ApiWorld::bearer(world.token(TokenKind::order, 1, Role::buyer, std::stoull(order))));
  EXPECT_EQ(paid.json().at("state").as_string(), "paid") << paid.body;
  EXPECT_EQ(http_call(world.general->port(), "DELETE", path, {}, world.buyer(1)).code(),
            "wrong_state");
}

TEST_F(Api, sign_up_sign_in_and_refresh_need_our_origin_for_the_cookie) {
  const std::string body = R"({"email":"a@b.example","password":"long enough 1"})";
  const auto up = http_call(world.general->port(), "POST", "/api/v1/accounts", body);
  ASSERT_EQ(up.status, 201) << up.body;
  ASSERT_TRUE(up.has_header("HttpOnly; SameSite=Lax"));
  EXPECT_EQ(http_call(world.general->port(), "POST", "/api/v1/accounts", body).code(),
            "email_taken");
  EXPECT_EQ(http_call(world.general->port(), "POST", "/api/v1/sessions",
                      R"({"email":"a@b.example","password":"another 123456"})")
                .code(),
            "wrong_credentials");
  const auto from = up.head.find("onrush_refresh=");
  const std::string cookie =
      "Cookie: " + up.head.substr(from, up.head.find(';', from) - from) + "\r\n";
  const auto url = "/api/v1/sessions/refresh";
  EXPECT_EQ(http_call(world.general->port(), "POST", url, "", cookie).status, 403);
  EXPECT_EQ(
      http_call(world.general->port(), "POST", url, "", cookie + "Origin: http://evil.test\r\n")
          .status,
      403);
  EXPECT_EQ(
      http_call(world.general->port(), "POST", url, "", cookie + "Origin: http://shop.test\r\n")
          .status,
      200);
  EXPECT_EQ(
      http_call(world.general->port(), "POST", url, "", "Origin: http://shop.test\r\n").status,
      401);
}

std::string cookie_of(const HttpAnswer& answer, std::string_view name) {
  const auto from = answer.head.find(std::string(name) + "=");
  if (from == std::string::npos) return {};
  return "Cookie: " + answer.head.substr(from, answer.head.find(';', from) - from) + "\r\n";
}

TEST_F(Api, staff_sessions_are_refreshed_by_a_cookie_of_their_own_with_the_present_role) {
  const auto port = world.admin->port();
  const auto url = "/api/v1/staff/sessions/refresh";
  const std::string origin = "Origin: http://admin.test\r\n";
  const auto made = http_call(port, "POST", "/api/v1/staff/setup",
                              R"({"token":")" + world.token(TokenKind::setup, 0) +
                                  R"(","email":"o@b.example","password":"long enough 1"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.has_header("HttpOnly; SameSite=Strict"));
  const std::string cookie = cookie_of(made, "onrush_staff_refresh");
  ASSERT_FALSE(cookie.empty()) << made.head;
  EXPECT_EQ(http_call(port, "POST", url, "", cookie).status, 403);
  EXPECT_EQ(http_call(port, "POST", url, "", cookie + "Origin: http://shop.test\r\n").status, 403);
  EXPECT_EQ(http_call(port, "POST", url, "", origin).status, 401);
  const auto again = http_call(port, "POST", url, "", cookie + origin);
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.json().at("account").at("role").as_string(), "owner");

  // The same account's cookie of the shop opens no console, and the other way round.
  const auto shop = http_call(world.general->port(), "POST", "/api/v1/sessions",
                              R"({"email":"o@b.example","password":"long enough 1"})");
  ASSERT_EQ(shop.status, 200);
  std::string moved = cookie_of(shop, "onrush_refresh");
  moved.replace(moved.find("onrush_refresh"), 14, "onrush_staff_refresh");
  EXPECT_EQ(http_call(port, "POST", url, "", moved + origin).status, 401);
  moved = cookie;
  moved.replace(moved.find("onrush_staff_refresh"), 20, "onrush_refresh");
  EXPECT_EQ(http_call(world.general->port(), "POST", "/api/v1/sessions/refresh", "",
                      moved + "Origin: http://shop.test\r\n")
                .status,
            401);

  const sale::BuyerId id{std::stoull(std::string(again.json().at("account").at("id").as_string()))};
  ASSERT_TRUE(world.account_store.set_role(id, Role::viewer));
  const auto lower = http_call(port, "POST", url, "", cookie + origin);
  EXPECT_EQ(lower.json().at("account").at("role").as_string(), "viewer");
  ASSERT_TRUE(world.account_store.set_role(id, Role::buyer));
  EXPECT_EQ(http_call(port, "POST", url, "", cookie + origin).status, 401)
      << "who has left the staff stays out";

  EXPECT_EQ(http_call(port, "DELETE", "/api/v1/staff/sessions", {}, cookie).status, 403);
  const auto out = http_call(port, "DELETE", "/api/v1/staff/sessions", {}, cookie + origin);
  EXPECT_EQ(out.status, 204);
  EXPECT_TRUE(out.has_header("onrush_staff_refresh=; Path=/; Max-Age=0"));
}

ports::OrderRow a_row(std::uint64_t order, std::uint64_t buyer) {
  ports::OrderRow row;
  row.order = sale::OrderId{order};
  row.buyer = sale::BuyerId{buyer};
  row.sale_key = "s";
  row.sale_title = "Sale";
  row.sale_title_zh = "活动";
  row.currency = "EUR";
  row.units = {{"a", "Thing", 1, ""}};
  return row;
}

TEST_F(Api, listed_orders_name_sale_and_items_in_both_languages) {
  world.orders.rows = {a_row(7, 1), a_row(8, 2)};
  const auto mine = http_call(world.general->port(), "GET", "/api/v1/orders", {}, world.buyer(1));
  ASSERT_EQ(mine.status, 200);
  ASSERT_EQ(mine.json().at("orders").as_array().size(), 1u) << mine.body;
  const auto order = mine.json().at("orders").at(0);
  EXPECT_EQ(order.at("sale_title").at("zh").as_string(), "活动");
  EXPECT_EQ(order.at("units").at(0).at("title").at("zh").as_string(), "Thing")
      << "the English text where there is no other";
}

TEST_F(Api, staff_find_orders_by_the_buyers_address) {
  const auto up = http_call(world.general->port(), "POST", "/api/v1/accounts",
                            R"({"email":"a@b.example","password":"long enough 1"})");
  ASSERT_EQ(up.status, 201);
  const auto buyer = std::stoull(std::string(up.json().at("account").at("id").as_string()));
  world.orders.rows = {a_row(7, buyer), a_row(8, buyer + 1)};
  const auto orders = [&](const std::string& q) {
    const auto found = http_call(world.admin->port(), "GET", "/api/v1/admin/orders?q=" + q, {},
                                 world.staff(Role::viewer));
    EXPECT_EQ(found.status, 200) << found.body;
    return found.json().at("orders").as_array().size();
  };
  EXPECT_EQ(orders(""), 2u);
  EXPECT_EQ(orders("a%40b.example"), 1u);
  EXPECT_EQ(orders("nobody%40b.example"), 0u);
}

TEST_F(Api, staff_take_the_filtered_orders_away_as_a_file) {
  world.orders.rows = {a_row(7, 1), a_row(8, 2)};
  const auto csv = [&](const std::string& query, Role role = Role::viewer) {
    return http_call(world.admin->port(), "GET", "/api/v1/admin/orders.csv" + query, {},
                     world.staff(role));
  };
  const auto all = csv("");
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_TRUE(all.has_header("Content-Type: text/csv; charset=utf-8; header=present"));
  EXPECT_TRUE(all.has_header("Content-Disposition: attachment; filename=\"orders.csv\""));
  EXPECT_EQ(std::count(all.body.begin(), all.body.end(), '\n'), 3) << all.body;
  EXPECT_TRUE(csv("?sale=618").has_header("filename=\"orders-618.csv\""));
  EXPECT_TRUE(csv("?sale=a%22b").has_header("filename=\"orders.csv\""));
  EXPECT_EQ(csv("?q=nobody%40b.example").body.find("\n7,"), std::string::npos);
  EXPECT_EQ(csv("?state=bought").code(), "invalid");
  EXPECT_EQ(csv("?from=yesterday").code(), "invalid");
  EXPECT_EQ(csv("?from=2026-11-22T08:30:00Z&until=2026-11-23T08:30:00Z").status, 200);
}

TEST_F(Api, one_file_of_orders_is_put_together_at_a_time) {
  world.orders.rows = {a_row(7, 1)};
  const auto csv = [&] {
    return http_call(world.admin->port(), "GET", "/api/v1/admin/orders.csv", {},
                     world.staff(Role::viewer));
  };
  EXPECT_EQ(csv().status, 200);
  EXPECT_FALSE(world.context.exporting->exchange(true)) << "the turn is given back";
  const auto second = csv();
  EXPECT_EQ(second.status, 503) << second.body;
  EXPECT_EQ(second.code(), "busy");
  EXPECT_TRUE(second.has_header("Retry-After: 2")) << second.head;
  EXPECT_TRUE(world.context.exporting->exchange(false)) << "it is still the other's";
  EXPECT_EQ(csv().status, 200);
}

TEST_F(Api, a_file_of_too_many_orders_is_refused_not_cut) {
  world.orders.rows.assign(500, a_row(7, 1));  // the placed store gives the same page for ever
  const auto csv = http_call(world.admin->port(), "GET", "/api/v1/admin/orders.csv", {},
                             world.staff(Role::viewer));
  EXPECT_EQ(csv.status, 422);
  EXPECT_NE(csv.body.find("narrow"), std::string::npos) << csv.body;
}

TEST_F(Api, the_file_of_a_sale_can_be_applied_again) {
  world.define(
      kTwoUnits,
      R"(,"admission":{"questions":[{"question":"Power?","answers":["65 W"]}]},"line":{"mode":"draw"})");
  const auto file = [&](Role role) {
    return http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s/file", {},
                     world.staff(role));
  };
  const auto full = file(Role::operator_);
  ASSERT_EQ(full.status, 200) << full.body;
  EXPECT_TRUE(full.has_header("filename=\"s.json\""));
  const auto rules = sale::parse_sale_file(full.body, from_millis(0));
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_TRUE(sale::to_sale_file(*rules) == full.body);
  EXPECT_EQ(full.body.find("secret"), std::string::npos);
  EXPECT_NE(full.body.find("65 W"), std::string::npos);
  EXPECT_EQ(file(Role::viewer).body.find("65 W"), std::string::npos)
      << "who may only look could buy with the answers";
  EXPECT_EQ(http_call(world.admin->port(), "GET", "/api/v1/admin/sales/none/file", {},
                      world.staff(Role::viewer))
                .status,
            404);
}

TEST_F(Api, a_sale_file_is_checked_without_being_applied) {
  world.open_sale(kTwoUnits);
  const auto events = world.office.event_count();
  const auto check = [&](const std::string& body) {
    return http_call(world.admin->port(), "POST", "/api/v1/admin/sales/check", body,
                     world.staff(Role::operator_))
        .json();
  };
  const std::string items = R"("items":[)" + std::string(kTwoUnits) + "]}";
  const auto good =
      check(R"({"sale":"new","title":"N","opens_at":"+1h","closes_at":"+2h",)" + items);
  EXPECT_TRUE(good.at("valid").as_bool());
  EXPECT_TRUE(good.at("may_apply").as_bool());
  EXPECT_FALSE(good.at("exists").as_bool());
  EXPECT_EQ(good.at("file").at("per_buyer").as_int64(), 1) << "the resolved document";
  const auto known =
      check(R"({"sale":"s","title":"N","opens_at":"+1h","closes_at":"+2h",)" + items);
  EXPECT_TRUE(known.at("exists").as_bool());
  EXPECT_FALSE(known.at("may_apply").as_bool()) << "it is open";
  const auto bad = check(R"({"sale":"new","opens_at":"+1h","closes_at":"+1h",)" + items);
  EXPECT_FALSE(bad.at("valid").as_bool());
  EXPECT_TRUE(bad.at("file").is_null());
  ASSERT_EQ(bad.at("faults").as_array().size(), 2u);
  EXPECT_EQ(bad.at("faults").at(0).at("pointer").as_string(), "/title");
  EXPECT_EQ(bad.at("faults").at(1).at("pointer").as_string(), "/closes_at");
  EXPECT_EQ(check("{").at("faults").as_array().size(), 1u);
  EXPECT_EQ(world.office.event_count(), events);
}

TEST_F(Api, staff_see_how_fast_decisions_are) {
  world.open_sale(kTwoUnits);
  const auto sale = [&] {
    return http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {},
                     world.staff(Role::viewer))
        .json();
  };
  EXPECT_TRUE(sale().at("latency").at("p99_ms").is_null());
  ASSERT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  const auto after = sale().at("latency");
  EXPECT_EQ(after.at("decisions").as_int64(), 1);
  EXPECT_GT(after.at("p50_ms").to_number<double>(), 0);
  EXPECT_EQ(after.at("p50_ms"), after.at("p99_ms"));
}

TEST_F(Api, cors_is_for_our_pages_only) {
  world.open_sale(kTwoUnits);
  const auto ours = http_call(world.rush->port(), "GET", "/api/v1/sales/s/live", {},
                              "Origin: http://shop.test\r\n");
  EXPECT_TRUE(ours.has_header("Access-Control-Allow-Origin: http://shop.test"));
  const auto evil = http_call(world.rush->port(), "GET", "/api/v1/sales/s/live", {},
                              "Origin: http://evil.test\r\n");
  EXPECT_FALSE(evil.has_header("Access-Control-Allow-Origin"));
  const auto preflight = http_call(world.rush->port(), "OPTIONS", "/api/v1/sales/s/holds", {},
                                   "Origin: http://shop.test\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_TRUE(preflight.has_header("Access-Control-Max-Age"));
}

TEST_F(Api, public_documents_answer_304_and_drafts_do_not_exist) {
  world.open_sale(kTwoUnits);
  const auto first = http_call(world.rush->port(), "GET", "/api/v1/sales/s");
  ASSERT_EQ(first.status, 200);
  const auto from = first.head.find("ETag: ") + 6;
  const std::string tag = first.head.substr(from, first.head.find("\r\n", from) - from);
  EXPECT_EQ(
      http_call(world.rush->port(), "GET", "/api/v1/sales/s", {}, "If-None-Match: " + tag + "\r\n")
          .status,
      304);
  EXPECT_EQ(http_call(world.rush->port(), "GET", "/api/v1/sales/nope").status, 404);
  EXPECT_EQ(http_call(world.rush->port(), "DELETE", "/api/v1/sales/s").status, 405);
  EXPECT_EQ(
      http_call(world.rush->port(), "GET", "/api/v1/admin/sales", {}, world.staff(Role::owner))
          .status,
      404);
}

// Walks the whole table: each route refuses whoever is below its access.
TEST_F(Api, every_route_refuses_those_who_may_not_call_it) {
  // With a line: its calls tell those who come to a sale without one so, whoever they are.
  world.open_sale(kTwoUnits, R"(,"line":{"mode":"fifo"})");
  std::size_t checked = 0;
  for (const api::Route& route : api::routes()) {
    if (route.access == api::Access::open) continue;
    std::string path(route.path);
    for (const auto& [name, value] : {std::pair{"{sale}", "s"}, {"{order}", "77"}}) {
      if (const auto at = path.find(name); at != std::string::npos)
        path.replace(at, std::string(name).size(), value);
    }
    const bool staff_route = route.access >= api::Access::viewer;
    const auto port = staff_route ? world.admin->port() : world.general->port();
    const auto status = [&](const std::string& headers) {
      return http_call(port, api::to_string(route.method), path, "{}", headers).status;
    };
    EXPECT_EQ(status(""), 401) << path;
    EXPECT_EQ(status(world.bearer(world.token(TokenKind::order, 1, Role::buyer, 78))), 401) << path;
    ++checked;
    if (!staff_route) {
      EXPECT_EQ(status(world.staff(Role::owner)), 401) << path;
      continue;
    }
    EXPECT_EQ(status(world.buyer(1)), 401) << path;
    EXPECT_EQ(status(world.staff(Role::buyer)), 401)
        << path << ": no staff token has the role buyer";
    world.roles.changed(sale::BuyerId{901}, Role::buyer);
    EXPECT_EQ(status(ApiWorld::bearer(world.token(TokenKind::staff, 901, Role::owner))), 403)
        << path << ": a demotion must hold at once";
    if (route.access > api::Access::viewer) {
      EXPECT_EQ(status(world.staff(Role::viewer)), 403) << path;
    }
    if (route.access > api::Access::operator_) {
      EXPECT_EQ(status(world.staff(Role::operator_)), 403) << path;
    }
  }
  EXPECT_GE(checked, 20u);
}

TEST_F(Api, staff_define_and_run_a_sale_and_only_an_owner_cancels) {
  const std::string url = "/api/v1/admin/sales/n";
  const std::string file =
      R"({"sale":"n","title":"N","opens_at":"+1h","closes_at":"+2h","items":[)" +
      std::string(kTwoUnits) + "]}";
  const auto op = world.staff(Role::operator_);
  const auto port = world.admin->port();
  ASSERT_EQ(http_call(port, "PUT", url, file, op).status, 201);
  EXPECT_EQ(http_call(port, "PUT", "/api/v1/admin/sales/other", file, op).code(), "invalid");
  EXPECT_EQ(http_call(world.rush->port(), "GET", "/api/v1/sales/n").status, 404)
      << "a draft is not public";
  for (const char* act : {"announce", "open", "pause", "resume"}) {
    EXPECT_EQ(
        http_call(port, "POST", url + "/acts", R"({"act":")" + std::string(act) + "\"}", op).status,
        200)
        << act;
  }
  EXPECT_EQ(http_call(port, "POST", url + "/acts", R"({"act":"restock","item":"a","count":3})", op)
                .status,
            200);
  const auto sale = http_call(port, "GET", url, {}, op);
  ASSERT_EQ(sale.status, 200) << sale.body;
  EXPECT_EQ(sale.json().at("items").at(0).at("stock").as_int64(), 5);
  EXPECT_EQ(http_call(port, "POST", url + "/acts", R"({"act":"cancel"})", op).status, 403);
  EXPECT_EQ(http_call(port, "POST", url + "/acts", R"({"act":"cancel"})", world.staff(Role::owner))
                .status,
            200);
  EXPECT_EQ(http_call(port, "POST", url + "/acts", R"({"act":"dance"})", op).status, 422);
}

TEST_F(Api, a_promotion_needs_a_new_token) {
  const sale::BuyerId somebody{901};
  world.roles.changed(somebody, Role::owner);
  const auto mint = [&](Role in_token) {
    return http_call(world.admin->port(), "POST", "/api/v1/admin/tokens", R"({"count":1})",
                     ApiWorld::bearer(world.token(TokenKind::staff, somebody.value(), in_token)))
        .status;
  };
  EXPECT_EQ(mint(Role::viewer), 403);
  EXPECT_EQ(mint(Role::owner), 200);
}

TEST_F(Api, the_setup_link_needs_its_token) {
  for (const std::string& token : {std::string("x"), world.token(TokenKind::staff, 1, Role::owner),
                                   world.token(TokenKind::setup, 0, Role::buyer, 0, Millis{0})}) {
    EXPECT_EQ(http_call(world.admin->port(), "POST", "/api/v1/staff/setup",
                        R"({"token":")" + token +
                            R"(","email":"o@b.example","password":"long enough 1"})")
                  .status,
              401);
  }
  EXPECT_TRUE(world.account_store.staff()->empty());
}

TEST_F(Api, the_setup_link_works_once) {
  const std::string body = R"({"token":")" + world.token(TokenKind::setup, 0) +
                           R"(","email":"o@b.example","password":"long enough 1"})";
  const auto port = world.admin->port();
  const auto first = http_call(port, "POST", "/api/v1/staff/setup", body);
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.json().at("account").at("role").as_string(), "owner");
  EXPECT_EQ(http_call(port, "POST", "/api/v1/staff/setup", body).status, 403);
  const auto bearer = ApiWorld::bearer(std::string(first.json().at("token").as_string()));
  const auto minted = http_call(port, "POST", "/api/v1/admin/tokens", R"({"count":10000})", bearer);
  ASSERT_EQ(minted.status, 200);
  EXPECT_EQ(minted.json().at("tokens").as_array().size(), 10'000u);
  EXPECT_EQ(http_call(port, "POST", "/api/v1/admin/tokens", R"({"count":10001})", bearer).status,
            422);
  const std::string demote = R"({"account":")" +
                             std::string(first.json().at("account").at("id").as_string()) +
                             R"(","role":"viewer"})";
  EXPECT_EQ(http_call(port, "POST", "/api/v1/admin/staff", demote, bearer).code(), "wrong_state")
      << "the last owner stays";
}

boost::json::value openapi() {
  std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
  std::stringstream text;
  text << in.rdbuf();
  return boost::json::parse(text.str());
}

TEST_F(Api, answers_are_what_the_openapi_file_says) {
  const SchemaChecker check(openapi());
  world.orders.rows = {a_row(7, 1)};
  world.open_sale(R"({"item":"a","title":"A","stock":1,"price":500})");
  const auto rush = world.rush->port(), general = world.general->port(),
             admin = world.admin->port();
  const auto see = [&](const HttpAnswer& answer, std::string_view method, std::string_view path) {
    EXPECT_EQ(check.fault(method, path, answer.status, answer.body), "")
        << path << " " << answer.body;
  };
  const std::string sales = "/api/v1/sales", sale = sales + "/s", orders = "/api/v1/orders";
  const std::string sale_path = "/api/v1/sales/{sale}", order_path = orders + "/{order}";
  const auto granted = world.hold(1, R"({"item":"a"})");
  see(granted, "post", sale_path + "/holds");
  for (const char* body : {R"({"item":"a"})", R"({"item":"a","standby":false})", "{", "{}"}) {
    see(world.hold(2, body), "post", sale_path + "/holds");
  }
  see(world.hold(3, R"({"item":"a","standby":false})"), "post", sale_path + "/holds");
  see(world.hold(1, R"({"item":"a","quantity":2})"), "post", sale_path + "/holds");
  see(http_call(rush, "GET", sales), "get", sales);
  see(http_call(rush, "GET", sale), "get", sale_path);
  see(http_call(rush, "GET", sale + "/live"), "get", sale_path + "/live");
  see(http_call(rush, "GET", sale + "/gate"), "get", sale_path + "/gate");
  see(http_call(rush, "GET", sale + "/me", {}, world.buyer(1)), "get", sale_path + "/me");
  see(http_call(rush, "GET", sale + "/me", {}, world.buyer(2)), "get", sale_path + "/me");
  see(http_call(rush, "DELETE", sale + "/standby", {}, world.buyer(9)), "delete",
      sale_path + "/standby");
  see(http_call(rush, "GET", "/api/v1/live?sale=none"), "get", "/api/v1/live");
  const std::string order = orders + "/" + std::string(granted.json().at("order").as_string());
  see(http_call(general, "GET", orders, {}, world.buyer(1)), "get", orders);
  see(http_call(general, "GET", orders + "?limit=0", {}, world.buyer(1)), "get", orders);
  see(http_call(general, "GET", order, {}, world.buyer(1)), "get", order_path);
  see(http_call(general, "PUT", order, R"({"status":"booked"})", world.buyer(1)), "put",
      order_path);
  see(http_call(general, "POST", order + "/token", "", world.buyer(1)), "post",
      order_path + "/token");
  see(http_call(general, "POST", order + "/payments", "", world.buyer(1)), "post",
      order_path + "/payments");
  see(http_call(general, "GET", order, {}, world.buyer(1)), "get", order_path);
  see(http_call(general, "GET", "/api/v1/config"), "get", "/api/v1/config");
  see(http_call(general, "POST", "/api/v1/accounts",
                R"({"email":"a@b.example","password":"long enough 1"})"),
      "post", "/api/v1/accounts");
  see(http_call(general, "POST", "/api/v1/sessions",
                R"({"email":"a@b.example","password":"wrong enough"})"),
      "post", "/api/v1/sessions");
  const auto owner = world.staff(Role::owner);
  const std::string base = "/api/v1/admin";
  see(http_call(admin, "GET", base + "/sales", {}, owner), "get", base + "/sales");
  see(http_call(admin, "GET", base + "/sales/s", {}, owner), "get", base + "/sales/{sale}");
  see(http_call(admin, "POST", base + "/sales/s/acts", R"({"act":"pause"})", owner), "post",
      base + "/sales/{sale}/acts");
  see(http_call(admin, "POST", base + "/sales/s/acts", R"({"act":"announce"})", owner), "post",
      base + "/sales/{sale}/acts");
  see(http_call(admin, "GET", base + "/sales/s/file", {}, owner), "get",
      base + "/sales/{sale}/file");
  for (const char* body : {"{}", "{"}) {
    see(http_call(admin, "POST", base + "/sales/check", body, owner), "post",
        base + "/sales/check");
  }
  see(http_call(admin, "GET", base + "/orders.csv?state=none", {}, owner), "get",
      base + "/orders.csv");
  see(http_call(admin, "GET", base + "/orders", {}, owner), "get", base + "/orders");
  see(http_call(admin, "GET", base + order.substr(7), {}, owner), "get", base + "/orders/{order}");
  see(http_call(admin, "PUT", base + order.substr(7), R"({"status":"booked"})", owner), "put",
      base + "/orders/{order}");
  see(http_call(admin, "POST", base + order.substr(7) + "/refund", R"({"reason":"r"})", owner),
      "post", base + "/orders/{order}/refund");
  see(http_call(admin, "GET", base + "/acts", {}, owner), "get", base + "/acts");
  see(http_call(admin, "GET", base + "/staff", {}, owner), "get", base + "/staff");
  see(http_call(admin, "POST", base + "/tokens", R"({"count":2})", owner), "post",
      base + "/tokens");
  see(http_call(admin, "GET", "/healthz"), "get", "/healthz");
  see(http_call(admin, "GET", "/readyz"), "get", "/readyz");
  EXPECT_NE(http_call(admin, "GET", "/metrics").body.find("onrush_http_requests_total"),
            std::string::npos);
}

TEST_F(Api, answers_of_the_line_are_what_the_openapi_file_says) {
  const SchemaChecker check(openapi());
  const std::string base = "/api/v1/sales/{sale}";
  const auto see = [&](std::string_view method, const std::string& path, int status,
                       std::uint64_t buyer = 0, std::string_view body = {}) {
    std::string name(method);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto answer = http_call(world.general->port(), method, "/api/v1/sales/s" + path, body,
                                  buyer == 0 ? std::string{} : world.buyer(buyer));
    EXPECT_EQ(answer.status, status) << path << answer.body;
    EXPECT_EQ(check.fault(name, base + path, answer.status, answer.body), "") << answer.body;
  };
  world.define(R"({"item":"a","title":"A","stock":1,"price":500})",
               R"(,"lobby_at":"+1m","line":{"mode":"draw","capacity":2,"active_max":1})");
  see("GET", "", 200);
  see("POST", "/place", 425);
  see("GET", "/draw", 200);
  see("GET", "/draw/entries", 425);
  world.clock.advance(std::chrono::minutes{1});
  world.office.tick();
  see("POST", "/place", 201, 1);
  see("POST", "/place", 200, 1);
  see("POST", "/place", 201, 2);
  see("POST", "/place", 503, 3);
  see("POST", "/place", 401);
  see("GET", "/place", 404, 3);
  see("GET", "/live", 200);
  world.act(sale::command::PhaseAct::open);
  for (int i = 0; i < 10; ++i) {
    world.clock.advance(Millis{100});
    world.office.tick();
  }
  const ports::LineStatus line = world.office.line(sale::SaleNo{1});
  ASSERT_GE(line.serving, 1u);
  const std::uint32_t first = sale::Permutation(line.seed, 2).entry_at(1);
  see("POST", "/holds", 403, first, R"({"item":"a"})");
  see("POST", "/pass", 201, first);
  see("POST", "/pass", 200, first);
  see("POST", "/pass", 425, 3 - first);
  see("GET", "/place", 200, first);
  see("POST", "/pass", 404, 3);
  see("GET", "/draw", 200);
  see("GET", "/draw/entries", 200);
  see("DELETE", "/place", 204, 3 - first);
  const auto notice =
      http_call(world.admin->port(), "POST", "/api/v1/admin/sales/s/acts",
                R"({"act":"notice","notice":{"en":"n"}})", world.staff(Role::operator_));
  EXPECT_EQ(check.fault("post", "/api/v1/admin/sales/{sale}/acts", 200, notice.body), "");
  const auto seen =
      http_call(world.admin->port(), "GET", "/api/v1/admin/sales/s", {}, world.staff(Role::viewer));
  EXPECT_EQ(check.fault("get", "/api/v1/admin/sales/{sale}", 200, seen.body), "") << seen.body;
  const auto stranger = http_call(world.general->port(), "GET", "/api/v1/passes/check?sale=s");
  EXPECT_EQ(check.fault("get", "/api/v1/passes/check", 401, stranger.body), "");
}

TEST(OpenApi, describes_exactly_the_routes_of_the_table) {
  std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
  std::stringstream text;
  text << in.rdbuf();
  const auto document = boost::json::parse(text.str());
  std::set<std::string> described, served;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& method : path.value().as_object()) {
      std::string name(method.key());
      for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      described.insert(name + " " + std::string(path.key()));
    }
  }
  for (const api::Route& route : api::routes()) {
    served.insert(std::string(api::to_string(route.method)) + " " + std::string(route.path));
  }
  EXPECT_EQ(described, served);
}

}  // namespace
}  // namespace onrush::test
