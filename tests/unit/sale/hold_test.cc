// Hold requests, limits, repeats, expiry, standby: as scenario tables (scenario.h).
#include <gtest/gtest.h>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

TEST(hold, units_are_handed_out_lowest_first_and_returned_ones_last) {
  run(R"(
    item a stock=4
    0 define -> done; defined
    0 announce -> done; draft>announced staff
    0 tick -> -; announced>lobby schedule; lobby>open schedule
    0 hold 1 a -> granted; hold 1 a1 until 60
    0 hold 2 a -> granted; hold 2 a2 until 60
    1 release 2 -> done; released 2
    2 release 1 -> done; released 1
    3 hold 3 a -> granted; hold 3 a3 until 63
    3 hold 4 a -> granted; hold 4 a4 until 63
    3 hold 5 a -> granted; hold 5 a2 until 63
    3 hold 6 a -> granted; hold 6 a1 until 63
    3 hold 7 a nostandby -> sold_out 4
  )");
}

TEST(hold, is_refused_before_during_a_pause_and_after) {
  run(R"(
    sale lobby=10 opens=20 closes=100
    item a stock=2
    0 define
    0 hold 1 a -> not_open 20
    0 announce -> done; draft>announced staff
    0 hold 1 a -> not_open 20
    10 tick -> -; announced>lobby schedule
    19 hold 1 a -> not_open 20
    20 tick -> -; lobby>open schedule
    20 hold 1 a -> granted; hold 1 a1 until 80
    30 pause -> done; open>paused staff
    30 hold 2 a -> paused
    30 hold 1 a -> granted again
    31 resume -> done; paused>open staff
    100 tick -> -; open>closed schedule; expired 1; closed>settled drained
    100 hold 2 a -> closed
    100 hold 1 a -> closed
  )");
}

TEST(hold, a_live_order_is_answered_again_after_closing) {
  run(R"(
    sale closes=50
    item a stock=2
    0 define
    0 announce
    0 open
    1 hold 1 a key=5 -> granted; hold 1 a1 until 61
    50 tick -> -; open>closed schedule
    51 hold 1 a -> granted again
    51 hold 1 a key=5 -> granted again
    51 hold 2 a -> closed
  )");
}

TEST(hold, wrong_lines_are_invalid) {
  run(R"(
    sale per_buyer=200
    item a stock=500 per=100
    item b stock=500 per=100
    0 define
    0 announce
    0 open
    0 hold 0 a -> invalid
    0 hold 1 zzz -> invalid
    0 hold 1 a*0 -> invalid
    0 hold 1 a+a -> invalid
    0 hold 1 a*60+b*41 -> invalid
    0 hold 1 a*60+b*40 nostandby
  )");
}

TEST(hold, the_same_key_gives_the_same_answer_and_other_lines_a_conflict) {
  run(R"(
    sale per_buyer=9 hold=10
    item a stock=9 per=9
    item b stock=9 per=9
    0 define
    0 announce
    0 open
    0 hold 1 a*2+b key=7 -> granted; hold 1 a1,a2,b1 until 10
    1 hold 1 b+a*2 key=7 -> granted again
    1 hold 1 a*2 key=7 -> key_conflict
    1 hold 2 a*2 key=7 -> granted; hold 2 a3,a4 until 11
    20 tick -> -; expired 1; expired 2
    21 hold 1 a*2+b key=7 -> granted again  // the answer of then: its order has lapsed
    21 hold 1 a*2+b key=8 -> granted; hold 1 a5,a6,b2 until 31
  )");
}

TEST(hold, the_key_of_a_waiting_place_gives_it_back_and_other_lines_a_conflict) {
  run(R"(
    sale per_buyer=5
    item a stock=1
    item b stock=5
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 hold 2 a key=7 -> standby #1; waits 2 a
    2 hold 2 a key=7 -> standby again #1
    3 hold 2 b key=7 -> key_conflict
    4 leave 2 -> done; leaves 2 left
    5 hold 2 b key=7 -> key_conflict
    6 hold 2 b key=8 -> granted; hold 2 b1 until 66
  )");
}

TEST(hold, a_repeat_for_an_item_already_held_returns_the_live_order) {
  run(R"(
    sale per_buyer=5
    item a stock=5 per=5
    item b stock=5 per=5
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    0 hold 1 a*3 -> granted again
    0 hold 1 a+b -> granted again
    0 hold 1 b -> granted; hold 1 b1 until 60
  )");
}

