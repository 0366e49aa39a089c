#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "adapters/sql/connection.h"
#include "adapters/sql/sql_stores.h"
#include "unit/sql/histories.h"

namespace onrush {
namespace {

using namespace onrush::testing;
namespace event = sale::event;
using sale::BuyerId;
using sale::Money;
using sale::OrderId;
using sale::OrderState;
using sale::PaymentId;
using sale::PaymentState;
using sale::SaleNo;
using sale::StandbyId;

constexpr SaleNo kSale{1};

std::unique_ptr<sql::ReadModel> open_in(const PrivateDirectory& directory) {
  auto model = sql::open_read_model({directory.path(), 2, Millis{5'000}});
  if (!model) throw std::runtime_error(model.error().message);
  return std::move(*model);
}

std::string dump_of(sql::ReadModel& model) {
  std::ostringstream out;
  const auto dumped = model.dump(out);
  EXPECT_TRUE(dumped) << dumped.error().message;
  return out.str();
}

void apply_all(sql::ReadModel& model, const History& history) {
  const auto applied = model.apply(history.batches());
  ASSERT_TRUE(applied) << applied.error().message;
}

std::uint32_t test_seed() {
  const char* given = std::getenv("ONRUSH_TEST_SEED");
  const std::uint32_t seed =
      given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  std::cout << "ONRUSH_TEST_SEED=" << seed << '\n';
  return seed;
}

TEST(ReadModel, is_empty_at_first) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  EXPECT_EQ(model->position().value(), 0u);
  EXPECT_TRUE(model->orders({}).value().empty());
  EXPECT_FALSE(model->order(OrderId{1}).value());
}

TEST(ReadModel, an_order_has_its_units_titles_money_and_times) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  auto hold = grant(50, 7, 17);
  hold.units.push_back({sale::ItemNo{1}, sale::UnitNo{3}});
  history.batch({define_example()}).batch({hold}).batch({start_payment(60, 50, 7)});
  history.batch({capture(60, 50, 7)});
  apply_all(*model, history);

  const auto order = model->order(OrderId{50}).value();
  ASSERT_TRUE(order);
  EXPECT_EQ(order->sale_key, "618");
  EXPECT_EQ(order->sale_title_zh, "年中大促");
  EXPECT_EQ(order->buyer, BuyerId{7});
  EXPECT_EQ(order->state, OrderState::paid);
  EXPECT_EQ(to_millis(order->created_at), kEpoch + 1);
  EXPECT_EQ(to_millis(order->updated_at), kEpoch + 3);
  EXPECT_EQ(order->amount, Money{9'900});
  EXPECT_EQ(order->currency, "CNY");
  EXPECT_EQ(order->version, 2u);
  ASSERT_EQ(order->units.size(), 2u);
  EXPECT_EQ(order->units[0].item_key, "power-bank");
  EXPECT_EQ(order->units[0].unit, 17u);
  EXPECT_EQ(order->units[1].item_title, "Phone 100%");

  const auto payments = model->payments_of(OrderId{50}).value();
  ASSERT_EQ(payments.size(), 1u);
  EXPECT_EQ(payments[0].state, PaymentState::captured);
  EXPECT_EQ(payments[0].captured, Money{9'900});
  EXPECT_EQ(payments[0].refund_reason, "");
}

TEST(ReadModel, every_division_into_transactions_gives_the_same_bytes) {
  const std::uint32_t seed = test_seed();
  const History history = random_history(seed, 6'000);
  const auto& batches = history.batches();

  const PrivateDirectory at_once_directory;
  const auto at_once = open_in(at_once_directory);
  apply_all(*at_once, history);
  const std::string expected = dump_of(*at_once);
  ASSERT_GT(expected.size(), 100'000u);

  const PrivateDirectory singly_directory;
  const auto singly = open_in(singly_directory);
  for (const auto& batch : batches) {
    const auto applied = singly->apply(std::span(&batch, 1));
    ASSERT_TRUE(applied) << applied.error().message;
  }
  EXPECT_TRUE(dump_of(*singly) == expected) << "one batch at a time";

  const PrivateDirectory pieces_directory;
  const auto pieces = open_in(pieces_directory);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < batches.size();) {
    const auto size = std::min<std::size_t>(batches.size() - i, 1 + random() % 300);
    const auto applied = pieces->apply(std::span(batches).subspan(i, size));
    ASSERT_TRUE(applied) << applied.error().message;
    i += size;
  }
  EXPECT_TRUE(dump_of(*pieces) == expected) << "random pieces";
}

TEST(ReadModel, a_rebuilt_one_equals_the_first) {
  const History history = random_history(test_seed(), 3'000);
  const PrivateDirectory directory;
  std::string expected;
  {
    const auto model = open_in(directory);
    apply_all(*model, history);
    expected = dump_of(*model);
  }
  MemoryJournal journal(history.batches());
  const auto position = sql::rebuild_read_model({directory.path()}, journal);
  ASSERT_TRUE(position) << position.error().message;
  EXPECT_EQ(*position, history.last_seq());
  const auto model = open_in(directory);
  EXPECT_TRUE(dump_of(*model) == expected);
}

TEST(ReadModel, a_repeat_is_skipped_an_overlap_and_a_gap_are_corrupt) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()}).batch({grant(50, 7, 1), grant(51, 8, 2)});
  apply_all(*model, history);
  const std::string before = dump_of(*model);
  apply_all(*model, history);
  EXPECT_EQ(dump_of(*model), before);

  ports::JournalBatch overlap = history.batches()[1];
  overlap.events.push_back(grant(52, 9, 3));
  const auto overlapped = model->apply(std::span(&overlap, 1));
  ASSERT_FALSE(overlapped);
  EXPECT_EQ(overlapped.error().kind, ErrorKind::corrupt);

  History later(5);  // the position is 3
  later.batch({grant(52, 9, 3)});
  const auto gap = model->apply(later.batches());
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(dump_of(*model), before);
}

TEST(ReadModel, a_failed_apply_leaves_nothing_behind) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()}).batch({grant(50, 7, 1)});
  apply_all(*model, history);
  const std::string before = dump_of(*model);

  History wrong(3);  // restocks, then ends a hold that nobody was granted
  wrong.batch({event::Restocked{kSale, sale::ItemNo{0}, 5, "olga"},
               event::HoldEnded{kSale, OrderId{99}, BuyerId{7}, event::HoldEnd::expired}});
  const auto applied = model->apply(wrong.batches());
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(dump_of(*model), before);

  History right(3);  // the stock in memory must not keep the restock that was undone
  right.batch({event::Restocked{kSale, sale::ItemNo{0}, 1, "olga"}});
  apply_all(*model, right);
  EXPECT_NE(dump_of(*model).find("items\t1\t0\tpower-bank\tPower bank 20000 mAh\t充电宝\t1001\t"),
            std::string::npos);
}

// A repeated row would speak up by itself; not everything makes one.
TEST(ReadModel, an_overlap_that_repeats_no_row_is_corrupt_too) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  const event::PhaseChanged lobby{
      kSale, sale::Phase::announced, sale::Phase::lobby, sale::PhaseReason::schedule, "", ""};
  const event::PhaseChanged open{
      kSale, sale::Phase::lobby, sale::Phase::open, sale::PhaseReason::schedule, "", ""};
  History history;
  history.batch({define_example()}).batch({lobby});
  apply_all(*model, history);
  const std::string before = dump_of(*model);
  ports::JournalBatch overlap = history.batches()[1];
  overlap.events.emplace_back(open);
  const auto applied = model->apply(std::span(&overlap, 1));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(dump_of(*model), before);
}

TEST(ReadModel, a_change_of_an_order_that_does_not_arrive_is_corrupt) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()}).batch({grant(50, 7, 1)});
  apply_all(*model, history);
  const std::string before = dump_of(*model);
  sql::Connection outside(directory.path() / "read_model.db", sql::Durability::ordered,
                          Millis{5'000});
  outside.run("CREATE TRIGGER stuck BEFORE UPDATE ON orders BEGIN SELECT RAISE(IGNORE); END");
  History next(3);
  next.batch({event::HoldEnded{kSale, OrderId{50}, BuyerId{7}, event::HoldEnd::expired}});
  const auto applied = model->apply(next.batches());
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(dump_of(*model), before);
}

// Else a crash between the two would apply a batch twice, or never.
TEST(ReadModel, rows_and_position_are_stored_together_or_not_at_all) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()}).batch({grant(50, 7, 1)});
  apply_all(*model, history);
  const std::string before = dump_of(*model);

  sql::Connection outside(directory.path() / "read_model.db", sql::Durability::ordered,
                          Millis{5'000});
  outside.run(
      "CREATE TRIGGER no_position BEFORE INSERT ON position "
      "BEGIN SELECT RAISE(ABORT, 'no'); END");
  History next(3);
  next.batch({grant(51, 8, 2)});
  EXPECT_FALSE(model->apply(next.batches()));
  EXPECT_EQ(dump_of(*model), before);

  outside.run("DROP TRIGGER no_position");
  apply_all(*model, next);
  EXPECT_EQ(model->position().value(), 3U);
}

TEST(ReadModel, an_order_granted_twice_is_corrupt) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()}).batch({grant(50, 7, 1)});
  apply_all(*model, history);
  History again(3);
  again.batch({grant(50, 8, 2)});
  const auto applied = model->apply(again.batches());
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::corrupt);
  // An id of somebody's order is not for an error message.
  EXPECT_EQ(applied.error().message.find("INSERT"), std::string::npos);
}

