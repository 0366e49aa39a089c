// Sales that ask something of their buyers before a hold: a question, a proof of work, and more
// work of what looks like a script.
#include <fstream>
#include <sstream>

#include "support/api_world.h"
#include "support/schema_check.h"
#include "support/solve_work.h"

namespace onrush::test {
namespace {

constexpr std::string_view kFiftyUnits = R"({"item":"a","title":"A","stock":50,"price":500})";
constexpr std::string_view kAsksWork = R"(,"admission":{"proof_of_work":{"max_number":1000}})";
constexpr std::string_view kAsksByScore =
    R"(,"admission":{"proof_of_work":{"max_number":1000},"script_score":true})";
constexpr std::string_view kAsksQuestions =
    R"(,"admission":{"question_tries":2,"question_retry_seconds":30,"questions":[
      {"question":{"en":"Power?","zh":"功率？"},"answers":["65 W","kilowatt-and-a-bit"]},
      {"question":"Colour?","answers":["blue-not-grey"]},
      {"question":"Weight?","answers":["300-grams"]}]})";
constexpr std::string_view kAsksBoth =
    R"(,"admission":{"proof_of_work":{"max_number":1000},"questions":[
      {"question":"Power?","answers":["65 W"]},{"question":"Again?","answers":["65 W"]}]})";
constexpr std::string_view kBrowserAgent =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0\r\n";
constexpr std::string_view kHoldOfA = R"({"item":"a"})";

const SchemaChecker& challenge_schema() {
  static const SchemaChecker checker = [] {
    std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
    std::stringstream text;
    text << in.rdbuf();
    return SchemaChecker(boost::json::parse(text.str()));
  }();
  return checker;
}

std::string string_at(const boost::json::value& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

struct Challenge : ::testing::Test {
  ApiWorld world;

  HttpAnswer get(std::uint64_t buyer, std::string_view headers = kBrowserAgent) {
    auto answer = http_call(world.rush->port(), "GET", "/api/v1/sales/s/challenge", {},
                            world.buyer(buyer).append(headers));
    EXPECT_EQ(challenge_schema().fault("get", "/api/v1/sales/{sale}/challenge", answer.status,
                                       answer.body),
              "")
        << answer.body;
    return answer;
  }
  HttpAnswer post(std::uint64_t buyer, std::string_view body) {
    auto answer = http_call(world.rush->port(), "POST", "/api/v1/sales/s/challenge", body,
                            world.buyer(buyer).append(kBrowserAgent));
    EXPECT_EQ(challenge_schema().fault("post", "/api/v1/sales/{sale}/challenge", answer.status,
                                       answer.body),
              "")
        << answer.body;
    return answer;
  }
  static std::string work_body(std::string_view solution) {
    return R"({"proof_of_work":")" + std::string(solution) + "\"}";
  }
  static std::string answer_body(std::string_view id, std::string_view answer,
                                 std::string_view solution = {}) {
    boost::json::object body{{"question", {{"id", id}, {"answer", answer}}}};
    if (!solution.empty()) body["proof_of_work"] = solution;
    return boost::json::serialize(body);
  }
  // What the buyer is asked now.
  std::string question_id(std::uint64_t buyer) {
    return string_at(get(buyer).json().at("question"), "id");
  }
  static std::string_view right_answer(std::string_view id) {
    constexpr std::string_view kRight[] = {"65 W", "blue-not-grey", "300-grams"};
    return kRight[std::atoi(std::string(id).c_str()) - 1];
  }
  std::string solve(std::uint64_t buyer, std::string_view headers = kBrowserAgent) {
    return solve_work(get(buyer, headers).json().at("proof_of_work"));
  }
  // The header of a hold request by somebody who has solved the work.
  std::string pass(std::uint64_t buyer, std::string_view headers = kBrowserAgent) {
    const auto solved = post(buyer, work_body(solve(buyer, headers)));
    EXPECT_EQ(solved.status, 201) << solved.body;
    return header_of(solved);
  }
  static std::string header_of(const HttpAnswer& solved) {
    return "Onrush-Challenge: " + string_at(solved.json(), "token") + "\r\n";
  }
  HttpAnswer hold(std::uint64_t buyer, std::string_view challenge = {},
                  std::string_view agent = kBrowserAgent) {
    auto answer = world.hold(buyer, kHoldOfA, std::string(agent).append(challenge));
    EXPECT_EQ(
        challenge_schema().fault("post", "/api/v1/sales/{sale}/holds", answer.status, answer.body),
        "")
        << answer.body;
    return answer;
  }
  std::int64_t layer(std::string_view name, std::string_view what = "refused") {
    const auto funnel = http_call(world.admin->port(), "GET", "/api/v1/admin/funnel", {},
                                  world.staff(ports::Role::viewer));
    EXPECT_EQ(challenge_schema().fault("get", "/api/v1/admin/funnel", funnel.status, funnel.body),
              "");
    const auto document = funnel.json();
    for (const auto& one : document.at("layers").as_array()) {
      if (one.at("layer").as_string() == name) return one.at(what).as_int64();
    }
    return -1;
  }
  bool metric(std::string_view line) {
    return http_call(world.admin->port(), "GET", "/metrics").body.find(line) != std::string::npos;
  }
};