TEST(hold, limits_count_live_paid_and_waiting_units) {
  run(R"(
    sale per_buyer=3
    item a stock=4 per=2
    item b stock=1 per=3
    0 define
    0 announce
    0 open
    0 hold 1 a*3 -> limit_reached
    0 hold 1 a*2 -> granted; hold 1 a1,a2 until 60
    1 pay 1 -> done; payment 1 200
    1 captured 1 -> done; captured 1 200 fulfilled
    2 hold 1 a -> limit_reached 1
    2 hold 9 b -> granted; hold 9 b1 until 62
    2 hold 1 b -> standby #1; waits 1 b
    2 hold 1 a -> limit_reached 1
    3 leave 1 -> done; leaves 1 left
    3 hold 1 b*2 nostandby -> limit_reached 1
  )");
}

TEST(hold, lapsed_orders_and_left_entries_count_as_attempts) {
  run(R"(
    sale orders=3 hold=5
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 5
    5 tick -> -; expired 1
    6 hold 1 a -> granted; hold 1 a1 until 11
    6 release 1 -> done; released 1.2
    7 hold 2 a -> granted; hold 2 a1 until 12
    7 hold 1 a -> standby #1; waits 1 a
    7 leave 1 -> done; leaves 1 left
    7 leave 1 -> done again
    7 hold 1 a -> limit_reached 1.2
  )");
}

TEST(hold, expires_by_the_first_tick_at_its_deadline) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    1 hold 2 a -> granted; hold 2 a2 until 61
    59.999 tick -> -
    60 tick -> -; expired 1
    60.999 tick -> -
    61 tick -> -; expired 2
    61 release 1 -> wrong_state expired
    61 look 1 1 -> found expired a1
    61 look 1 2 -> not_found
    61 look 1 -> found expired a1
  )");
}

TEST(hold, is_not_ended_early_by_a_tick_that_ends_another) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    0.001 hold 2 a
    60 tick -> -; expired 1
    60.001 tick -> -; expired 2
  )");
}

TEST(hold, a_tick_keeps_to_its_budget_and_says_that_more_is_due) {
  run(R"(
    item a stock=5
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    0 hold 3 a
    60 tick 2 -> more; expired 1; expired 2
    60 tick 2 -> -; expired 3
    60 tick 2 -> -
  )");
}

