// The line: places, passes, calls, registrations, as scenario tables (scenario.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

TEST(line, calls_places_in_order_and_a_pass_lets_its_buyer_ask_once) {
  run(R"(
    sale line=fifo rate=1 opens=10 pass=30
    item a stock=5
    0 define
    0 place 1 -> not_open 0
    0 announce
    0 tick -> -; announced>lobby schedule
    1 place 1 -> place 1 #1 lobby; place 1 1
    2 place 2 -> place 2 #2 lobby; place 2 2
    3 place 1 -> place again 1 #1 lobby
    4 claim 1 -> not_your_turn 1 #1 lobby
    4 claim 3 -> no_place
    10 tick -> -; lobby>open schedule
    10 claim 1 -> not_your_turn 1 #1 waiting
    10 hold 1 a -> pass_required
    11 tick -> -; called 1
    11 hold 1 a -> pass_required
    11 claim 2 -> not_your_turn 2 #2 waiting
    11 claim 1 -> pass #1 until 41; pass 1 #1 until 41
    12 claim 1 -> pass again #1 until 41
    12 hold 1 a -> granted; hold 1 a1 until 72
    12 hold 1 a -> granted again
    12 where 1 -> place 1 #1 used
    12 tick -> -; called 2
    13 place 1 -> place 3 #3 waiting; place 1 3
    13 hold 3 a -> pass_required
    13 where 3 -> no_place
  )");
}

TEST(line, takes_places_from_the_lobby_until_the_sale_is_over) {
  run(R"(
    sale line=fifo rate=10 lobby=10 opens=20 closes=60
    item a stock=5
    0 define
    0 announce
    9 place 1 -> not_open 10
    10 tick -> -; announced>lobby schedule
    10 place 1 -> place 1 #1 lobby; place 1 1
    20 tick -> -; lobby>open schedule
    30 pause -> done; open>paused staff
    30 place 2 -> place 2 #2 waiting; place 2 2
    31 tick -> -
    31 claim 1 -> paused
    40 resume -> done; paused>open staff
    41 tick -> -; called 2
    41 claim 1 -> pass #1 until 161; pass 1 #1 until 161
    60 tick -> -; open>closed schedule; closed>settled drained
    61 place 3 -> closed
    61 claim 2 -> closed
    61 quit 2 -> closed
    61 where 2 -> place 2 #2 called
  )");
}

TEST(line, is_off_unless_the_rules_say_so) {
  run(R"(
    item a stock=1
    0 define
    0 place 1 -> line_off
    0 claim 1 -> line_off
    0 where 1 -> line_off
    0 rate 5 -> wrong_state draft
    0 leaves -> line_off
  )");
}

TEST(line, is_full_when_all_its_places_are_issued) {
  run(R"(
    sale line=fifo capacity=2
    item a stock=5
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3 -> line_full
    1 quit 1 -> done; left 1 1
    1 place 3 -> line_full
    1 place 2 -> place again 2 #2 waiting
  )");
}

TEST(line, lets_a_late_claim_keep_its_right_and_a_lapsed_pass_be_claimed_again) {
  run(R"(
    sale line=fifo rate=10 pass=5 claim=1
    item a stock=5
    0 define
    0 announce
    0 tick
    0 place 1
    1 tick -> -; called 1
    600 claim 1 -> pass #1 until 605; pass 1 #1 until 605
    605 hold 1 a -> pass_required
    605 where 1 -> place 1 #1 called
    605 claim 1 -> pass #1 until 610; pass 1 #1 until 610
    609 hold 1 a -> granted; hold 1 a1 until 669
    609 claim 1 -> no_place
  )");
}

TEST(line, has_no_more_passes_out_than_allowed) {
  run(R"(
    sale line=fifo rate=100 active=2 pass=10
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3
    1 tick -> -; called 2
    2 tick -> -
    2 claim 1
    2 claim 2
    3 tick -> -
    3 claim 3 -> not_your_turn 3 #3 waiting
    4 hold 1 a -> granted; hold 1 a1 until 64
    4 tick -> -; called 3
    4 claim 3 -> pass #3 until 14; pass 3 #3 until 14
    11 place 4
    11 tick -> -
    13 tick -> -; called 4
  )");
}