TEST(ReadModel, late_money_ends_in_units_or_goes_back) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example(), grant(50, 7, 1), start_payment(60, 50, 7)});
  history.batch({event::HoldEnded{kSale, OrderId{50}, BuyerId{7}, event::HoldEnd::expired}});
  history.batch({capture(60, 50, 7, event::MoneyUse::standby)});
  apply_all(*model, history);
  EXPECT_EQ(model->order(OrderId{50}).value()->state, OrderState::paid_standby);

  History fulfilled(history.last_seq() + 1);
  fulfilled.batch({event::LateOrderFulfilled{
      kSale, PaymentId{60}, OrderId{50}, BuyerId{7}, {{sale::ItemNo{0}, sale::UnitNo{44}}}}});
  apply_all(*model, fulfilled);
  auto order = model->order(OrderId{50}).value();
  EXPECT_EQ(order->state, OrderState::paid);
  ASSERT_EQ(order->units.size(), 1u);
  EXPECT_EQ(order->units[0].unit, 44u);
  EXPECT_EQ(order->version, 4u);

  History back(fulfilled.last_seq() + 1);
  back.batch({event::OrderRefunded{kSale, OrderId{50}, BuyerId{7}, "sam", "broken"},
              event::RefundDue{kSale, PaymentId{60}, OrderId{50}, BuyerId{7}, Money{9'900},
                               event::RefundReason::staff}});
  apply_all(*model, back);
  EXPECT_EQ(model->order(OrderId{50}).value()->state, OrderState::refunded);
  const auto due = model->refunds_due(10).value();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].payment, PaymentId{60});
  EXPECT_EQ(due[0].refund_reason, "staff");

  History settled(back.last_seq() + 1);
  settled.batch(
      {event::RefundSettled{kSale, PaymentId{60}, OrderId{50}, BuyerId{7}, Money{9'900}}});
  apply_all(*model, settled);
  EXPECT_TRUE(model->refunds_due(10).value().empty());
  EXPECT_EQ(model->payments_of(OrderId{50}).value()[0].state, PaymentState::refunded);
}

TEST(ReadModel, a_late_payer_who_waits_in_vain_has_a_refunded_order) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example(), grant(50, 7, 1), start_payment(60, 50, 7)});
  history.batch({event::HoldEnded{kSale, OrderId{50}, BuyerId{7}, event::HoldEnd::expired},
                 capture(60, 50, 7, event::MoneyUse::standby)});
  history.batch({event::RefundDue{kSale, PaymentId{60}, OrderId{50}, BuyerId{7}, Money{9'900},
                                  event::RefundReason::no_unit_left}});
  apply_all(*model, history);
  EXPECT_EQ(model->order(OrderId{50}).value()->state, OrderState::refunded);
}

TEST(ReadModel, a_second_payment_that_goes_back_leaves_the_order_alone) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example(), grant(50, 7, 1), start_payment(60, 50, 7),
                 start_payment(61, 50, 7), capture(60, 50, 7)});
  history.batch({capture(61, 50, 7, event::MoneyUse::refund),
                 event::RefundDue{kSale, PaymentId{61}, OrderId{50}, BuyerId{7}, Money{9'900},
                                  event::RefundReason::duplicate}});
  apply_all(*model, history);
  const auto order = model->order(OrderId{50}).value();
  EXPECT_EQ(order->state, OrderState::paid);
  EXPECT_EQ(order->version, 2u);
}

