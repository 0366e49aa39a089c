// Answers to questions: which are the same, and how many wrong ones there may be.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "admission/answer_text.h"
#include "admission/question_tries.h"

namespace onrush::admission {
namespace {

using std::chrono::seconds;

TEST(Answer, case_width_accents_and_spaces_do_not_matter) {
  EXPECT_TRUE(same_answer("65 w", "65 W"));
  EXPECT_TRUE(same_answer("  65\t W\n", "65 W"));
  EXPECT_TRUE(same_answer("６５ Ｗ", "65 W")) << "full-width digits and letters";
  EXPECT_TRUE(same_answer("６５\u3000Ｗ", "65 W")) << "ideographic space";
  EXPECT_TRUE(same_answer("65\u00a0W", "65 W")) << "no-break space";
  EXPECT_TRUE(same_answer("ÉCOLE", "école"));
  EXPECT_TRUE(same_answer("e\u0301cole", "école")) << "a combining accent";
  EXPECT_TRUE(same_answer("STRASSE", "straße"));
  EXPECT_TRUE(same_answer("ΣΊΣΥΦΟΣ", "σίσυφος"));
  EXPECT_TRUE(same_answer("ｶﾞ", "ガ")) << "half-width katakana";
  EXPECT_TRUE(same_answer("充电宝\u200b", "充电宝")) << "a zero-width space";
}

TEST(Answer, everything_else_does_matter) {
  EXPECT_FALSE(same_answer("65W", "65 W"));
  EXPECT_FALSE(same_answer("6 5 W", "65 W"));
  EXPECT_FALSE(same_answer("65", "65 W"));
  EXPECT_FALSE(same_answer("ecole", "école"));
  EXPECT_FALSE(same_answer("充電宝", "充电宝"));
}

TEST(Answer, what_is_no_text_is_no_answer) {
  EXPECT_FALSE(same_answer("", ""));
  EXPECT_FALSE(same_answer(" \u3000 ", "  "));
  EXPECT_FALSE(same_answer("\xff", "\xff"));
  EXPECT_FALSE(same_answer("\xc0\xaf", "/"));
  const std::string longest(kAnswerMax, 'a');
  EXPECT_TRUE(same_answer(longest, longest));
  EXPECT_FALSE(same_answer(longest + "a", longest + "a"));
}

const TimePoint kAsked = from_millis(1'795'000'000'250);
constexpr TryLimit kLimit{3, seconds{60}};

struct Tries : ::testing::Test {
  QuestionTries tries{42};
  static constexpr std::uint64_t kBuyer = 7;
};

TEST_F(Tries, end_in_a_cool_down_that_ends) {
  EXPECT_EQ(tries.look(kBuyer, kLimit, kAsked).left, 3u);
  for (unsigned left = 3; left > 0; --left)
    EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked).left, left);
  const auto cooling = tries.begin(kBuyer, kLimit, kAsked);
  EXPECT_EQ(cooling.left, 0u);
  EXPECT_GE(cooling.until, kAsked + seconds{60});
  EXPECT_LE(cooling.until, kAsked + seconds{61});
  EXPECT_EQ(tries.look(kBuyer, kLimit, cooling.until - Millis{1}).left, 0u);
  EXPECT_EQ(tries.begin(kBuyer, kLimit, cooling.until).left, 3u);
  EXPECT_EQ(tries.look(kBuyer, kLimit, cooling.until).left, 2u);
}

TEST_F(Tries, asking_during_a_cool_down_does_not_make_it_longer) {
  for (int i = 0; i < 3; ++i) (void)tries.begin(kBuyer, kLimit, kAsked);
  const auto until = tries.begin(kBuyer, kLimit, kAsked).until;
  EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked + seconds{30}).until, until);
  EXPECT_EQ(tries.look(kBuyer, kLimit, kAsked + seconds{30}).until, until);
}

TEST_F(Tries, nobody_has_more_than_his_tries_in_any_span_by_pausing) {
  // Two wrong, and the third just before they are forgotten: the span counts from the last.
  (void)tries.begin(kBuyer, kLimit, kAsked);
  (void)tries.begin(kBuyer, kLimit, kAsked);
  EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked + seconds{59}).left, 1u);
  EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked + seconds{61}).left, 0u);
}

TEST_F(Tries, a_right_answer_takes_nothing) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked).left, 3u);
    tries.forgive(kBuyer, kAsked);
  }
  EXPECT_EQ(tries.look(kBuyer, kLimit, kAsked).round, 0u) << "and asks the same question again";
}

TEST_F(Tries, each_wrong_answer_brings_another_question_also_after_a_cool_down) {
  EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked).round, 0u);
  EXPECT_EQ(tries.begin(kBuyer, kLimit, kAsked).round, 1u);
  EXPECT_EQ(tries.look(kBuyer, kLimit, kAsked).round, 2u);
  EXPECT_EQ(tries.look(kBuyer, kLimit, kAsked + seconds{300}).round, 2u);
}

TEST_F(Tries, are_each_buyers_own) {
  for (int i = 0; i < 3; ++i) (void)tries.begin(kBuyer, kLimit, kAsked);
  EXPECT_EQ(tries.look(kBuyer + 1, kLimit, kAsked).left, 3u);
}

TEST(QuestionTries, a_full_line_gives_nobody_more_tries) {
  QuestionTries tries(42, 3);  // eight places for a hundred buyers
  std::vector<unsigned> taken(100);
  for (int again = 0; again < 3; ++again) {
    for (std::uint64_t buyer = 0; buyer < taken.size(); ++buyer) {
      for (int i = 0; i < 4; ++i)
        taken[buyer] += tries.begin(buyer, kLimit, kAsked).left > 0 ? 1 : 0;
    }
  }
  EXPECT_LE(*std::max_element(taken.begin(), taken.end()), 3u);
}

TEST(QuestionTries, many_answers_at_once_are_no_more_than_the_tries) {
  for (std::uint64_t round = 0; round < 100; ++round) {
    QuestionTries tries(round, 3);
    std::atomic<unsigned> taken{0};
    const auto guess = [&] {
      for (int i = 0; i < 4; ++i) taken += tries.begin(5, kLimit, kAsked).left > 0 ? 1 : 0;
    };
    std::thread other(guess);
    guess();
    other.join();
    EXPECT_EQ(taken, 3u);
  }
}

}  // namespace
}  // namespace onrush::admission
