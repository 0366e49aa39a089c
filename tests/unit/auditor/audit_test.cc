// Journals with one fault each, and good ones. The good ones are what the state machine decides by
// itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "auditor/audit.h"
#include "journal_builder.h"
#include "sale/book.h"

namespace onrush::auditor {
namespace {

using namespace sale;         // NOLINT
using namespace sale::event;  // NOLINT

constexpr std::int64_t kT0 = 1'763'800'000'000;
constexpr SaleNo kSale{1};
constexpr ItemNo kItem{0};

RulesPtr rules(std::uint32_t stock = 3, std::uint16_t per_buyer = 1,
               LateMoney late = LateMoney::regrant_or_standby) {
  auto r = std::make_shared<SaleRules>();
  r->key = "s";
  r->title = {"Sale", ""};
  r->lobby_at = r->opens_at = from_millis(kT0 + 1'000);
  r->closes_at = from_millis(kT0 + 100'000'000);
  r->hold = Millis{10'000};
  r->per_buyer = per_buyer;
  r->late_money = late;
  ItemRules item;
  item.key = "thing";
  item.title = {"Thing", ""};
  item.stock = stock;
  item.price = {100};
  item.per_buyer = per_buyer;
  item.standby_capacity = 100;
  r->items.push_back(item);
  return r;
}

// Events of one sale, one batch each, a second apart unless said otherwise.
struct History {
  explicit History(RulesPtr r = rules(), bool open = true) {
    now({SaleDefined{kSale, r, "boss"}});
    now({PhaseChanged{kSale, Phase::draft, Phase::announced, PhaseReason::staff, "boss", ""}});
    t += 2'000;
    if (open)
      now({PhaseChanged{kSale, Phase::announced, Phase::open, PhaseReason::schedule, "", ""}});
  }
  void now(std::vector<Event> events) { batches.push_back({t, std::move(events)}); }
  Event grant(std::uint64_t order, std::uint64_t buyer, std::uint32_t unit,
              std::uint64_t standby = 0) const {
    return HoldGranted{kSale, OrderId{order},          BuyerId{buyer}, StandbyId{standby},
                       0,     from_millis(t + 10'000), {100},          {{kItem, UnitNo{unit}}}};
  }
  static Event join(std::uint64_t standby, std::uint64_t buyer, std::uint16_t quantity = 1) {
    return StandbyJoined{kSale, StandbyId{standby}, BuyerId{buyer}, 0, {{kItem, quantity}}};
  }
  static Event ended(std::uint64_t order, std::uint64_t buyer, HoldEnd how) {
    return HoldEnded{kSale, OrderId{order}, BuyerId{buyer}, how};
  }
  static Event started(std::uint64_t payment, std::uint64_t order, std::uint64_t buyer) {
    return PaymentStarted{kSale, PaymentId{payment}, OrderId{order}, BuyerId{buyer}, {100}};
  }
  static Event captured(std::uint64_t payment, std::uint64_t order, std::uint64_t buyer,
                        std::int64_t amount = 100, MoneyUse use = MoneyUse::fulfilled,
                        Units units = {}) {
    return PaymentCaptured{kSale, PaymentId{payment}, OrderId{order}, BuyerId{buyer}, {amount}, use,
                           units};
  }
  AuditReport audited() const {
    JournalBuilder builder;
    for (const TestBatch& batch : batches) builder.add(batch);
    auto report = audit(builder.write());
    EXPECT_TRUE(report.has_value());
    return report ? *report : AuditReport{};
  }
  std::int64_t t = kT0;
  std::vector<TestBatch> batches;
};

testing::AssertionResult names(const AuditReport& report, const std::string& code) {
  const bool found = std::any_of(report.violations.begin(), report.violations.end(),
                                 [&](const Violation& v) { return v.code == code; });
  if (found && !report.passed() && report.exit_status() == 4) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no " << code << " in\n" << render_text(report);
}

std::uint64_t seed_of_run() {
  const char* given = std::getenv("ONRUSH_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'122;
  std::printf("ONRUSH_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// A random life of a sale, decided by the state machine.
std::vector<TestBatch> random_history(std::uint64_t seed, int steps) {
  std::mt19937_64 random{seed};
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Book book;
  std::vector<TestBatch> batches;
  std::int64_t t = kT0;
  std::vector<std::pair<OrderId, BuyerId>> orders;
  std::vector<PaymentId> payments;
  const auto apply = [&](const Command& command) {
    TestBatch batch{t, {}};
    while (book.tick(from_millis(t), batch.events, 1'000)) {
    }
    (void)book.apply(command, from_millis(t), batch.events);
    for (const Event& event : batch.events) {
      if (const auto* g = std::get_if<HoldGranted>(&event)) orders.emplace_back(g->order, g->buyer);
      if (const auto* p = std::get_if<PaymentStarted>(&event)) payments.push_back(p->payment);
    }
    if (!batch.events.empty()) batches.push_back(std::move(batch));
  };
  apply(command::DefineSale{rules(5, 3), "boss"});
  apply(command::ChangePhase{kSale, command::PhaseAct::announce, "boss", ""});
  t += 2'000;
  for (int i = 0; i < steps; ++i) {
    t += static_cast<std::int64_t>(below(1'500));
    const auto order =
        orders.empty() ? std::pair{OrderId{1}, BuyerId{1}} : orders[below(orders.size())];
    const PaymentId payment = payments.empty() ? PaymentId{1} : payments[below(payments.size())];
    const auto status = static_cast<command::PaymentStatus>(below(3));
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        apply(command::RequestHold{kSale,
                                   BuyerId{1 + below(12)},
                                   {{kItem, static_cast<std::uint16_t>(1 + below(2))}},
                                   0,
                                   true});
        break;
      case 3:
      case 4:
        apply(command::StartPayment{order.first, order.second});
        break;
      case 5:
        apply(command::SettlePayment{
            payment, status, {static_cast<std::int64_t>(100 * (1 + below(2)))}});
        break;
      case 6:
        apply(command::ReleaseHold{order.first, order.second});
        break;
      case 7:
        apply(command::SettleRefund{payment});
        break;
      default:
        if (below(3) == 0)
          apply(command::RefundOrder{order.first, "boss", "asked"});
        else
          apply(command::LeaveStandby{kSale, BuyerId{1 + below(12)}, StandbyId{}});
    }
  }
  return batches;
}

TEST(audit, a_sale_that_sold_out_passes_with_its_totals) {
  History h{rules(1)};
  h.now({h.grant(11, 1, 1), History::join(12, 2)});
  h.now({History::started(13, 11, 1)});
  h.now({History::captured(13, 11, 1),
         PhaseChanged{kSale, Phase::open, Phase::closed, PhaseReason::sold_out, "", ""},
         StandbyLeft{kSale, StandbyId{12}, BuyerId{2}, StandbyEnd::sold_out},
         PhaseChanged{kSale, Phase::closed, Phase::settled, PhaseReason::drained, "", ""}});
  const AuditReport report = h.audited();
  EXPECT_TRUE(report.passed()) << render_text(report);
  ASSERT_EQ(report.sales.size(), 1U);
  EXPECT_EQ(report.sales[0].items[0], (ItemTotals{"thing", 1, 0, 0, 1, 0}));
  EXPECT_EQ(report.sales[0].money, (MoneySums{100, 100, 0, 0, 0}));
  EXPECT_EQ(report.sales[0].orders.paid, 1U);
  EXPECT_EQ(report.sales[0].phase, "settled");
  EXPECT_NE(render_json(report).find("\"passed\":true"), std::string::npos);
}

TEST(audit, what_the_state_machine_decides_passes) {
  const std::uint64_t seed = seed_of_run();
  for (std::uint64_t i = 0; i < 40; ++i) {
    JournalBuilder builder;
    for (const TestBatch& batch : random_history(seed + i, 400)) builder.add(batch);
    const auto report = audit(builder.write());
    ASSERT_TRUE(report.has_value());
    ASSERT_TRUE(report->passed()) << "seed " << seed + i << "\n" << render_text(*report);
    EXPECT_EQ(report->head, to_hex(builder.chain));
    EXPECT_EQ(report->last_seq, builder.next_seq - 1);
  }
}

TEST(audit, a_unit_given_twice) {
  History h;
  h.now({h.grant(11, 1, 1), h.grant(12, 2, 1)});
  EXPECT_TRUE(names(h.audited(), "unit_owned_twice"));
}

TEST(audit, a_unit_that_does_not_exist) {
  for (const std::uint32_t unit : {0U, 4U}) {
    History h;
    h.now({h.grant(11, 1, unit)});
    EXPECT_TRUE(names(h.audited(), "unit_out_of_range"));
  }
}

TEST(audit, a_grant_before_the_opening) {
  History h{rules(), false};
  h.now({h.grant(11, 1, 1)});
  EXPECT_TRUE(names(h.audited(), "grant_while_not_open"));
}

TEST(audit, a_buyer_over_the_limit_of_the_sale_an_item_or_the_orders) {
  auto of_sale = std::make_shared<SaleRules>(*rules());
  of_sale->items[0].per_buyer = 5;
  History sale{of_sale};
  sale.now({sale.grant(11, 1, 1), sale.grant(12, 1, 2)});
  EXPECT_TRUE(names(sale.audited(), "buyer_limit"));

  auto of_item = std::make_shared<SaleRules>(*rules());
  of_item->per_buyer = 5;
  History item{of_item};
  item.now({item.grant(11, 1, 1), item.grant(12, 1, 2)});
  EXPECT_TRUE(names(item.audited(), "buyer_limit"));

  auto of_orders = std::make_shared<SaleRules>(*rules());
  of_orders->orders_per_buyer = 1;
  History orders{of_orders};
  orders.now({orders.grant(11, 1, 1), History::ended(11, 1, HoldEnd::released)});
  orders.now({orders.grant(12, 1, 2)});
  EXPECT_TRUE(names(orders.audited(), "buyer_limit"));
}

TEST(audit, a_grant_at_a_wrong_price) {
  History h;
  Event e = h.grant(11, 1, 1);
  std::get<HoldGranted>(e).amount.minor = 99;
  h.now({e});
  EXPECT_TRUE(names(h.audited(), "money"));
}

TEST(audit, more_in_standby_than_there_is_room_for) {
  auto small = std::make_shared<SaleRules>(*rules(1));
  small->items[0].standby_capacity = 1;
  History h{small};
  h.now({h.grant(11, 1, 1), History::join(12, 2), History::join(13, 3)});
  EXPECT_TRUE(names(h.audited(), "standby_full"));
}

TEST(audit, late_money_that_takes_a_unit_from_those_who_wait) {
  History h{rules(1)};
  h.now({h.grant(11, 1, 1), History::started(12, 11, 1), History::join(13, 2)});
  h.t += 10'000;
  h.now({History::ended(11, 1, HoldEnd::expired),
         History::captured(12, 11, 1, 100, MoneyUse::fulfilled, {{kItem, UnitNo{1}}})});
  EXPECT_TRUE(names(h.audited(), "standby_order"));
}

TEST(audit, a_refund_that_was_never_due) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({History::started(12, 11, 1), History::captured(12, 11, 1)});
  h.now({RefundSettled{kSale, PaymentId{12}, OrderId{11}, BuyerId{1}, {100}}});
  EXPECT_TRUE(names(h.audited(), "money"));
}

TEST(audit, a_grant_past_those_who_wait) {
  History h;
  h.now({h.grant(11, 1, 1), h.grant(12, 2, 2), h.grant(13, 3, 3), History::join(14, 4)});
  h.now({History::ended(11, 1, HoldEnd::released), h.grant(15, 5, 1)});
  EXPECT_TRUE(names(h.audited(), "standby_order"));
}

TEST(audit, standby_served_out_of_turn) {
  History h{rules(1)};
  h.now({h.grant(11, 1, 1), History::join(12, 2), History::join(13, 3)});
  h.now({History::ended(11, 1, HoldEnd::released), h.grant(14, 3, 1, 13)});
  EXPECT_TRUE(names(h.audited(), "standby_order"));
  // The same after the first has left is in order.
  h.batches.back().events = {StandbyLeft{kSale, StandbyId{12}, BuyerId{2}, StandbyEnd::left},
                             History::ended(11, 1, HoldEnd::released), h.grant(14, 3, 1, 13)};
  const AuditReport good = h.audited();
  EXPECT_TRUE(good.passed()) << render_text(good);
}

TEST(audit, a_hold_that_expired_too_early) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.t += 9'999;
  h.now({History::ended(11, 1, HoldEnd::expired)});
  EXPECT_TRUE(names(h.audited(), "expired_early"));
}

TEST(audit, a_hold_that_outlives_its_deadline) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.t += 15'002;
  h.now({h.grant(12, 2, 2)});
  EXPECT_TRUE(names(h.audited(), "hold_outlived"));
}

TEST(audit, a_deadline_other_than_the_rules_say) {
  History h;
  Event e = h.grant(11, 1, 1);
  std::get<HoldGranted>(e).deadline += Millis{1};
  h.now({e});
  EXPECT_TRUE(names(h.audited(), "deadline"));
}

TEST(audit, a_payment_captured_twice) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({History::started(12, 11, 1), History::captured(12, 11, 1), History::captured(12, 11, 1)});
  EXPECT_TRUE(names(h.audited(), "captured_twice"));
}

TEST(audit, an_order_fulfilled_by_a_wrong_amount) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({History::started(12, 11, 1), History::captured(12, 11, 1, 99)});
  EXPECT_TRUE(names(h.audited(), "money"));
}

TEST(audit, money_that_is_kept_for_nothing) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({History::started(12, 11, 1), History::captured(12, 11, 1, 100, MoneyUse::refund)});
  EXPECT_TRUE(names(h.audited(), "money"));
}

TEST(audit, an_order_that_ends_after_it_was_paid) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({History::started(12, 11, 1), History::captured(12, 11, 1)});
  h.t += 10'000;
  h.now({History::ended(11, 1, HoldEnd::expired)});
  EXPECT_TRUE(names(h.audited(), "order_state"));
}

TEST(audit, phases_in_a_wrong_order) {
  History h{rules(), false};
  h.now({PhaseChanged{kSale, Phase::announced, Phase::settled, PhaseReason::drained, "", ""}});
  EXPECT_TRUE(names(h.audited(), "phase"));
}

TEST(audit, an_opening_before_its_time) {
  History h{rules(), false};
  h.batches.push_back({kT0 + 2'000, {}});
  h.batches.back().events = {
      PhaseChanged{kSale, Phase::announced, Phase::open, PhaseReason::schedule, "", ""}};
  h.batches.back().time_ms = kT0 + 999;
  EXPECT_TRUE(names(h.audited(), "phase"));
}

TEST(audit, standby_dismissed_while_units_could_come) {
  History h{rules(1)};
  h.now({h.grant(11, 1, 1), History::join(12, 2)});
  h.now({StandbyLeft{kSale, StandbyId{12}, BuyerId{2}, StandbyEnd::unsatisfiable}});
  EXPECT_TRUE(names(h.audited(), "undersold"));
}

TEST(audit, a_sale_closed_as_sold_out_with_units_left) {
  History h;
  h.now({PhaseChanged{kSale, Phase::open, Phase::closed, PhaseReason::sold_out, "", ""}});
  EXPECT_TRUE(names(h.audited(), "undersold"));
}

TEST(audit, a_free_unit_that_nobody_gives_to_the_first_in_line) {
  History h{rules(1)};
  h.now({h.grant(11, 1, 1), History::join(12, 2)});
  h.now({History::ended(11, 1, HoldEnd::released)});
  History other = h;
  h.t += 6'000;
  h.now({SaleDefined{SaleNo{2},
                     [] {
                       auto r = std::make_shared<SaleRules>(*rules());
                       r->key = "other";
                       return r;
                     }(),
                     "boss"}});
  EXPECT_TRUE(names(h.audited(), "undersold"));
  const AuditReport good = other.audited();  // it may be on its way
  EXPECT_TRUE(good.passed()) << render_text(good);
}

TEST(audit, a_sale_settled_with_holds) {
  History h;
  h.now({h.grant(11, 1, 1),
         PhaseChanged{kSale, Phase::open, Phase::closed, PhaseReason::staff, "boss", ""}});
  h.now({PhaseChanged{kSale, Phase::closed, Phase::settled, PhaseReason::drained, "", ""}});
  EXPECT_TRUE(names(h.audited(), "settled_too_early"));
}

TEST(audit, the_second_witness_speaks_up_by_itself) {
  History h;
  h.now({h.grant(11, 1, 1)});
  h.now({h.grant(10, 2, 2)});  // ids that go back: only the state machine minds
  EXPECT_TRUE(names(h.audited(), "replay_refused"));
}

class JournalBytes : public testing::Test {
 protected:
  void fill(int steps = 60) {
    for (const TestBatch& batch : random_history(5, steps)) builder.add(batch);
  }
  AuditReport audited() {
    auto report = audit(builder.write());
    EXPECT_TRUE(report.has_value());
    return report ? *report : AuditReport{};
  }
  JournalBuilder builder;
};

TEST_F(JournalBytes, a_wrong_chain_hash_is_found) {
  History h;
  builder.add(h.batches[0]);
  builder.chain_error = true;
  builder.add(h.batches[1]);
  EXPECT_TRUE(names(audited(), "chain_broken"));
}

TEST_F(JournalBytes, a_gap_in_the_sequence_is_found) {
  History h;
  builder.add(h.batches[0]);
  builder.seq_error = 1;
  builder.add(h.batches[1]);
  EXPECT_TRUE(names(audited(), "sequence_gap"));
}

TEST_F(JournalBytes, a_missing_segment_is_found) {
  History h;
  for (const TestBatch& batch : h.batches) {
    builder.add(batch);
    builder.new_segment();
  }
  builder.segments.erase(builder.segments.begin() + 1);
  EXPECT_TRUE(names(audited(), "sequence_gap"));
}

TEST_F(JournalBytes, time_that_goes_back_is_found) {
  History h;
  h.batches[1].time_ms -= 5'000;
  for (const TestBatch& batch : h.batches) builder.add(batch);
  EXPECT_TRUE(names(audited(), "time_went_back"));
}

TEST_F(JournalBytes, several_segments_are_one_chain) {
  fill(600);
  ASSERT_GT(builder.segments.size(), 1U);
  const AuditReport report = audited();
  EXPECT_TRUE(report.passed()) << render_text(report);
  EXPECT_EQ(report.segments, builder.segments.size());
}

TEST_F(JournalBytes, a_torn_tail_is_noted_and_left_out) {
  fill();
  const AuditReport whole = audited();
  TestBatch big{builder.segments.empty() ? kT0 : kT0 + 99'000'000, {}};
  for (int i = 0; i < 20; ++i) {
    auto r = std::make_shared<SaleRules>(*rules());
    r->key = "more-" + std::to_string(i);
    big.events.push_back(SaleDefined{SaleNo{static_cast<std::uint32_t>(2 + i)}, r, "boss"});
  }
  builder.add(big);
  auto& segment = builder.segments.back();
  const std::size_t at = builder.record_at.back();
  const std::size_t sector = (at / 512 + 2) * 512;  // a whole sector of the record never came
  ASSERT_LT(sector + 512, segment.used);
  std::fill_n(segment.bytes.begin() + static_cast<std::ptrdiff_t>(sector), 512, std::byte{});
  const AuditReport report = audited();
  EXPECT_TRUE(report.passed()) << render_text(report);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_NE(report.notes[0].find("torn tail"), std::string::npos);
  EXPECT_EQ(report.head, whole.head);
}

TEST_F(JournalBytes, a_snapshot_ahead_of_the_journal_shows_that_it_was_cut) {
  fill();
  builder.write_snapshot(builder.next_seq - 1, builder.chain);
  EXPECT_TRUE(audited().passed());
  builder.write_snapshot(builder.next_seq + 3, builder.chain);
  EXPECT_TRUE(names(audited(), "journal_cut"));
}

TEST_F(JournalBytes, an_end_that_was_rewritten_contradicts_a_snapshot) {
  fill();
  Digest other = builder.chain;
  other[5] ^= std::byte{4};
  builder.write_snapshot(builder.next_seq - 1, other);
  EXPECT_TRUE(names(audited(), "chain_broken"));
}

TEST_F(JournalBytes, flipped_bits_never_pass_with_other_totals) {
  const std::uint64_t seed = seed_of_run();
  fill(120);
  const AuditReport whole = audited();
  ASSERT_TRUE(whole.passed());
  std::mt19937_64 random{seed};
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    auto& segment = builder.segments[random() % builder.segments.size()];
    const std::size_t reach = random() % 8 == 0 ? segment.bytes.size() : segment.used;
    const std::size_t at = random() % reach;
    const auto bit = static_cast<std::byte>(1U << random() % 8);
    segment.bytes[at] ^= bit;
    const AuditReport report = audited();
    segment.bytes[at] ^= bit;
    if (!report.passed()) {
      ++refused;
    } else if (report.notes.empty()) {
      EXPECT_EQ(report.head, whole.head) << "byte " << at;
      EXPECT_EQ(report.sales[0].items, whole.sales[0].items) << "byte " << at;
      EXPECT_EQ(report.sales[0].money, whole.sales[0].money) << "byte " << at;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(audit, nothing_to_read_is_an_error) {
  EXPECT_FALSE(audit("/nonexistent/onrush").has_value());
  JournalBuilder builder;
  EXPECT_FALSE(audit(builder.directory().string()).has_value());  // no segment was written
}

}  // namespace
}  // namespace onrush::auditor
