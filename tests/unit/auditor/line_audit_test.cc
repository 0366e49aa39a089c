// Journals of sales with a line: what the state machine decides passes, and each broken promise is
// found by the ledger itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "auditor/audit.h"
#include "journal_builder.h"
#include "sale/book.h"
#include "sale/draw.h"

namespace onrush::auditor {
namespace {

using namespace sale;         // NOLINT
using namespace sale::event;  // NOLINT

constexpr std::int64_t kLineStart = 1'763'800'000'000;
constexpr SaleNo kOurs{1};

SaleRules line_rules(LineMode mode = LineMode::fifo) {
  SaleRules r;
  r.key = "s";
  r.title = {"Sale", ""};
  r.lobby_at = from_millis(kLineStart + 1'000);
  r.opens_at = from_millis(kLineStart + 20'000);
  r.closes_at = from_millis(kLineStart + 100'000'000);
  r.hold = Millis{60'000};
  r.payment = PaymentMode::confirmation;
  r.line.mode = mode;
  r.line.pass = Millis{10'000};
  r.line.claim = Millis{5'000};
  r.line.active_max = 3;
  r.line.capacity = 50;
  r.line.draw_secret.fill(std::byte{9});
  ItemRules item;
  item.key = "thing";
  item.title = {"Thing", ""};
  item.stock = 4;
  item.price = {100};
  item.standby_capacity = 2;
  r.items.push_back(item);
  return r;
}

// Batches of events as they would be if all went well, to be spoilt.
struct LineHistory {
  explicit LineHistory(SaleRules r = line_rules())
      : rules(std::make_shared<SaleRules>(std::move(r))) {
    add({SaleDefined{kOurs, rules, "boss"}});
    add({phase(Phase::draft, Phase::announced)});
    t = kLineStart + 1'000;
    add({phase(Phase::announced, Phase::lobby)});
  }
  static Event phase(Phase from, Phase to) {
    return PhaseChanged{kOurs, from,
                        to,    to == Phase::announced ? PhaseReason::staff : PhaseReason::schedule,
                        "",    ""};
  }
  void add(std::vector<Event> events) { batches.push_back({t, std::move(events)}); }
  void open() {
    t = kLineStart + 20'000;
    add({phase(Phase::lobby, Phase::open)});
    t += 1'000;
  }
  static Event place(std::uint64_t buyer, std::uint32_t entry) {
    return PlaceTaken{kOurs, BuyerId{buyer}, entry};
  }
  static Event call(std::uint32_t serving) { return LineCalled{kOurs, serving}; }
  Event pass(std::uint64_t buyer, std::uint32_t number) const {
    return PassClaimed{kOurs, BuyerId{buyer}, number, from_millis(t) + rules->line.pass};
  }
  Event hold(std::uint64_t order, std::uint64_t buyer, std::uint32_t unit) const {
    return HoldGranted{kOurs, OrderId{order},          BuyerId{buyer}, StandbyId{},
                       0,     from_millis(t + 60'000), {100},          {{ItemNo{0}, UnitNo{unit}}}};
  }
  AuditReport audited() const {
    JournalBuilder builder;
    for (const TestBatch& batch : batches) builder.add(batch);
    auto report = audit(builder.write());
    EXPECT_TRUE(report.has_value());
    return report ? *report : AuditReport{};
  }
  RulesPtr rules;
  std::int64_t t = kLineStart;
  std::vector<TestBatch> batches;
};

testing::AssertionResult finds(const LineHistory& history, const std::string& code) {
  const AuditReport report = history.audited();
  const bool found = std::any_of(report.violations.begin(), report.violations.end(),
                                 [&](const Violation& v) { return v.code == code; });
  if (found && report.exit_status() == 4) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no " << code << " in\n" << render_text(report);
}

TEST(line_audit, a_line_that_kept_its_promises_passes_with_its_totals) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(2, 2), h.place(3, 3)});
  h.add({PlaceLeft{kOurs, BuyerId{3}, 3}});
  h.open();
  h.add({h.call(2)});
  h.add({h.pass(1, 1), h.pass(2, 2)});
  h.add({h.hold(11, 1, 1)});
  const AuditReport report = h.audited();
  EXPECT_TRUE(report.passed()) << render_text(report);
  EXPECT_EQ(report.sales[0].line, (LineTotals{3, 2, 2, 1}));
  EXPECT_NE(render_text(report).find("line: 3 places, 2 called, 2 passes, 1 left"),
            std::string::npos);
  EXPECT_NE(render_json(report).find(R"("line":{"places":3)"), std::string::npos);
}

TEST(line_audit, what_the_state_machine_decides_passes) {
  const char* given = std::getenv("ONRUSH_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'125;
  for (std::uint64_t i = 0; i < 40; ++i) {
    SCOPED_TRACE("ONRUSH_TEST_SEED=" + std::to_string(seed + i));
    std::mt19937_64 random{seed + i};
    const auto below = [&](std::uint64_t n) { return random() % n; };
    SaleRules r = line_rules(below(2) == 0 ? LineMode::draw : LineMode::fifo);
    if (below(3) == 0) r.admission.registration = RegistrationMode::required;
    Book book;
    JournalBuilder builder;
    std::int64_t t = kLineStart;
    const auto apply = [&](const Command& command) {
      TestBatch batch{t, {}};
      while (book.tick(from_millis(t), batch.events, 1'000)) {
      }
      (void)book.apply(command, from_millis(t), batch.events);
      if (!batch.events.empty()) builder.add(batch);
    };
    apply(command::DefineSale{std::make_shared<SaleRules>(r), "boss"});
    apply(command::ChangePhase{kOurs, command::PhaseAct::announce, "boss", ""});
    for (int step = 0; step < 400; ++step) {
      t += static_cast<std::int64_t>(below(400));
      const BuyerId buyer{1 + below(12)};
      const std::uint64_t roll = below(12);
      if (roll < 3)
        apply(command::TakePlace{kOurs, buyer});
      else if (roll < 6)
        apply(command::ClaimPass{kOurs, buyer});
      else if (roll < 9)
        apply(command::RequestHold{kOurs, buyer, {{ItemNo{0}, 1}}, 0, true});
      else if (roll == 9)
        apply(command::LeaveLine{kOurs, buyer});
      else if (roll == 10)
        apply(command::Register{kOurs, buyer});
      else
        apply(command::SetBeacon{kOurs, std::to_string(below(9)), "boss"});
    }
    const auto report = audit(builder.write());
    ASSERT_TRUE(report.has_value());
    ASSERT_TRUE(report->passed()) << render_text(*report);
  }
}

TEST(line_audit, who_left_the_lobby_has_his_place_again_and_no_other) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(2, 2)});
  h.add({PlaceLeft{kOurs, BuyerId{1}, 1}});
  LineHistory other = h;
  h.add({h.place(1, 1)});
  EXPECT_TRUE(h.audited().passed()) << render_text(h.audited());
  EXPECT_EQ(h.audited().sales[0].line, (LineTotals{2, 0, 0, 0}));
  other.add({other.place(1, 3)});
  EXPECT_TRUE(finds(other, "place_twice"));
}

TEST(line_audit, more_places_than_a_buyer_may_have) {
  SaleRules r = line_rules();
  r.orders_per_buyer = 2;
  LineHistory h(r);
  h.open();
  for (std::uint32_t entry = 1; entry <= 3; ++entry) {
    const AuditReport before = h.audited();
    EXPECT_TRUE(before.passed()) << render_text(before);
    h.add({h.place(1, entry)});
    h.add({PlaceLeft{kOurs, BuyerId{1}, entry}});
  }
  EXPECT_TRUE(finds(h, "too_many_turns"));
}

TEST(line_audit, more_passes_than_a_place_may_have) {
  LineHistory h;
  h.add({h.place(1, 1)});
  h.open();
  h.add({h.call(1)});
  for (int i = 0; i < 20; ++i) {
    h.add({h.pass(1, 1)});
    h.t += 10'000;
  }
  EXPECT_TRUE(h.audited().passed()) << render_text(h.audited());
  h.add({h.pass(1, 1)});
  EXPECT_TRUE(finds(h, "too_many_turns"));
}

// The state machine forgets it, too.
TEST(line_audit, a_beacon_is_forgotten_by_rules_without_a_draw) {
  SaleRules r = line_rules(LineMode::draw);
  auto off = std::make_shared<SaleRules>(r);
  off->line.mode = LineMode::fifo;
  const auto draw = std::make_shared<SaleRules>(r);
  LineHistory h(r);
  h.batches.erase(h.batches.begin() + 1, h.batches.end());
  h.t = kLineStart;
  h.add({BeaconSet{kOurs, "block", "boss"}, SaleDefined{kOurs, off, "boss"},
         SaleDefined{kOurs, draw, "boss"}, h.phase(Phase::draft, Phase::announced)});
  h.t = kLineStart + 1'000;
  h.add({h.phase(Phase::announced, Phase::lobby)});
  h.t = kLineStart + 20'000;
  const Digest lobby = lobby_digest("s");
  h.add({h.phase(Phase::lobby, Phase::open),
         DrawRevealed{kOurs, 0, lobby, "", draw_seed(r.line.draw_secret, 0, lobby, "")}});
  EXPECT_TRUE(h.audited().passed()) << render_text(h.audited());
}

TEST(line_audit, a_place_given_twice) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(1, 2)});
  EXPECT_TRUE(finds(h, "place_twice"));
}

TEST(line_audit, places_out_of_order_or_beyond_the_capacity) {
  LineHistory gap;
  gap.add({gap.place(1, 1), gap.place(2, 3)});
  EXPECT_TRUE(finds(gap, "line_order"));
  SaleRules small = line_rules();
  small.line.capacity = 1;
  LineHistory full(small);
  full.add({full.place(1, 1), full.place(2, 2)});
  EXPECT_TRUE(finds(full, "line_order"));
}

TEST(line_audit, a_place_that_is_left_by_somebody_who_does_not_have_it) {
  LineHistory h;
  h.add({h.place(1, 1), PlaceLeft{kOurs, BuyerId{2}, 1}});
  EXPECT_TRUE(finds(h, "line_order"));
}

TEST(line_audit, serving_that_goes_back_or_beyond_the_places) {
  LineHistory back;
  back.add({back.place(1, 1), back.place(2, 2)});
  back.open();
  back.add({back.call(2)});
  back.add({back.call(1)});
  EXPECT_TRUE(finds(back, "line_order"));
  LineHistory beyond;
  beyond.add({beyond.place(1, 1)});
  beyond.open();
  beyond.add({beyond.call(2)});
  EXPECT_TRUE(finds(beyond, "line_order"));
}

TEST(line_audit, a_call_before_the_opening) {
  LineHistory h;
  h.add({h.place(1, 1)});
  h.add({h.call(1)});
  EXPECT_TRUE(finds(h, "line_order"));
}

TEST(line_audit, a_call_while_nothing_can_be_had) {
  SaleRules r = line_rules();
  r.items[0].stock = 1;
  r.items[0].standby_capacity = 0;
  LineHistory h(r);
  h.add({h.place(1, 1), h.place(2, 2)});
  h.open();
  h.add({h.call(1)});
  h.add({h.pass(1, 1)});
  h.add({h.hold(11, 1, 1)});
  h.add({h.call(2)});
  EXPECT_TRUE(finds(h, "called_for_nothing"));
}

TEST(line_audit, a_pass_claimed_before_its_number_was_called) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(2, 2)});
  h.open();
  h.add({h.call(1)});
  h.add({h.pass(2, 2)});
  EXPECT_TRUE(finds(h, "claim_before_call"));
}