TEST(ReadModel, open_payments_are_those_without_an_outcome_oldest_first) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example(), grant(50, 7, 1), grant(51, 8, 2), grant(52, 9, 3)});
  history.batch({start_payment(62, 52, 9)});
  history.batch({start_payment(60, 50, 7)});
  history.batch({start_payment(61, 51, 8), capture(61, 51, 8)});
  history.batch({event::PaymentUnknown{kSale, PaymentId{60}, OrderId{50}, BuyerId{7}}});
  apply_all(*model, history);
  const auto open = model->open_payments(from_millis(kEpoch + 100), 10).value();
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].payment, PaymentId{62});
  EXPECT_EQ(open[1].payment, PaymentId{60});
  EXPECT_EQ(open[1].state, PaymentState::unknown);
  EXPECT_EQ(model->open_payments(from_millis(kEpoch + 2), 10).value().size(), 1u);
}

TEST(ReadModel, acts_of_staff_are_listed_newest_first_and_nobody_elses) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()});
  history.batch({event::PhaseChanged{kSale, sale::Phase::draft, sale::Phase::open,
                                     sale::PhaseReason::schedule, "", ""}});
  history.batch({event::PhaseChanged{kSale, sale::Phase::open, sale::Phase::paused,
                                     sale::PhaseReason::staff, "sam", "lights out"}});
  history.batch({grant(50, 7, 1), event::OrderConfirmed{kSale, OrderId{50}, BuyerId{7}, "sam"}});
  apply_all(*model, history);
  const auto acts = model->staff_acts({}).value();
  ASSERT_EQ(acts.size(), 3u);
  EXPECT_EQ(acts[0].act, "confirm");
  EXPECT_EQ(acts[0].detail, "order 50");
  EXPECT_EQ(acts[1].act, "pause");
  EXPECT_EQ(acts[1].actor, "sam");
  EXPECT_EQ(acts[1].detail, "lights out");
  EXPECT_EQ(acts[1].sale_key, "618");
  EXPECT_EQ(acts[2].act, "define");
  ports::StaffActQuery older;
  older.before_seq = acts[1].seq;
  EXPECT_EQ(model->staff_acts(older).value().size(), 1u);
}

