// Payments, late money, refunds: as scenario tables (scenario.h).
#include <gtest/gtest.h>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

TEST(payment, a_repeat_cannot_start_a_second_one) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1 -> done; payment 1 100
    2 pay 1 -> done again
    3 unknown 1 -> done; payment unknown 1
    4 unknown 1 -> done again
    5 pay 1 -> done again
    6 captured 1 -> done; captured 1 100 fulfilled
    7 captured 1 -> done again
    8 declined 1 -> done again
    9 unknown 1 -> done again
    9 pay 1 -> wrong_state paid
    9 release 1 -> wrong_state paid
    9 pay 7 -> not_found
    9 captured 7 5 -> not_found
    9 returned 1 -> wrong_state paid
  )");
}

TEST(payment, a_refusal_ends_the_hold_by_default) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a -> standby #1; waits 2 a
    1 pay 1
    2 declined 1 -> done; payment declined 1; declined 1; turn 2 a1 until 62
    3 declined 1 -> done again
  )");
}

TEST(payment, a_refusal_may_leave_another_try) {
  run(R"(
    sale decline_ends=no
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    2 declined 1 -> done; payment declined 1
    3 pay 1 -> done; payment 1 100
    4 captured 1/1 -> done; captured 1 100 fulfilled     // the first one after all: money wins
    5 captured 1/2 -> done; captured 1 100 refund; refund due 1 100 duplicate
    6 returned 1/2 -> done; refund settled 1 100
    6 returned 1/2 -> done again
  )");
}

TEST(payment, of_a_wrong_amount_goes_back_and_the_hold_stays) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    2 captured 1 0 -> invalid
    2 captured 1 -5 -> invalid
    2 captured 1 99 -> done; captured 1 99 refund; refund due 1 99 amount_mismatch
    3 pay 1 -> done; payment 1 100
    4 captured 1 -> done; captured 1 100 fulfilled
    9 returned 1/1 -> done; refund settled 1 99
  )");
}

TEST(payment, of_more_than_can_be_counted_is_invalid) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    1 pay 1
    1 pay 2
    2 captured 1
    3 captured 2 9223372036854775807 -> invalid
    4 captured 2 -> done; captured 2 100 fulfilled; open>closed sold_out; closed>settled drained
  )");
}

TEST(payment, of_an_order_is_tried_fifty_times_at_most) {
  std::string table = R"(
    sale decline_ends=no
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
  )";
  for (int i = 0; i < 50; ++i) table += "1 pay 1 -> done; payment 1 100\n1 declined 1\n";
  run(table + "2 pay 1 -> wrong_state awaiting_payment");
}

TEST(payment, is_started_only_by_the_buyer_of_the_order) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1 2 -> not_found
    2 pay 1 -> done; payment 1 100
  )");
}

TEST(payment, captured_after_the_deadline_but_before_the_tick_is_in_time) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    59 pay 1
    60 pay 2 -> wrong_state awaiting_payment
    61 captured 1 -> done; captured 1 100 fulfilled
    61 tick -> -; expired 2
  )");
}

TEST(late_money, gets_free_units_when_nobody_waits) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    60 tick -> -; expired 1
    61 captured 1 -> done; captured 1 100 fulfilled a2
    61 look 1 1 -> found paid a2
  )");
}

TEST(late_money, goes_back_when_others_have_the_units) {
  run(R"(
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    1 pay 1
    60 tick -> -; expired 1; turn 2 a1 until 120
    61 captured 1 -> done; captured 1 100 refund; refund due 1 100 late
    62 pay 2
    63 captured 2 -> done; captured 2 100 fulfilled; open>closed sold_out
    64 tick -> -
    65 returned 1 -> done; refund settled 1 100; closed>settled drained
  )");
}

TEST(late_money, goes_back_always_by_policy_refund) {
  run(R"(
    sale late=refund
    item a stock=5
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    2 release 1
    3 captured 1 -> done; captured 1 100 refund; refund due 1 100 late
  )");
}

TEST(late_money, is_regranted_only_within_the_buyers_limits) {
  run(R"(
    item a stock=5
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    2 release 1
    3 hold 1 a -> granted; hold 1 a2 until 63
    4 captured 1.1 -> done; captured 1 100 refund; refund due 1 100 late
  )");
}

TEST(late_money, waits_in_front_of_the_line_by_policy_standby) {
  run(R"(
    sale late=standby
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    0 hold 3 a -> standby #1; waits 3 a
    0 hold 4 a -> standby #2; waits 4 a
    0 hold 5 a -> standby #3; waits 5 a
    1 pay 1
    1 pay 2
    60 tick -> -; expired 1; expired 2; turn 3 a1 until 120; turn 4 a2 until 120
    61 captured 1 -> done; captured 1 100 standby
    61 captured 2 -> done; captured 2 100 standby
    61 mine 5 -> found orders=0 standby=1 #3
    62 captured 1 -> done again
    70 release 3 -> done; released 3; late turn 1 a1
    71 pay 4
    71 captured 4 -> done; captured 4 100 fulfilled; open>closed sold_out; refund due 2 100 no_unit_left; leaves 5 sold_out
    72 returned 2 -> done; refund settled 2 100; closed>settled drained
  )");
}