TEST_F(Challenge, nothing_is_asked_where_the_sale_asks_nothing) {
  world.open_sale(kFiftyUnits);
  EXPECT_FALSE(get(1).json().at("needed").as_bool());
  EXPECT_EQ(post(1, "{}").status, 409);
  EXPECT_EQ(hold(1).status, 201);
}

TEST_F(Challenge, no_hold_without_the_work_and_one_with_it) {
  world.open_sale(kFiftyUnits, kAsksWork);
  const auto before = world.office.command_count();
  const auto refused = hold(1);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code(), "challenge_required");
  EXPECT_EQ(world.office.command_count(), before);
  EXPECT_EQ(layer("challenge_required"), 1);
  EXPECT_EQ(layer("challenge_required", "raised"), 0);
  EXPECT_EQ(hold(1, pass(1)).status, 201);
  EXPECT_TRUE(metric(R"(onrush_challenges_total{what="hold_missing"} 1)"));
  EXPECT_TRUE(metric(R"(onrush_challenges_total{what="solved"} 1)"));
}

TEST_F(Challenge, is_there_before_the_opening_and_gone_after_the_closing) {
  world.define(kFiftyUnits, kAsksWork);
  const std::string token = pass(1);
  EXPECT_EQ(hold(1).status, 425) << "the phase comes first";
  world.act(sale::command::PhaseAct::open);
  EXPECT_EQ(hold(1, token).status, 201);
  world.act(sale::command::PhaseAct::close);
  EXPECT_EQ(get(2).status, 410);
  EXPECT_EQ(post(2, "{}").status, 410);
}

