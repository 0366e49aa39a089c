// The prepared answer to who claims before his turn says what the ordinary one says.
#include "edge/api/line_turn.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace onrush::test {
namespace {

struct Turn : testing::Test {
  Turn() {
    auto rules = std::make_shared<sale::SaleRules>();
    rules->key = "s";
    rules->line.mode = sale::LineMode::fifo;
    sale.sale = sale::SaleNo{3};
    sale.rules = rules;
    line.phase = sale::Phase::open;
    line.mode = sale::LineMode::fifo;
    line.entries = 1'000;
    line.serving = 200;
    line.claimed = 150;
    line.claim_rate_milli = 12'500;
    line.win_up_to = 900;
    place.entry = place.number = 500;
    place.serving = 200;
    place.ahead = 299;
    place.state = sale::PlaceState::waiting;
  }

  static std::string retry_after(std::string_view head) {
    const auto at = head.find("Retry-After: ");
    if (at == std::string_view::npos) return "none";
    std::string_view value = head.substr(at + 13);
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return std::string(value);
  }

  void same(std::string_view token) {
    const http::Response ordinary =
        to_response(api::turn_problem(sale, line, place, token, now), {});
    const std::string bytes(answers.get(sale, line, place, token, now));
    const auto split = bytes.find("\r\n\r\n");
    ASSERT_NE(split, std::string::npos) << bytes;
    const std::string head = bytes.substr(0, split), body = bytes.substr(split + 4);
    EXPECT_TRUE(bytes.starts_with("HTTP/1.1 425")) << bytes;
    EXPECT_NE(head.find("Content-Length: " + std::to_string(body.size())), std::string::npos);
    EXPECT_EQ(boost::json::parse(body), boost::json::parse(ordinary.body)) << body;
    EXPECT_EQ(retry_after(head), retry_after(ordinary.headers + "\r\n"));
  }

  live::SaleEntry sale;
  ports::LineStatus line;
  sale::PlaceView place;
  const TimePoint now = from_millis(1'790'000'000'123);
  api::TurnAnswers answers{"Cache-Control: no-store\r\n"};
};

TEST_F(Turn, is_told_alike_with_a_wait_without_one_and_when_nothing_is_left) {
  const std::string token(190, 'a'), longer(231, 'b');
  same(token);
  same(longer);
  same(token);  // nothing of a longer one is left behind
  line.claimed = 3;
  same(token);
  line.win_up_to = 400;
  same(longer);
  place.entry = place.number = 4'000'000'000;
  place.ahead = 3'999'999'799;
  same(token);
}

TEST_F(Turn, is_not_told_with_a_token_that_is_none_of_ours) {
  EXPECT_EQ(answers.get(sale, line, place, std::string(500, 'a'), now), "");
}

}  // namespace
}  // namespace onrush::test