// The passes out are counted at the claim as well: those who were called and came late.
TEST(line, refuses_a_claim_beyond_the_passes_allowed_and_takes_it_later) {
  run(R"(
    sale line=fifo rate=100 active=1 pass=10 claim=1
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    1 tick -> -; called 1
    3 tick -> -; called 2
    3 claim 1 -> pass #1 until 13; pass 1 #1 until 13
    3 claim 2 -> not_your_turn 2 #2 called
    13.5 claim 2 -> pass #2 until 23; pass 2 #2 until 23
  )");
}

TEST(line, calls_nobody_whom_the_stock_cannot_serve_and_goes_on_when_units_return) {
  run(R"(
    sale line=fifo rate=100 claim=1
    item a stock=1 standby=0
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    1 tick -> -; called 1
    1 claim 1
    2 tick -> -
    2 hold 1 a -> granted; hold 1 a1 until 62
    30 tick -> -
    61 tick -> -
    62 tick -> -; expired 1; called 2
    62 claim 2
    62 hold 2 a -> granted; hold 2 a1 until 122
  )");
}

TEST(line, goes_on_where_it_was_when_a_sale_that_was_sold_out_is_restocked) {
  run(R"(
    sale line=fifo rate=100 payment=confirmation
    item a stock=1 standby=0
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    1 tick -> -; called 1
    1 claim 1
    2 hold 1 a
    3 confirm 1 -> done; confirmed 1; open>closed sold_out; closed>settled drained
    4 restock a 1 -> wrong_state settled
  )");
  run(R"(
    sale line=fifo rate=100
    item a stock=1 standby=0
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    1 tick -> -; called 1
    1 claim 1
    2 hold 1 a
    3 pause -> done; open>paused staff
    4 restock a 1 -> done; restocked a 1
    5 tick -> -
    6 place 3 -> place 3 #3 waiting; place 3 3
    7 resume -> done; paused>open staff
    8 tick -> -; called 2
    8 claim 2 -> pass #2 until 128; pass 2 #2 until 128
  )");
}

TEST(line, calls_as_many_as_the_standby_line_has_room_for) {
  run(R"(
    sale line=fifo rate=100 claim=600
    item a stock=1 standby=2
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3
    0 place 4
    1 tick -> -; called 3
    2 claim 1
    2 claim 2
    2 claim 3
    2 hold 1 a
    2 hold 2 a -> standby #1; waits 2 a
    2 hold 3 a -> standby #2; waits 3 a
    2 where 3 -> place 3 #3 used
    9 tick -> -
    9 release 1 -> done; released 1; turn 2 a1 until 69
    9 tick -> -; called 4
  )");
}

TEST(line, replaces_those_who_left_and_those_who_stay_away) {
  run(R"(
    sale line=fifo rate=1 claim=2 pass=30
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3
    0 place 4
    0 quit 2 -> done; left 2 2
    0 quit 2 -> done again
    1 tick -> -; called 2
    2 tick -> -; called 3
    2 claim 2 -> no_place
    2 quit 1 -> done; left 1 1
    2.2 tick -> -; called 4
    9 quit 5 -> no_place
  )");
}

TEST(line, that_is_left_in_the_lobby_may_be_joined_again_at_its_end) {
  run(R"(
    sale line=draw opens=10
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1 -> place 1 #0 lobby; place 1 1
    0 quit 1 -> done; left 1 1
    0 place 2
    0 place 1 -> place 1 #0 lobby; place 1 1
    0 place 1 -> place again 1 #0 lobby
    0 leaves -> not_open 10
    0 beacon block -> done; beacon block
    0 beacon block -> done again
    10 tick -> -; lobby>open schedule; drawn 2 block
    10 leaves -> found 2 leaves
    10 beacon later -> wrong_state open
    10 place 4 -> place 3 #3 waiting; place 4 3
  )");
}