TEST(ReadModel, acts_of_staff_are_filtered_by_sale_act_and_actor) {
  const PrivateDirectory directory;
  const auto model = open_in(directory);
  History history;
  history.batch({define_example()});
  history.batch({event::PhaseChanged{kSale, sale::Phase::open, sale::Phase::paused,
                                     sale::PhaseReason::staff, "sam", ""}});
  history.batch({event::PhaseChanged{kSale, sale::Phase::paused, sale::Phase::open,
                                     sale::PhaseReason::staff, "ann", ""}});
  apply_all(*model, history);
  const auto found = [&](std::string sale, std::string act, std::string actor) {
    return model->staff_acts({std::move(sale), std::move(act), std::move(actor)}).value().size();
  };
  EXPECT_EQ(found("", "", ""), 3u);
  EXPECT_EQ(found("618", "", ""), 3u);
  EXPECT_EQ(found("617", "", ""), 0u);
  EXPECT_EQ(found("", "pause", ""), 1u);
  EXPECT_EQ(found("", "", "ann"), 1u);
  EXPECT_EQ(found("618", "pause", "sam"), 1u);
  EXPECT_EQ(found("618", "pause", "ann"), 0u);
  EXPECT_EQ(found("' OR 1=1 --", "", ""), 0u);
}

TEST(ReadModel, damaged_files_are_reported_and_can_be_deleted) {
  const PrivateDirectory directory;
  { std::ofstream(directory.path() / "read_model.db") << std::string(8'192, 'x'); }
  const auto opened = sql::open_read_model({directory.path()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
  EXPECT_NE(opened.error().message.find("read_model.db"), std::string::npos);
  ASSERT_TRUE(sql::delete_read_model({directory.path()}));
  EXPECT_TRUE(sql::open_read_model({directory.path()}));
}

TEST(ReadModel, is_kept_when_it_is_opened_again) {
  const PrivateDirectory directory;
  History history;
  history.batch({define_example(), grant(50, 7, 1)});
  {
    const auto model = open_in(directory);
    apply_all(*model, history);
  }
  const auto model = open_in(directory);
  EXPECT_EQ(model->position().value(), 2u);
  History more(3);  // needs the sale and the order that only the database knows
  more.batch({event::HoldEnded{kSale, OrderId{50}, BuyerId{7}, event::HoldEnd::released}});
  apply_all(*model, more);
  EXPECT_EQ(model->order(OrderId{50}).value()->state, OrderState::released);
}

}  // namespace
}  // namespace onrush
