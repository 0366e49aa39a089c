// Acts of staff on a sale: as scenario tables (scenario.h).
#include <gtest/gtest.h>

#include "scenario.h"

namespace onrush::sale::test {
namespace {

TEST(phase, acts_lead_on_repeats_are_harmless_and_wrong_ones_are_refused) {
  run(R"(
    sale lobby=10 opens=20 closes=100
    item a stock=2
    0 define -> done; defined
    0 define -> done again
    0 open -> wrong_state draft
    0 pause -> wrong_state draft
    0 close -> wrong_state draft
    0 announce -> done; draft>announced staff
    0 announce -> done again
    0 resume -> wrong_state announced
    1 open -> done; announced>open staff
    1 open -> done again
    1 resume -> done again
    1 announce -> wrong_state open
    2 pause -> done; open>paused staff
    2 pause -> done again
    2 open -> wrong_state paused
    3 resume -> done; paused>open staff
    4 close -> done; open>closed staff; closed>settled drained
    5 close -> done again
    5 open -> wrong_state settled
    5 cancel -> wrong_state settled
  )");
}

TEST(phase, a_late_tick_makes_up_for_the_schedule) {
  run(R"(
    sale lobby=10 opens=20 closes=100
    item a stock=2
    0 define
    50 announce
    50 tick -> -; announced>lobby schedule; lobby>open schedule
    100 tick -> -; open>closed schedule; closed>settled drained
  )");
  run(R"(
    sale lobby=10 opens=20 closes=100
    item a stock=2
    0 define
    0 announce
    200 tick -> -; announced>closed schedule; closed>settled drained
  )");
}

TEST(phase, a_sale_whose_time_is_over_cannot_be_announced) {
  run(R"(
    sale closes=100
    item a stock=2
    0 define
    100 announce -> wrong_state draft
    100 tick -> -
  )");
}

TEST(phase, a_paused_sale_closes_on_time) {
  run(R"(
    sale closes=100
    item a stock=2
    0 define
    0 announce
    0 open
    1 pause
    100 tick -> -; paused>closed schedule; closed>settled drained
  )");
}

TEST(cancel, ends_holds_tells_standby_and_refunds_paid_orders) {
  run(R"(
    sale late=standby
    item a stock=3
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    0 hold 3 a
    0 hold 4 a -> standby #1; waits 4 a
    1 pay 1
    1 captured 1
    1 pay 2
    1 confirm 3 staff
    2 cancel -> done; open>closed cancelled; order refunded 1; refund due 1 100 cancelled; cancelled 2; order refunded 3; leaves 4 closed
    2 cancel -> done again
    3 captured 2 -> done; captured 2 100 refund; refund due 2 100 late
    3 restock a 1 -> wrong_state closed
    4 returned 1 -> done; refund settled 1 100
    5 returned 2 -> done; refund settled 2 100; closed>settled drained
  )");
}

TEST(cancel, refunds_late_money_that_waits) {
  run(R"(
    sale late=standby
    item a stock=1
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    1 pay 1
    60 tick
    61 captured 1 -> done; captured 1 100 standby
    62 close -> done; open>closed staff
    63 cancel -> done; closed>closed cancelled; order refunded 1; refund due 1 100 cancelled; cancelled 2
  )");
}

TEST(cancel, of_a_draft_settles_it) {
  run("item a stock=1\n 0 define\n 0 cancel -> done; draft>closed cancelled; closed>settled "
      "drained");
}

TEST(restock, serves_those_who_wait_and_revives_selling) {
  run(R"(
    item a stock=1
    0 define
    0 restock a 0 -> invalid
    0 restock a 10000000 -> invalid
    0 restock zzz 1 -> invalid
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a -> standby #1; waits 2 a
    1 restock a 2 -> done; restocked a 2; turn 2 a2 until 61
    1 hold 3 a -> granted; hold 3 a3 until 61
  )");
}

TEST(restock, reopens_a_sale_that_closed_because_it_was_sold_out) {
  run(R"(
    item a stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a
    0 hold 2 a
    1 pay 1
    1 captured 1
    1 pay 2
    2 captured 2 99
    3 pay 2
    3 captured 2 -> done; captured 2 100 fulfilled; open>closed sold_out
    4 restock a 1 -> done; restocked a 1; closed>open staff
    4 hold 3 a -> granted; hold 3 a3 until 64
    5 close
    6 restock a 1 -> wrong_state closed
  )");
}

TEST(reschedule, moves_the_opening_only_before_it) {
  run(R"(
    sale lobby=10 opens=20 closes=100
    item a stock=1
    0 define
    0 reschedule 10 20 100 -> done again
    0 reschedule 30 20 100 -> invalid
    0 reschedule 10 20 20 -> invalid
    0 announce
    0 reschedule 5 30 100 -> done; rescheduled
    5 tick -> -; announced>lobby schedule
    29 tick -> -
    30 tick -> -; lobby>open schedule
    31 reschedule 5 40 100 -> wrong_state open
    31 reschedule 5 30 200 -> done; rescheduled
    100 tick -> -
    200 tick -> -; open>closed schedule; closed>settled drained
    201 reschedule 5 30 300 -> wrong_state settled
  )");
}

TEST(define, replaces_a_sale_that_is_only_announced) {
  run(R"(
    sale opens=10 lobby=10
    item a stock=1
    0 define -> done; defined
    0 announce
    item b stock=2
    1 define -> done; defined
    10 tick -> -; announced>lobby schedule; lobby>open schedule
    11 hold 1 b -> granted; hold 1 b1 until 71
    12 define -> done again
    item c stock=1
    12 define -> wrong_state open
  )");
}

TEST(define, names_what_is_wrong_with_the_rules) {
  Book book;
  std::vector<Event> out;
  SaleRules rules = simple_rules();
  rules.items[0].stock = 0;
  const Outcome outcome =
      book.apply(command::DefineSale{std::make_shared<SaleRules>(rules), "ann"}, kStart, out);
  EXPECT_EQ(outcome.verdict, Verdict::invalid);
  EXPECT_EQ(outcome.message, "items[0].stock: must be 1..10000000");
  EXPECT_TRUE(out.empty());
}

TEST(define, a_sale_of_nothing_that_exists_is_not_found) {
  Book book;
  std::vector<Event> out;
  const auto verdict = [&](Command c) { return book.apply(c, kStart, out).verdict; };
  EXPECT_EQ(verdict(command::RequestHold{SaleNo{1}, BuyerId{1}, {}, 0, true}), Verdict::not_found);
  EXPECT_EQ(verdict(command::LeaveStandby{SaleNo{0}, BuyerId{1}, {}}), Verdict::not_found);
  EXPECT_EQ(verdict(command::LookUpBuyer{SaleNo{7}, BuyerId{1}}), Verdict::not_found);
  EXPECT_EQ(verdict(command::ChangePhase{SaleNo{1}, command::PhaseAct::open, "", ""}),
            Verdict::not_found);
  EXPECT_EQ(verdict(command::Restock{SaleNo{1}, ItemNo{0}, 1, ""}), Verdict::not_found);
  EXPECT_EQ(verdict(command::Reschedule{SaleNo{1}, {}, {}, {}, ""}), Verdict::not_found);
  EXPECT_EQ(verdict(command::DefineSale{}), Verdict::invalid);
  EXPECT_EQ(book.tick(kStart, out, 10), false);
  EXPECT_TRUE(out.empty());
}

TEST(book, reports_each_touched_sale_once) {
  Scenario s;
  s.run("item a stock=1\n 0 define\n 0 announce\n 0 open");
  EXPECT_EQ(s.book().take_touched(), std::vector{SaleNo{1}});
  EXPECT_TRUE(s.book().take_touched().empty());
  s.run("0 hold 1 a\n 1 hold 2 a nostandby");
  EXPECT_EQ(s.book().take_touched(), std::vector{SaleNo{1}});
  s.run("1 hold 2 a nostandby -> sold_out 1");
  EXPECT_TRUE(s.book().take_touched().empty());
}

TEST(book, telling_a_long_standby_line_is_spread_over_ticks) {
  Book book;
  std::vector<Event> out;
  SaleRules rules = simple_rules(1);
  rules.items[0].standby_capacity = 5'000;
  const SaleNo sale{1};
  (void)book.apply(command::DefineSale{std::make_shared<SaleRules>(rules), ""}, kStart, out);
  (void)book.apply(command::ChangePhase{sale, command::PhaseAct::announce, "", ""}, kStart, out);
  (void)book.apply(command::ChangePhase{sale, command::PhaseAct::open, "", ""}, kStart, out);
  const Outcome held =
      book.apply(command::RequestHold{sale, BuyerId{1}, {{ItemNo{0}, 1}}, 0, true}, kStart, out);
  for (std::uint64_t b = 2; b < 5'002; ++b) {
    (void)book.apply(command::RequestHold{sale, BuyerId{b}, {{ItemNo{0}, 1}}, 0, true}, kStart,
                     out);
  }
  EXPECT_EQ(book.counts(sale, ItemNo{0}).standby, 5'000U);
  const Outcome pay = book.apply(command::StartPayment{held.order.order, BuyerId{1}}, kStart, out);
  out.clear();
  (void)book.apply(
      command::SettlePayment{pay.payment, command::PaymentStatus::captured, Money{100}}, kStart,
      out);
  EXPECT_LT(out.size(), 1'200U);
  EXPECT_EQ(book.phase(sale), Phase::closed);
  std::size_t ticks = 0;
  while (book.next_due() && *book.next_due() <= kStart) {
    out.clear();
    (void)book.tick(kStart, out, 1'000);
    EXPECT_LE(out.size(), 1'001U);
    ASSERT_LT(++ticks, 20U);
  }
  EXPECT_GE(ticks, 3U);
  EXPECT_EQ(book.phase(sale), Phase::settled);
  EXPECT_EQ(book.check_invariants(), "");
}

}  // namespace
}  // namespace onrush::sale::test