TEST(line, is_not_used_up_by_one_who_leaves_and_comes_back) {
  run(R"(
    sale line=fifo opens=10 capacity=3 orders=2
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 quit 1 -> done; left 1 1
    1 place 1 -> place 1 #1 lobby; place 1 1
    2 quit 1 -> done; left 1 1
    2 place 3
    3 place 1 -> place 1 #1 lobby; place 1 1
    4 quit 1 -> done; left 1 1
    10 tick -> -; lobby>open schedule
    10 place 1 -> line_full
  )");
  run(R"(
    sale line=fifo capacity=9 orders=2
    item a stock=9
    0 define
    0 announce
    0 tick
    0 place 1 -> place 1 #1 waiting; place 1 1
    0 quit 1 -> done; left 1 1
    0 place 1 -> place 2 #2 waiting; place 1 2
    0 quit 1 -> done; left 1 2
    0 place 1 -> limit_reached
    0 place 2 -> place 3 #3 waiting; place 2 3
  )");
}

// Otherwise a few who come to their turn and never buy could keep all others out.
TEST(line, gives_twenty_passes_for_a_place_and_no_more) {
  Scenario s;
  s.run(R"(
    sale line=fifo rate=10 pass=5 active=1 claim=1
    item a stock=1 standby=0
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    1 tick -> -; called 1
  )");
  for (int i = 0; i < 20; ++i) s.run(fmt::format("{} claim 1", 2 + 6 * i));
  s.run(R"(
    116.5 claim 1 -> pass again #1 until 121
    122 claim 1 -> limit_reached
    122 tick -> -; called 2
    122 claim 2 -> pass #2 until 127; pass 2 #2 until 127
    122 hold 2 a -> granted; hold 2 a1 until 182
  )");
}

TEST(line, of_a_draw_that_staff_open_early_draws_among_any_number) {
  for (int people = 0; people <= 3; ++people) {
    SCOPED_TRACE(people);
    Scenario s;
    s.run(R"(
      sale line=draw opens=100 rate=100
      item a stock=9
      0 define
      0 announce
      0 tick -> -; announced>lobby schedule
    )");
    for (int b = 1; b <= people; ++b) s.run(fmt::format("1 place {}", b));
    s.run("2 reschedule 0 200 3600 -> done; rescheduled");
    s.run(fmt::format("3 open -> done; lobby>open staff; drawn {}", people));
    s.run(fmt::format("3 place 9 -> place {0} #{0} waiting; place 9 {0}", people + 1));
    s.run(fmt::format("4 tick -> -; called {}", people + 1));
    for (int b = 1; b <= people; ++b) s.run(fmt::format("4 claim {}\n4 hold {} a", b, b));
    s.run("4 claim 9\n4 hold 9 a");
  }
}

TEST(line, goes_on_after_an_hour_in_which_nothing_ran) {
  run(R"(
    sale line=fifo rate=1 pass=30 active=2 claim=5 closes=9000
    item a stock=3 standby=0
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3
    1 tick -> -; called 1
    1 claim 1
    2 tick -> -; called 2
    3600 hold 1 a -> pass_required
    3600 claim 2 -> pass #2 until 3630; pass 2 #2 until 3630
    3600 claim 1 -> pass #1 until 3630; pass 1 #1 until 3630
    3601 hold 1 a -> granted; hold 1 a1 until 3661
    3602 hold 2 a -> granted; hold 2 a2 until 3662
    3602 tick -> -; called 3
  )");
}

TEST(line, of_a_draw_that_staff_open_at_once_draws_among_nobody) {
  run(R"(
    sale line=draw opens=10
    item a stock=9
    0 define
    0 announce
    0 open -> done; announced>open staff; drawn 0
    0 place 1 -> place 1 #1 waiting; place 1 1
    1 pause -> done; open>paused staff
    2 resume -> done; paused>open staff
  )");
}

