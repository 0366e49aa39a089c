// What looks like a script, and what must not.
#include "admission/script_score.h"

#include <gtest/gtest.h>

#include <random>

#include "admission/click_watch.h"

namespace onrush::admission {
namespace {

const TimePoint kOpens = from_millis(1'795'000'000'000);
constexpr std::uint64_t kBuyer = 7, kNetwork = 99;

TEST(ScriptScore, is_the_sum_of_its_weights) {
  EXPECT_EQ(script_score({}), 0u);
  EXPECT_EQ(script_score({Agent::missing, 0, 0, false, 0}), 40u);
  EXPECT_EQ(script_score({Agent::scripted, 0, 0, false, 0}), 40u);
  EXPECT_EQ(script_score({Agent::browser, 2, 0, false, 0}), 0u);
  EXPECT_EQ(script_score({Agent::browser, 3, 0, false, 0}), 10u);
  EXPECT_EQ(script_score({Agent::browser, 15, 0, false, 0}), 40u);
  EXPECT_EQ(script_score({Agent::browser, 0, 3, false, 0}), 15u);
  EXPECT_EQ(script_score({Agent::browser, 0, 15, false, 0}), 40u);
  EXPECT_EQ(script_score({Agent::browser, 0, 0, true, 0}), 20u);
  EXPECT_EQ(script_score({Agent::browser, 0, 0, false, 23}), 0u);
  EXPECT_EQ(script_score({Agent::browser, 0, 0, false, 24}), 10u);
  EXPECT_EQ(script_score({Agent::browser, 0, 0, false, 32}), 20u);
  EXPECT_EQ(script_score({Agent::scripted, 15, 15, true, 32}), kScoreMax);
}

TEST(ScriptScore, raises_the_work_in_two_steps_within_bounds) {
  EXPECT_EQ(challenge_level(39), 0u);
  EXPECT_EQ(challenge_level(40), 1u);
  EXPECT_EQ(challenge_level(69), 1u);
  EXPECT_EQ(challenge_level(70), 2u);
  EXPECT_EQ(max_number_of(50'000, 0), 50'000u);
  EXPECT_EQ(max_number_of(50'000, 1), 200'000u);
  EXPECT_EQ(max_number_of(50'000, 2), 800'000u);
  EXPECT_EQ(max_number_of(10'000'000, 2), kRaisedNumberMax);
}

TEST(ScriptScore, knows_programs_by_what_they_say_of_themselves) {
  for (const char* agent :
       {"curl/8.5.0", "python-requests/2.31.0", "Python/3.11 aiohttp/3.9.1", "Go-http-client/1.1",
        "Java/17.0.1", "okhttp/4.12.0", "Wget/1.21", "axios/1.6.2",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "HeadlessChrome/120.0.0.0 Safari/537.36"}) {
    EXPECT_EQ(agent_of(agent), Agent::scripted) << agent;
  }
  EXPECT_EQ(agent_of(""), Agent::missing);
  for (const char* agent :
       {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.44",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0"}) {
    EXPECT_EQ(agent_of(agent), Agent::browser) << agent;
  }
  EXPECT_EQ(agent_of(std::string(100'000, 'a') + "curl/"), Agent::browser) << "read to a bound";
}

struct Watch : ::testing::Test {
  ClickWatch watch{42, 10, 10};
  TimePoint now = kOpens + Millis{5'000};
  void click_after(Millis pause) {
    now += pause;
    watch.note(kBuyer, kNetwork, now, kOpens);
  }
  Signs signs() { return watch.signs(kBuyer, kNetwork, now); }
};

TEST_F(Watch, a_metronome_is_seen) {
  for (int i = 0; i < 12; ++i) click_after(Millis{200});
  EXPECT_GE(signs().regular_clicks, 8u);
  EXPECT_EQ(signs().fast_clicks, 0u);
  EXPECT_EQ(challenge_level(script_score(signs())), 1u);
}

TEST_F(Watch, clicks_faster_than_a_finger_are_seen_and_fade) {
  for (int i = 0; i < 12; ++i) click_after(Millis{i % 2 == 0 ? 8 : 24});
  EXPECT_GE(signs().fast_clicks, 8u);
  for (int i = 0; i < 15; ++i) click_after(Millis{i % 2 == 0 ? 700 : 1'200});
  EXPECT_EQ(signs().fast_clicks, 0u);
}

TEST_F(Watch, an_impatient_person_is_no_script) {
  std::mt19937_64 random(4711);
  std::normal_distribution<double> pause(220, 35);
  for (int i = 0; i < 400; ++i) {
    click_after(Millis{static_cast<std::int64_t>(std::max(90.0, pause(random)))});
    EXPECT_EQ(challenge_level(script_score(signs())), 0u) << "click " << i;
  }
}

TEST_F(Watch, a_page_that_asks_again_each_second_by_itself_is_no_script) {
  for (int i = 0; i < 60; ++i) click_after(Millis{1'000});
  EXPECT_EQ(script_score(signs()), 0u);
}

TEST_F(Watch, only_a_first_click_at_the_very_opening_is_a_sign) {
  watch.note(1, kNetwork, kOpens, kOpens);
  EXPECT_TRUE(watch.signs(1, kNetwork, kOpens).first_at_opening);
  watch.note(2, kNetwork, kOpens + Millis{59}, kOpens);
  EXPECT_TRUE(watch.signs(2, kNetwork, now).first_at_opening);
  watch.note(3, kNetwork, kOpens + Millis{60}, kOpens);
  EXPECT_FALSE(watch.signs(3, kNetwork, now).first_at_opening);
  watch.note(4, kNetwork, kOpens - Millis{1'700}, kOpens);
  watch.note(4, kNetwork, kOpens + Millis{5}, kOpens);
  EXPECT_FALSE(watch.signs(4, kNetwork, now).first_at_opening) << "somebody who had clicked before";
}

TEST_F(Watch, is_forgotten_after_ten_minutes) {
  for (int i = 0; i < 12; ++i) click_after(Millis{200});
  now += std::chrono::minutes{10};
  EXPECT_EQ(script_score(signs()), 0u);
}

TEST_F(Watch, many_accounts_of_one_network_are_seen_for_a_minute_or_two) {
  for (std::uint64_t buyer = 0; buyer < 300; ++buyer) watch.note(1'000 + buyer, 5, now, kOpens);
  for (std::uint64_t buyer = 0; buyer < 8; ++buyer) watch.note(2'000 + buyer, 6, now, kOpens);
  EXPECT_GE(watch.signs(1'000, 5, now).accounts_seen, 31u);
  EXPECT_LE(watch.signs(2'000, 6, now).accounts_seen, 8u);
  EXPECT_GE(watch.signs(1'000, 5, now + std::chrono::minutes{1}).accounts_seen, 31u);
  EXPECT_EQ(watch.signs(1'000, 5, now + std::chrono::minutes{2}).accounts_seen, 0u);
}

TEST_F(Watch, one_account_is_one_however_often_it_clicks) {
  for (int i = 0; i < 300; ++i) click_after(Millis{150});
  EXPECT_EQ(signs().accounts_seen, 1u);
}

}  // namespace
}  // namespace onrush::admission