TEST(line_audit, a_pass_of_another_buyers_number) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(2, 2)});
  h.open();
  h.add({h.call(1)});
  h.add({h.pass(2, 1)});
  EXPECT_TRUE(finds(h, "line_order"));
}

TEST(line_audit, a_second_pass_of_a_place_and_one_of_nobody) {
  LineHistory twice;
  twice.add({twice.place(1, 1)});
  twice.open();
  twice.add({twice.call(1)});
  twice.add({twice.pass(1, 1), twice.pass(1, 1)});
  EXPECT_TRUE(finds(twice, "place_twice"));
  LineHistory nobody;
  nobody.add({nobody.place(1, 1)});
  nobody.open();
  nobody.add({nobody.call(1)});
  nobody.add({nobody.pass(5, 1)});
  EXPECT_TRUE(finds(nobody, "line_order"));
}

TEST(line_audit, more_passes_than_may_be_out) {
  LineHistory h;
  for (std::uint32_t b = 1; b <= 4; ++b) h.add({h.place(b, b)});
  h.open();
  h.add({h.call(4)});
  for (std::uint32_t b = 1; b <= 4; ++b) h.add({h.pass(b, b)});
  EXPECT_TRUE(finds(h, "too_many_passes"));
}

TEST(line_audit, a_pass_that_lives_longer_than_the_rules_say) {
  LineHistory h;
  h.add({h.place(1, 1)});
  h.open();
  h.add({h.call(1)});
  h.add({PassClaimed{kOurs, BuyerId{1}, 1, from_millis(h.t + 99'000)}});
  EXPECT_TRUE(finds(h, "deadline"));
}

TEST(line_audit, a_hold_without_a_pass_with_a_lapsed_one_or_with_one_used_before) {
  LineHistory none;
  none.add({none.place(1, 1)});
  none.open();
  none.add({none.hold(11, 1, 1)});
  EXPECT_TRUE(finds(none, "hold_without_pass"));
  LineHistory lapsed;
  lapsed.add({lapsed.place(1, 1)});
  lapsed.open();
  lapsed.add({lapsed.call(1)});
  lapsed.add({lapsed.pass(1, 1)});
  lapsed.t += 10'000;
  lapsed.add({lapsed.hold(11, 1, 1)});
  EXPECT_TRUE(finds(lapsed, "hold_without_pass"));
  SaleRules two = line_rules();
  two.per_buyer = two.items[0].per_buyer = 2;
  LineHistory used(two);
  used.add({used.place(1, 1)});
  used.open();
  used.add({used.call(1)});
  used.add({used.pass(1, 1)});
  used.add({used.hold(11, 1, 1), used.hold(12, 1, 2)});
  EXPECT_TRUE(finds(used, "hold_without_pass"));
}

TEST(line_audit, standby_without_a_pass) {
  LineHistory h;
  h.open();
  h.add({StandbyJoined{kOurs, StandbyId{11}, BuyerId{1}, 0, {{ItemNo{0}, 1}}}});
  EXPECT_TRUE(finds(h, "hold_without_pass"));
}

TEST(line_audit, somebody_who_was_not_registered) {
  SaleRules r = line_rules();
  r.admission.registration = RegistrationMode::required;
  LineHistory place(r);
  place.add({place.place(1, 1)});
  EXPECT_TRUE(finds(place, "not_registered"));
  r.line.mode = LineMode::off;
  LineHistory hold(r);
  hold.open();
  hold.add({hold.hold(11, 1, 1)});
  EXPECT_TRUE(finds(hold, "not_registered"));
  LineHistory late(r);
  late.open();
  late.add({Registered{kOurs, BuyerId{1}}});
  EXPECT_TRUE(finds(late, "registration"));
}

TEST(line_audit, a_pass_of_somebody_who_took_his_registration_back) {
  SaleRules r = line_rules();
  r.admission.registration = RegistrationMode::required;
  LineHistory h(r);
  h.add({Registered{kOurs, BuyerId{1}}, h.place(1, 1), Unregistered{kOurs, BuyerId{1}}});
  h.open();
  h.add({h.call(1)});
  EXPECT_TRUE(h.audited().passed()) << render_text(h.audited());
  h.add({h.pass(1, 1)});
  EXPECT_TRUE(finds(h, "not_registered"));
}

TEST(line_audit, a_draw_that_does_not_follow_from_secret_lobby_and_beacon) {
  const SaleRules r = line_rules(LineMode::draw);
  Digest lobby = lobby_digest(r.key);
  for (const std::uint64_t buyer : {1, 2})
    lobby = lobby_digest(lobby, lobby_leaf(r.line.draw_secret, r.key, BuyerId{buyer}));
  const Digest seed = draw_seed(r.line.draw_secret, 2, lobby, "b");
  const auto drawn = [&](const DrawRevealed& draw, bool beacon = true) {
    LineHistory h(r);
    h.add({h.place(1, 1), h.place(2, 2)});
    if (beacon) h.add({BeaconSet{kOurs, "b", "boss"}});
    h.open();
    h.add({draw});
    return h;
  };
  const LineHistory good = drawn({kOurs, 2, lobby, "b", seed});
  EXPECT_TRUE(good.audited().passed()) << render_text(good.audited());
  DrawSecret other{};
  EXPECT_TRUE(finds(drawn({kOurs, 2, lobby, "b", draw_seed(other, 2, lobby, "b")}), "draw"));
  EXPECT_TRUE(
      finds(drawn({kOurs, 1, lobby, "b", draw_seed(r.line.draw_secret, 1, lobby, "b")}), "draw"));
  const Digest one =
      lobby_digest(lobby_digest(r.key), lobby_leaf(r.line.draw_secret, r.key, BuyerId{1}));
  EXPECT_TRUE(
      finds(drawn({kOurs, 2, one, "b", draw_seed(r.line.draw_secret, 2, one, "b")}), "draw"));
  EXPECT_TRUE(finds(drawn({kOurs, 2, lobby, "b", seed}, false), "draw"));
  LineHistory undrawn(r);
  undrawn.add({undrawn.place(1, 1)});
  undrawn.open();
  undrawn.add({undrawn.call(1)});
  EXPECT_TRUE(finds(undrawn, "draw"));
  LineHistory late(r);
  late.open();
  late.add({BeaconSet{kOurs, "b", "boss"}});
  EXPECT_TRUE(finds(late, "draw"));
}

TEST(line_audit, a_line_in_which_nobody_is_called_any_more) {
  LineHistory h;
  h.add({h.place(1, 1), h.place(2, 2)});
  h.open();
  h.add({h.call(1)});
  // Another sale shows that time goes on.
  SaleRules other = line_rules(LineMode::off);
  other.key = "other";
  h.t += 15'000;
  h.add({SaleDefined{SaleNo{2}, std::make_shared<SaleRules>(other), "boss"}});
  EXPECT_TRUE(h.audited().passed()) << render_text(h.audited());
  h.t += 30'000;
  h.add({PhaseChanged{SaleNo{2}, Phase::draft, Phase::announced, PhaseReason::staff, "", ""}});
  EXPECT_TRUE(finds(h, "line_stuck"));
}

}  // namespace
}  // namespace onrush::auditor