TEST(line, is_called_at_the_rate_that_staff_set) {
  run(R"(
    sale line=fifo rate=1
    item a stock=99
    0 define
    0 announce
    0 tick
    0 place 1
    0 place 2
    0 place 3
    0 place 4
    0 place 5
    1 tick -> -; called 1
    1 rate 0 -> invalid
    1 rate 3 -> done; rate 3
    1 rate 3 -> done again
    2 tick -> -; called 4
  )");
}

TEST(registration, lets_only_those_take_part_who_registered_before_the_opening) {
  run(R"(
    sale line=fifo registration=required opens=10 rate=10
    item a stock=9
    0 define
    0 register 1 -> not_open 10
    0 announce
    1 register 1 -> done; registered 1
    2 register 1 -> done again
    2 registered 1 -> found since 1
    2 registered 2 -> not_found
    2 register 2 -> done; registered 2
    2 unregister 2 -> done; unregistered 2
    2 unregister 2 -> done again
    3 tick -> -; announced>lobby schedule
    3 place 1 -> place 1 #1 lobby; place 1 1
    3 place 2 -> registration_required
    10 tick -> -; lobby>open schedule
    10 register 2 -> closed
    10 unregister 1 -> closed
    10 hold 2 a -> registration_required
    11 tick -> -; called 1
    11 claim 1
    11 hold 1 a -> granted; hold 1 a1 until 71
  )");
}

TEST(registration, that_was_taken_back_takes_the_pass_as_well) {
  run(R"(
    sale line=fifo registration=required opens=10 rate=10
    item a stock=9
    0 define
    0 announce
    0 register 1
    0 tick
    3 place 1
    4 unregister 1 -> done; unregistered 1
    10 tick -> -; lobby>open schedule
    11 tick -> -; called 1
    11 claim 1 -> registration_required
  )");
}

TEST(registration, that_is_optional_keeps_nobody_out) {
  run(R"(
    sale registration=optional opens=1
    item a stock=9
    0 define
    0 announce
    0 register 1 -> done; registered 1
    1 tick
    1 hold 2 a -> granted; hold 2 a1 until 61
  )");
  run(R"(
    item a stock=9
    0 define
    0 register 1 -> wrong_state draft
  )");
}

TEST(notice, is_shown_until_it_is_taken_away) {
  Scenario s;
  s.run(R"(
    item a stock=9
    0 define
    0 notice soon -> done; notice soon
    0 notice soon -> done again
  )");
  EXPECT_EQ(s.book().summary(SaleNo{1}).notice.en, "soon");
  s.run("0 notice -> done; no notice");
  EXPECT_EQ(s.book().summary(SaleNo{1}).notice, Text{});
}

TEST(line, shows_what_everybody_may_know_of_it) {
  Scenario s;
  s.run(R"(
    sale line=draw rate=10 opens=10 registration=optional capacity=7 active=5
    item a stock=2 standby=1
    0 define
    0 announce
    0 register 9
    0 tick
    0 place 1
    0 place 2
    0 place 3
    0 place 4
    0 place 5
    0 quit 3
  )");
  const auto line = [&s](int second) {
    return s.book().line(SaleNo{1}, kStart + Millis{second * 1'000});
  };
  LineSummary before = line(5);
  EXPECT_EQ(before.mode, LineMode::draw);
  EXPECT_FALSE(before.drawn);
  EXPECT_EQ(before.entries, 5U);
  EXPECT_EQ(before.lobby_entries, 5U);
  EXPECT_EQ(before.left, 1U);
  EXPECT_EQ(before.capacity, 7U);
  EXPECT_EQ(before.registrations, 1U);
  EXPECT_EQ(before.win_up_to, 4U) << "one of those before has left";
  EXPECT_EQ(before.seed, Digest{}) << "not before the opening";
  s.run("10 tick\n 10 place 6\n 11 tick");
  const LineSummary after = line(11);
  EXPECT_TRUE(after.drawn);
  EXPECT_EQ(after.entries, 6U);
  EXPECT_EQ(after.lobby_entries, 5U);
  EXPECT_NE(after.seed, Digest{});
  EXPECT_GE(after.serving, 3U);
  EXPECT_EQ(after.rate, 10U);
}

}  // namespace
}  // namespace onrush::sale::test