TEST_F(Challenge, a_token_is_its_buyers_and_its_sales) {
  world.open_sale(kFiftyUnits, kAsksWork);
  EXPECT_EQ(hold(2, pass(1)).code(), "challenge_required");
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::challenge;
  claims.subject = sale::BuyerId{3};
  claims.sale = sale::SaleNo{2};
  claims.issued_at = world.clock.now();
  claims.expires_at = world.clock.now() + Millis{60'000};
  const auto header = [&] {
    return "Onrush-Challenge: " + accounts::Tokens(world.keys).sign(claims) + "\r\n";
  };
  EXPECT_EQ(hold(3, header()).code(), "challenge_required") << "of another sale";
  claims.sale = sale::SaleNo{1};
  claims.kind = accounts::TokenKind::pass;
  claims.number = 1;
  EXPECT_EQ(hold(3, header()).code(), "challenge_required") << "of another kind";
  claims.kind = accounts::TokenKind::challenge;
  EXPECT_EQ(hold(3, header()).status, 201);
}

TEST_F(Challenge, a_token_ends_half_an_hour_after_its_work_was_issued) {
  world.open_sale(kFiftyUnits, kAsksWork);
  const std::string solution = solve(1);
  world.clock.advance(std::chrono::minutes{9});
  const auto solved = post(1, work_body(solution));
  ASSERT_EQ(solved.status, 201);
  world.clock.advance(std::chrono::minutes{21} - Millis{1'000});
  EXPECT_EQ(get(1, std::string(kBrowserAgent) + header_of(solved)).json().at("needed").as_bool(),
            false);
  world.clock.advance(Millis{1'000});
  EXPECT_EQ(hold(1, header_of(solved)).code(), "challenge_required");
}

TEST_F(Challenge, a_solution_is_good_once_for_its_buyer_within_ten_minutes) {
  world.open_sale(kFiftyUnits, kAsksWork);
  const std::string body = work_body(solve(1));
  const auto other = post(2, body);
  EXPECT_EQ(other.status, 403) << "for another buyer";
  EXPECT_EQ(string_at(other.json(), "part"), "proof_of_work");
  EXPECT_EQ(post(1, body).status, 201);
  EXPECT_EQ(post(1, body).code(), "challenge_failed") << "a second time";
  const std::string late = work_body(solve(1));
  world.clock.advance(std::chrono::minutes{10});
  EXPECT_EQ(post(1, late).code(), "challenge_failed");
  EXPECT_EQ(post(1, "{}").code(), "challenge_failed") << "missing";
  EXPECT_EQ(post(1, work_body("AAAA")).code(), "challenge_failed");
}

TEST_F(Challenge, the_right_answer_opens_the_way_in_any_case_and_width) {
  world.open_sale(kFiftyUnits, kAsksQuestions);
  std::uint64_t buyer = 1;
  while (question_id(buyer) != "1") ++buyer;
  const auto asked = get(buyer).json();
  EXPECT_EQ(asked.at("question").at("text").at("zh").as_string(), "功率？");
  EXPECT_EQ(asked.at("question").at("tries_left").as_int64(), 2);
  EXPECT_TRUE(asked.at("proof_of_work").is_null());
  EXPECT_EQ(question_id(buyer), "1") << "the same question as long as it is not answered";
  const auto solved = post(buyer, answer_body("1", " ６５ ｗ "));
  ASSERT_EQ(solved.status, 201) << solved.body;
  EXPECT_EQ(hold(buyer, header_of(solved)).status, 201);
}

TEST_F(Challenge, different_buyers_have_different_questions) {
  world.open_sale(kFiftyUnits, kAsksQuestions);
  std::set<std::string> seen;
  for (std::uint64_t buyer = 1; buyer <= 30; ++buyer) seen.insert(question_id(buyer));
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(Challenge, wrong_answers_bring_other_questions_and_then_a_cool_down) {
  world.open_sale(kFiftyUnits, kAsksQuestions);
  const std::string first = question_id(1);
  const auto wrong = post(1, answer_body(first, "no"));
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(wrong.code(), "challenge_failed");
  EXPECT_EQ(wrong.json().at("tries_left").as_int64(), 1);
  const std::string second = question_id(1);
  EXPECT_NE(second, first);
  const auto stale = post(1, answer_body(first, right_answer(first)));
  EXPECT_EQ(stale.status, 403) << "that question is not asked any more";
  EXPECT_EQ(stale.json().at("tries_left").as_int64(), 1) << "and that was no guess";
  EXPECT_EQ(post(1, answer_body(second, "no")).json().at("tries_left").as_int64(), 0);
  const std::string third = question_id(1);
  const auto cooling = post(1, answer_body(third, right_answer(third)));
  EXPECT_EQ(cooling.status, 429) << "also for the right answer";
  EXPECT_EQ(cooling.code(), "challenge_cool_down");
  EXPECT_TRUE(cooling.has_header("Retry-After: 31")) << cooling.head;
  EXPECT_FALSE(get(1).json().at("question").at("retry_at").is_null());
  EXPECT_EQ(post(2, answer_body(question_id(2), right_answer(question_id(2)))).status, 201)
      << "others are not held up";
  world.clock.advance(Millis{31'000});
  EXPECT_EQ(post(1, answer_body(third, right_answer(third))).status, 201);
  EXPECT_TRUE(metric(R"(onrush_challenges_total{what="cool_down"} 1)"));
}

TEST_F(Challenge, where_both_are_asked_each_guess_costs_its_work) {
  world.open_sale(kFiftyUnits, kAsksBoth);
  const std::string solution = solve(1);
  EXPECT_EQ(string_at(post(1, answer_body(question_id(1), "65 W")).json(), "part"),
            "proof_of_work");
  EXPECT_EQ(get(1).json().at("question").at("tries_left").as_int64(), 3) << "no guess was made";
  EXPECT_EQ(string_at(post(1, work_body(solution)).json(), "part"), "question")
      << "without an answer, the work is not used up";
  EXPECT_EQ(string_at(post(1, answer_body(question_id(1), "no", solution)).json(), "part"),
            "question");
  EXPECT_EQ(string_at(post(1, answer_body(question_id(1), "65 W", solution)).json(), "part"),
            "proof_of_work")
      << "used for the wrong answer";
  EXPECT_EQ(post(1, answer_body(question_id(1), "65 W", solve(1))).status, 201);
}

TEST_F(Challenge, no_answer_leaves_the_server) {
  world.open_sale(kFiftyUnits, kAsksQuestions);
  std::string seen;
  const auto collect = [&](const HttpAnswer& answer) { seen += answer.head + answer.body; };
  for (const char* path : {"/api/v1/sales", "/api/v1/sales/s", "/api/v1/sales/s/live"})
    collect(http_call(world.rush->port(), "GET", path));
  for (std::uint64_t buyer = 1; buyer <= 10; ++buyer) {
    collect(get(buyer));
    collect(post(buyer, answer_body(question_id(buyer), "no")));
  }
  const std::string viewer = world.staff(ports::Role::viewer);
  for (const char* path : {"/api/v1/admin/sales", "/api/v1/admin/sales/s", "/metrics"})
    collect(http_call(world.admin->port(), "GET", path, {}, viewer));
  for (const char* secret : {"kilowatt-and-a-bit", "blue-not-grey", "300-grams"})
    EXPECT_EQ(seen.find(secret), std::string::npos) << secret;
  const auto document = http_call(world.rush->port(), "GET", "/api/v1/sales/s").json();
  EXPECT_EQ(document.at("admission").at("challenge").at(0).as_string(), "question");
  EXPECT_EQ(document.at("admission").at("challenge").as_array().size(), 1u);
}

TEST_F(Challenge, bodies_that_cannot_be_read_are_refused_and_cost_no_try) {
  world.open_sale(kFiftyUnits, kAsksQuestions);
  EXPECT_EQ(post(1, "{").status, 400);
  for (const char* body :
       {R"({"question":"1"})", R"({"question":{"id":"1"}})", R"({"other":1})",
        R"({"question":{"id":"1","answer":"x","more":1}})", R"({"proof_of_work":7})"}) {
    EXPECT_EQ(post(1, body).status, 422) << body;
  }
  EXPECT_EQ(get(1).json().at("question").at("tries_left").as_int64(), 2);
  EXPECT_EQ(http_call(world.rush->port(), "GET", "/api/v1/sales/s/challenge").status, 401);
  EXPECT_EQ(http_call(world.rush->port(), "POST", "/api/v1/sales/s/challenge", "{}").status, 401);
}

TEST_F(Challenge, a_holder_who_asks_again_has_his_order_although_his_token_has_ended) {
  world.open_sale(kFiftyUnits, kAsksWork);
  const auto granted = hold(1, pass(1));
  ASSERT_EQ(granted.status, 201);
  const auto again = hold(1);
  EXPECT_EQ(again.json().at("order"), granted.json().at("order")) << again.body;
}

TEST_F(Challenge, a_program_has_to_work_harder_and_then_gets_in) {
  world.open_sale(kFiftyUnits, kAsksByScore);
  constexpr std::string_view kCurl = "User-Agent: curl/8.5.0\r\n";
  EXPECT_EQ(hold(1, pass(1), kBrowserAgent).status, 201) << "a browser as ever";
  EXPECT_EQ(get(2).json().at("proof_of_work").at("maxnumber").as_int64(), 1'000);
  EXPECT_EQ(get(2, kCurl).json().at("proof_of_work").at("maxnumber").as_int64(), 4'000);
  const auto easy = hold(2, pass(2), kCurl);
  EXPECT_EQ(easy.code(), "challenge_required") << "solved as a browser, used as a program";
  EXPECT_EQ(layer("challenge_required", "raised"), 1);
  EXPECT_TRUE(metric(R"(onrush_challenges_total{what="issued_raised"} 1)"));
  EXPECT_EQ(hold(2, pass(2, kCurl), kCurl).status, 201);
  EXPECT_EQ(hold(3, {}, "").code(), "challenge_required") << "no User-Agent at all";
}

TEST_F(Challenge, machine_like_clicks_before_the_opening_raise_the_work) {
  world.define(kFiftyUnits, kAsksByScore);
  for (int i = 0; i < 12; ++i) {
    world.clock.advance(Millis{20});
    EXPECT_EQ(hold(1).status, 425);
  }
  EXPECT_EQ(get(1).json().at("proof_of_work").at("maxnumber").as_int64(), 16'000);
  EXPECT_EQ(get(2).json().at("proof_of_work").at("maxnumber").as_int64(), 1'000);
}

TEST_F(Challenge, clicks_raise_nothing_where_the_sale_keeps_no_score) {
  world.define(kFiftyUnits, kAsksWork);
  for (int i = 0; i < 12; ++i) {
    world.clock.advance(Millis{20});
    (void)hold(1, {}, "User-Agent: curl/8.5.0\r\n");
  }
  EXPECT_EQ(get(1, "User-Agent: curl/8.5.0\r\n").json().at("proof_of_work").at("maxnumber"), 1'000);
}

TEST_F(Challenge, the_pages_may_send_the_header_across_origins) {
  world.open_sale(kFiftyUnits, kAsksWork);
  const auto preflight = http_call(world.rush->port(), "OPTIONS", "/api/v1/sales/s/holds", {},
                                   "Origin: http://shop.test\r\n");
  EXPECT_TRUE(preflight.has_header("Onrush-Challenge")) << preflight.head;
  const auto refused = hold(1, "Origin: http://shop.test\r\n");
  EXPECT_EQ(refused.code(), "challenge_required");
  EXPECT_TRUE(refused.has_header("Access-Control-Allow-Origin: http://shop.test"));
  EXPECT_FALSE(hold(1, "Origin: http://evil.test\r\n").has_header("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace onrush::test