TEST(hold, next_due_follows_phases_deadlines_and_pending_turns) {
  Scenario s;
  s.run("sale lobby=10 opens=20 closes=1000\n item a stock=1\n 0 define");
  EXPECT_EQ(s.book().next_due(), std::nullopt);
  s.run("0 announce");
  EXPECT_EQ(s.book().next_due(), kStart + Millis{10'000});
  s.run("10 tick");
  EXPECT_EQ(s.book().next_due(), kStart + Millis{20'000});
  s.run("20 tick");
  EXPECT_EQ(s.book().next_due(), kStart + Millis{1'000'000});
  s.run("30 hold 1 a");
  EXPECT_EQ(s.book().next_due(), kStart + Millis{90'000});
  s.run("31 hold 2 a -> standby #1; waits 2 a\n 90 tick 1 -> more; expired 1");
  EXPECT_LE(s.book().next_due(), kStart + Millis{90'000});
  s.run("90 tick 9 -> -; turn 2 a1 until 150");
  EXPECT_EQ(s.book().next_due(), kStart + Millis{150'000});
}

TEST(standby, is_served_first_come_first_served_with_a_fresh_deadline) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    1 hold 2 a -> standby #1; waits 2 a
    1 hold 3 a -> standby #2; waits 3 a
    1 hold 4 a -> standby #3; waits 4 a
    2 hold 3 a -> standby again #2
    2 mine 4 -> found orders=0 standby=1 #3
    3 leave 2 -> done; leaves 2 left
    3 hold 4 a -> standby again #2
    60 tick -> -; expired 1; turn 3 a1 until 120
    61 mine 3 -> found orders=1 standby=0
    70 release 3 -> done; released 3; turn 4 a1 until 130
    71 hold 5 a nostandby -> sold_out 1
  )");
}

TEST(standby, nobody_passes_those_who_wait_although_units_are_free) {
  run(R"(
    sale per_buyer=2
    item a stock=2 per=2
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    1 hold 2 a*2 -> standby #1; waits 2 a*2  // one is free, two are wanted
    1 hold 3 a -> standby #2; waits 3 a
    1 hold 4 a nostandby -> sold_out 1
    5 release 1 -> done; released 1; turn 2 a2,a1 until 65
    6 release 2 -> done; released 2; turn 3 a2 until 66
  )");
}

TEST(standby, a_head_that_can_never_be_served_is_told_and_the_line_moves) {
  run(R"(
    sale per_buyer=2
    item a stock=3 per=2
    0 define
    0 announce
    0 open
    0 hold 1 a*2 -> granted; hold 1 a1,a2 until 60
    0 hold 2 a*2 -> standby #1; waits 2 a*2
    0 hold 3 a -> standby #2; waits 3 a
    1 pay 1
    1 captured 1 -> done; captured 1 200 fulfilled; leaves 2 unsatisfiable; turn 3 a3 until 61
    1 hold 4 a*2 -> sold_out 1  // can never be served: it does not join
    1 hold 4 a -> standby #1; waits 4 a
  )");
}

TEST(standby, bundles_wait_in_every_line_and_are_served_at_the_head_of_all) {
  run(R"(
    sale per_buyer=2
    item a stock=1
    item b stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a -> granted; hold 1 a1 until 60
    0 hold 2 b -> granted; hold 2 b1 until 60
    0 hold 3 a -> standby #1; waits 3 a
    0 hold 4 a+b -> standby #2; waits 4 a+b
    0 hold 5 b -> standby #2; waits 5 b
    1 release 2 -> done; released 2  // b is free; 4 is not at the head of a yet
    2 release 1 -> done; released 1; turn 3 a1 until 62
    3 release 3 -> done; released 3; turn 4 a1,b1 until 63
  )");
}

TEST(standby, has_the_capacity_of_its_item) {
  run(R"(
    item a stock=1 standby=1
    item b stock=1 standby=0
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a -> standby #1; waits 2 a
    0 hold 3 a -> sold_out 1
    0 hold 4 b
    0 hold 5 b -> sold_out 1
  )");
}

TEST(standby, waits_while_paused_and_is_served_on_resumption) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a -> standby #1; waits 2 a
    1 pause -> done; open>paused staff
    60 tick -> -; expired 1
    61 tick -> -
    70 resume -> done; paused>open staff; turn 2 a1 until 130
  )");
}

TEST(standby, is_kept_after_closing_until_nothing_can_come_back) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    0 hold 3 a -> standby #1; waits 3 a
    0 hold 4 a -> standby #2; waits 4 a
    0 hold 5 a -> standby #3; waits 5 a
    1 close -> done; open>closed staff
    2 release 1 -> done; released 1; turn 3 a1 until 62
    3 pay 2
    3 captured 2 -> done; captured 2 100 fulfilled
    4 pay 3
    4 captured 3 -> done; captured 3 100 fulfilled; leaves 4 sold_out; leaves 5 sold_out; closed>settled drained
  )");
}

TEST(standby, is_told_when_everything_is_paid_for_and_the_sale_closes_by_itself) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a -> standby #1; waits 2 a
    1 pay 1
    2 captured 1 -> done; captured 1 100 fulfilled; open>closed sold_out; leaves 2 sold_out; closed>settled drained
    3 hold 2 a -> closed
  )");
}

TEST(standby, of_an_item_that_is_paid_for_is_told_while_other_items_go_on) {
  run(R"(
    item a stock=1
    item b stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a key=3 -> standby #1; waits 2 a
    1 pay 1
    2 captured 1 -> done; captured 1 100 fulfilled; leaves 2 sold_out
    2 hold 2 a key=3 -> sold_out again 0
    3 hold 3 a -> sold_out 0
    3 restock a 1 -> done; restocked a 1
    4 hold 3 a -> granted; hold 3 a2 until 64
  )");
}

TEST(standby, leaving_a_line_that_one_is_not_in_is_not_found) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 leave 1 -> not_found
    0 leave 7 -> not_found
  )");
}

}  // namespace
}  // namespace onrush::sale::test