TEST(late_money, in_paid_standby_can_be_refunded_by_staff_and_a_second_payment_is_a_duplicate) {
  run(R"(
    sale late=standby decline_ends=no
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    1 pay 1
    2 declined 1
    3 pay 1
    60 tick -> -; expired 1; turn 2 a1 until 120
    61 captured 1/2 -> done; captured 1 100 standby
    62 captured 1/1 -> done; captured 1 100 refund; refund due 1 100 duplicate
    63 refund 1 -> done; order refunded 1; refund due 1 100 staff
    64 refund 1 -> done again
    64 hold 3 a -> standby #1; waits 3 a
  )");
}

TEST(late_money, of_a_settled_sale_goes_back) {
  run(R"(
    sale closes=10 late=standby
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1
    2 release 1
    10 tick -> -; open>closed schedule; closed>settled drained
    11 captured 1 -> done; captured 1 100 refund; refund due 1 100 late
    12 returned 1 -> done; refund settled 1 100
  )");
}

TEST(late_money, for_a_bundle_waits_until_all_of_it_is_free) {
  run(R"(
    sale late=standby per_buyer=2
    item a stock=1
    item b stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a+b -> granted; hold 1 a1,b1 until 60
    1 pay 1
    60 tick -> -; expired 1
    61 hold 2 a
    62 hold 3 b
    63 captured 1 -> done; captured 1 200 standby
    64 release 2 -> done; released 2
    65 hold 4 a -> standby #2; waits 4 a
    66 release 3 -> done; released 3; late turn 1 a1,b1; open>closed sold_out; leaves 4 sold_out; closed>settled drained
  )");
}

TEST(late_money, stands_in_front_of_a_waiting_bundle_in_each_of_its_lines) {
  run(R"(
    sale late=standby per_buyer=2
    item a stock=1
    item b stock=1
    0 define
    0 announce
    0 open
    0 hold 1 b
    1 pay 1
    60 tick -> -; expired 1
    61 hold 2 a+b
    62 captured 1 -> done; captured 1 100 standby
    63 hold 3 a+b -> standby #2; waits 3 a+b
    64 release 2 -> done; released 2; late turn 1 b1; leaves 3 sold_out
  )");
}

TEST(late_money, for_a_bundle_waits_for_its_turn_in_each_line) {
  run(R"(
    sale late=standby per_buyer=2
    item a stock=1
    item b stock=1
    0 define
    0 announce
    0 open
    0 hold 1 b
    1 pay 1
    60 tick -> -; expired 1
    61 hold 2 a+b
    62 pay 2
    121 tick -> -; expired 2
    122 hold 3 a+b
    123 captured 1 -> done; captured 1 100 standby
    124 captured 2 -> done; captured 2 200 standby
    125 release 3 -> done; released 3; late turn 1 b1; refund due 2 200 no_unit_left
  )");
}

TEST(confirmation, books_without_money) {
  run(R"(
    sale payment=confirmation
    item a stock=3
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 pay 1 -> wrong_state awaiting_payment
    2 confirm 1 -> done; confirmed 1
    3 confirm 1 -> done again
    4 refund 1 -> done; order refunded 1
    5 confirm 1 -> wrong_state refunded
    5 confirm 9 -> not_found
  )");
}

TEST(confirmation, is_for_the_buyer_of_the_order) {
  run(R"(
    sale payment=confirmation
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    1 confirm 1 2 -> not_found
    2 confirm 1 -> done; confirmed 1; open>closed sold_out; closed>settled drained
  )");
}

TEST(confirmation, needs_a_payment_where_money_is_taken_unless_staff_or_free_of_charge) {
  run(R"(
    item a stock=3
    item b stock=3 price=0
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 b
    1 confirm 1 -> payment_needed
    1 confirm 1 staff -> done; confirmed 1 by ann
    1 pay 2 -> wrong_state awaiting_payment
    1 confirm 2 -> done; confirmed 2
  )");
}

TEST(refund, frees_the_units_for_those_who_wait) {
  run(R"(
    sale per_buyer=2
    item a stock=2 per=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    0 hold 3 a -> standby #1; waits 3 a
    1 pay 1
    1 captured 1
    2 refund 1 -> done; order refunded 1; refund due 1 100 staff; turn 3 a1 until 62
    3 returned 1 -> done; refund settled 1 100
    4 refund 2 -> wrong_state awaiting_payment
    4 refund 9 -> not_found
  )");
}

}  // namespace
}  // namespace onrush::sale::test
