// Random histories: after every step the invariants hold, a replayed book equals the live one, and
// a recovered book goes on exactly as the one that crashed.
//
// The seed is printed on failure; ONRUSH_SEED=n runs that history alone, ONRUSH_HISTORIES=n as
// many.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "sale/event_codec.h"
#include "scenario.h"

namespace onrush::sale::test {
namespace {

// Watches the events of one book for what no recomputation from its state can show.
class Witness {
 public:
  // Before the event takes effect on `book`.
  void see(const Event& event, const Book& book, TimePoint now) {
    see_pass(event, book, now);
    if (const auto* e = std::get_if<event::StandbyJoined>(&event)) {
      waiting_[e->sale.value()].push_back({e->standby, e->lines});
    } else if (const auto* left = std::get_if<event::StandbyLeft>(&event)) {
      see_left(*left, book);
    } else if (const auto* called = std::get_if<event::LineCalled>(&event)) {
      EXPECT_GT(called->serving, serving_[called->sale.value()]) << "I7: serving went back";
      serving_[called->sale.value()] = called->serving;
      EXPECT_EQ(book.phase(called->sale), Phase::open);
    } else if (const auto* claimed = std::get_if<event::PassClaimed>(&event)) {
      EXPECT_LE(claimed->number, serving_[claimed->sale.value()]) << "I7: claimed before its turn";
      passes_[{claimed->sale.value(), claimed->buyer.value()}] = claimed->expires_at;
    } else if (const auto* held = std::get_if<event::HoldGranted>(&event)) {
      see_granted(*held, book);
    }
  }

 private:
  // Whoever asked for himself in a sale with a line had a live pass, and has used it up.
  void see_pass(const Event& event, const Book& book, TimePoint now) {
    SaleNo sale;
    BuyerId buyer;
    if (const auto* held = std::get_if<event::HoldGranted>(&event)) {
      if (held->standby.value() != 0) return;
      sale = held->sale;
      buyer = held->buyer;
    } else if (const auto* joined = std::get_if<event::StandbyJoined>(&event)) {
      sale = joined->sale;
      buyer = joined->buyer;
    } else {
      return;
    }
    if (book.line(sale, now).mode == LineMode::off) return;
    TimePoint& expires = passes_[{sale.value(), buyer.value()}];
    EXPECT_GT(expires, now) << "a hold without a pass";
    expires = TimePoint{};
  }

  struct Waiting {
    StandbyId id;
    Lines lines;
  };

  // I8: nobody is sent away while what he waits for can still come back.
  void see_left(const event::StandbyLeft& e, const Book& book) {
    auto& line = waiting_[e.sale.value()];
    const auto found =
        std::find_if(line.begin(), line.end(), [&](const Waiting& w) { return w.id == e.standby; });
    ASSERT_TRUE(found != line.end());
    const bool cancelled = book.summary(e.sale).reason == PhaseReason::cancelled;
    if (e.how != event::StandbyEnd::left && !cancelled) {
      const bool hopeless =
          std::any_of(found->lines.begin(), found->lines.end(), [&](const Line& l) {
            const ItemCounts counts = book.counts(e.sale, l.item);
            return counts.free + counts.held < l.quantity;
          });
      EXPECT_TRUE(hopeless) << "I8: sent away although units may come back";
    }
    line.erase(found);
  }

  // I7: whoever is served is the first of all who wait for one of these items.
  void see_granted(const event::HoldGranted& e, const Book& book) {
    auto& line = waiting_[e.sale.value()];
    const auto first = std::find_if(line.begin(), line.end(), [&](const Waiting& w) {
      return std::any_of(w.lines.begin(), w.lines.end(), [&](const Line& l) {
        return std::any_of(e.units.begin(), e.units.end(),
                           [&](const UnitRef& u) { return u.item == l.item; });
      });
    });
    if (e.standby.value() == 0) {
      EXPECT_TRUE(first == line.end()) << "I7: a newcomer passed those who wait";
      for (const UnitRef& u : e.units) EXPECT_EQ(book.counts(e.sale, u.item).standby, 0U) << "I7";
      return;
    }
    ASSERT_TRUE(first != line.end());
    EXPECT_EQ(first->id, e.standby) << "I7: served out of order";
    line.erase(first);
  }

  std::map<std::uint32_t, std::vector<Waiting>> waiting_;
  std::map<std::uint32_t, std::uint32_t> serving_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, TimePoint> passes_;
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  void run(int steps) {
    define(1);
    if (chance(30)) define(2);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      now_ += Millis{chance(70) ? below(3) : below(20'000)};
      step();
      if (chance(10)) recover();
    }
    if (!::testing::Test::HasFailure()) finish();
  }
  [[nodiscard]] const std::map<Verdict, int>& verdicts() const { return verdicts_; }
  [[nodiscard]] const std::set<std::size_t>& kinds() const { return kinds_; }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }

  void define(std::uint32_t no) {
    SaleRules rules = simple_rules();
    rules.key = fmt::format("sale-{}", no);
    rules.per_buyer = static_cast<std::uint16_t>(1 + below(4));
    rules.orders_per_buyer = static_cast<std::uint16_t>(2 + below(12));
    rules.hold = Millis{1'000 + static_cast<std::int64_t>(below(30'000))};
    rules.late_money = static_cast<LateMoney>(below(3));
    rules.decline_ends_hold = chance(50);
    rules.payment = chance(15) ? PaymentMode::confirmation : PaymentMode::provider;
    rules.closes_at = kStart + Millis{100'000 + static_cast<std::int64_t>(below(2'000'000))};
    if (chance(60)) define_line(rules);
    if (chance(40)) rules.admission.registration = static_cast<RegistrationMode>(1 + below(2));
    const ItemRules pattern = rules.items[0];
    rules.items.clear();
    for (std::uint64_t i = 0, n = 1 + below(3); i < n; ++i) {
      ItemRules item = pattern;
      item.key = fmt::format("item-{}", i);
      item.stock = static_cast<std::uint32_t>(1 + below(6));
      item.price = Money{chance(10) ? 0 : static_cast<std::int64_t>(1 + below(500))};
      item.per_buyer = static_cast<std::uint16_t>(1 + below(3));
      item.standby_capacity = static_cast<std::uint32_t>(below(12));
      rules.items.push_back(item);
    }
    items_ = std::max<std::uint64_t>(items_, rules.items.size());
    sales_ = no;
    apply(command::DefineSale{std::make_shared<SaleRules>(rules), "ann"});
    apply(command::ChangePhase{SaleNo{no}, command::PhaseAct::announce, "ann", ""});
  }

  void define_line(SaleRules& rules) {
    rules.line.mode = chance(50) ? LineMode::draw : LineMode::fifo;
    rules.line.rate = static_cast<std::uint32_t>(1 + below(50));
    rules.line.active_max = static_cast<std::uint32_t>(1 + below(6));
    rules.line.pass = Millis{5'000 + static_cast<std::int64_t>(below(60'000))};
    rules.line.claim = Millis{1'000 + static_cast<std::int64_t>(below(20'000))};
    rules.line.capacity = static_cast<std::uint32_t>(5 + below(40));
    rules.line.draw_secret.fill(std::byte{7});
    rules.opens_at = kStart + Millis{static_cast<std::int64_t>(below(120'000))};
    lined_ = true;
  }

  // Also in sales that have no line, where it is refused.
  void line_step() {
    const std::uint64_t roll = below(100);
    if (roll < 35) return apply(command::TakePlace{sale(), buyer()});
    if (roll < 65) return apply(command::ClaimPass{sale(), buyer()});
    if (roll < 72) return apply(command::LeaveLine{sale(), buyer()});
    if (roll < 82) return apply(command::Register{sale(), buyer()});
    if (roll < 85) return apply(command::Unregister{sale(), buyer()});
    if (roll < 87) return apply(command::LookUpPlace{sale(), buyer()});
    if (roll < 88) return apply(command::LookUpRegistration{sale(), buyer()});
    if (roll < 90) return apply(command::LobbyLeaves{sale(), 1, 3});
    if (roll < 93) {
      const auto rate = static_cast<std::uint32_t>(below(60));
      return apply(command::SetLineRate{sale(), rate, "ann"});
    }
    if (roll < 96) return apply(command::SetBeacon{sale(), fmt::format("b{}", below(3)), "ann"});
    if (roll < 98)
      return apply(command::SetNotice{sale(), {fmt::format("n{}", below(3)), ""}, "ann"});
    tick();
  }

  void step() {
    if (chance(lined_ ? 45 : 5)) return line_step();
    const std::uint64_t roll = below(1'000);
    if (roll < 420) return apply(hold());
    if (roll < 560) return tick();
    if (roll < 680 && !orders_.empty()) return apply(command::StartPayment{order(), owner_});
    if (roll < 860 && !payments_.empty()) return apply(settle());
    if (roll < 900 && !orders_.empty()) return apply(command::ReleaseHold{order(), owner_});
    if (roll < 925) return apply(command::LeaveStandby{sale(), buyer(), {}});
    if (roll < 945 && !payments_.empty()) return apply(command::SettleRefund{pick(payments_).id});
    if (roll < 960 && !orders_.empty()) {
      const OrderId id = order();
      return apply(
          command::ConfirmOrder{id, chance(50) ? owner_ : BuyerId{}, chance(50) ? "ann" : ""});
    }
    if (roll < 970 && !orders_.empty()) return apply(command::RefundOrder{order(), "ann", "why"});
    if (roll < 978) return apply(command::LookUpBuyer{sale(), buyer()});
    if (roll < 984) {
      const ItemNo item{static_cast<std::uint16_t>(below(items_ + 1))};
      return apply(command::Restock{sale(), item, static_cast<std::uint32_t>(below(4)), "ann"});
    }
    if (roll < 996) {
      const auto act =
          chance(3) ? command::PhaseAct::cancel : static_cast<command::PhaseAct>(below(4));
      return apply(command::ChangePhase{sale(), act, "ann", ""});
    }
    if (roll < 998) return apply(command::ChangePhase{sale(), command::PhaseAct::close, "ann", ""});
    apply(command::Reschedule{sale(), kStart, kStart,
                              now_ + Millis{static_cast<std::int64_t>(below(900'000))}, "ann"});
  }

  command::RequestHold hold() {
    command::RequestHold c{sale(), buyer(), {}, chance(30) ? 1 + below(40) : 0, chance(85)};
    for (std::uint64_t i = 0, n = chance(75) ? 1 : 1 + below(3); i < n; ++i) {
      c.lines.push_back({ItemNo{static_cast<std::uint16_t>(below(items_ + (chance(2) ? 1 : 0)))},
                         static_cast<std::uint16_t>(chance(80) ? 1 : below(4))});
    }
    return c;
  }
  command::SettlePayment settle() {
    const Paid& paid = pick(payments_);
    const auto status = chance(60) ? command::PaymentStatus::captured
                                   : static_cast<command::PaymentStatus>(below(3));
    return {paid.id, status,
            chance(92) ? paid.amount : Money{static_cast<std::int64_t>(below(900))}};
  }
  SaleNo sale() { return SaleNo{static_cast<std::uint32_t>(1 + below(sales_))}; }
  BuyerId buyer() { return BuyerId{1 + below(14)}; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    // Mostly recent ones, which are alive.
    return chance(60) && list.size() > 6 ? list[list.size() - 1 - below(6)]
                                         : list[below(list.size())];
  }
  OrderId order() {
    const Owned& owned = pick(orders_);
    owner_ = chance(97) ? owned.buyer : buyer();
    return owned.id;
  }

  void apply(const Command& command) {
    std::vector<Event> out;
    std::vector<Event> twin_out;
    const Outcome outcome = book_.apply(command, now_, out);
    const Outcome twin = twin_.apply(command, now_, twin_out);
    EXPECT_EQ(outcome.verdict, twin.verdict);
    EXPECT_EQ(outcome.repeated, twin.repeated);
    EXPECT_EQ(outcome.standby.position, twin.standby.position);
    EXPECT_EQ(outcome.place.number, twin.place.number);
    EXPECT_EQ(outcome.place.state, twin.place.state);
    ++verdicts_[outcome.verdict];
    take(out, twin_out);
  }
  void tick() {
    std::vector<Event> out;
    std::vector<Event> twin_out;
    const std::size_t budget = chance(50) ? 1 + below(3) : 1'000;
    const bool more = book_.tick(now_, out, budget);
    // A recovered book looks at every line once, so it may ask for another call that finds nothing.
    const bool twin_more = twin_.tick(now_, twin_out, budget);
    EXPECT_TRUE(twin_more || !more);
    take(out, twin_out);
  }

  void take(const std::vector<Event>& out, const std::vector<Event>& twin_out) {
    ASSERT_EQ(out.size(), twin_out.size()) << "a recovered book decides otherwise";
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto bytes = bytes_of(out[i]);
      ASSERT_EQ(bytes, bytes_of(twin_out[i])) << "a recovered book decides otherwise";
      ByteReader in(bytes);
      const auto event = decode_event(in);
      ASSERT_TRUE(event) << event.error().message;
      witness_.see(*event, replica_, now_);
      const Status replayed = replica_.replay(*event, now_);
      ASSERT_TRUE(replayed) << replayed.error().message;
      // I5 and I2 hold after each event, not only after each command.
      ASSERT_EQ(replica_.check_invariants().substr(0, 2) == "I2", false)
          << replica_.check_invariants();
      kinds_.insert(event->index());
      remember(*event);
    }
    ASSERT_EQ(book_.check_invariants(), "");
    ASSERT_TRUE(out.empty() || bytes_of(book_) == bytes_of(replica_)) << "a replayed book differs";
    // A recovered book looks at its line anew: it may have something due that was looked at before.
    EXPECT_TRUE(twin_.next_due().has_value() || !book_.next_due().has_value());
  }

  void remember(const Event& event) {
    if (const auto* e = std::get_if<event::HoldGranted>(&event))
      orders_.push_back({e->order, e->buyer});
    if (const auto* e = std::get_if<event::PaymentStarted>(&event))
      payments_.push_back({e->payment, e->amount});
  }

  // The twin crashes, and comes back from a snapshot of the live book.
  void recover() {
    const auto bytes = bytes_of(book_);
    ByteReader in(bytes);
    auto loaded = Book::load(in);
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_TRUE(bytes_of(*loaded) == bytes);
    twin_ = std::move(*loaded);
  }

  // Time passes until nothing is due: every sale that is not cancelled has closed, and settles once
  // its refunds are done.
  void finish() {
    for (int round = 0; round < 100'000 && book_.next_due(); ++round) {
      now_ = std::max(now_, *book_.next_due());
      tick();
      if (::testing::Test::HasFailure()) return;
    }
    ASSERT_EQ(book_.next_due(), std::nullopt);
    for (const Paid& paid : payments_) apply(command::SettleRefund{paid.id});
    for (std::uint32_t no = 1; no <= book_.sale_count(); ++no) {
      const SaleSummary summary = book_.summary(SaleNo{no});
      EXPECT_EQ(summary.phase, Phase::settled);
      EXPECT_EQ(summary.money.refund_due, Money{});
      EXPECT_EQ(summary.money.standby, Money{});
      for (const ItemCounts& counts : summary.items) {
        EXPECT_EQ(counts.held, 0U);
        EXPECT_EQ(counts.standby, 0U);
      }
    }
  }

  struct Owned {
    OrderId id;
    BuyerId buyer;
  };
  struct Paid {
    PaymentId id;
    Money amount;
  };

  std::mt19937_64 random_;
  Book book_{3};
  Book twin_{3};
  Book replica_{3};
  Witness witness_;
  TimePoint now_ = kStart;
  std::uint64_t items_ = 1;
  std::uint32_t sales_ = 1;
  bool lined_ = false;
  BuyerId owner_;
  std::vector<Owned> orders_;
  std::vector<Paid> payments_;
  std::map<Verdict, int> verdicts_;
  std::set<std::size_t> kinds_;
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(history, keeps_the_invariants_and_recovers_to_the_same_book) {
  const std::uint64_t only = number_from_environment("ONRUSH_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : number_from_environment("ONRUSH_HISTORIES", 150);
  std::map<Verdict, int> verdicts;
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(fmt::format("ONRUSH_SEED={}", seed));
    History history(seed);
    history.run(200);
    ASSERT_FALSE(HasFailure()) << "ONRUSH_SEED=" << seed;
    for (const auto& [verdict, n] : history.verdicts()) verdicts[verdict] += n;
    kinds.insert(history.kinds().begin(), history.kinds().end());
  }
  if (count < 100) return;
  // The histories are no use if they miss a branch: every event and every answer occurs.
  EXPECT_EQ(kinds.size(), std::variant_size_v<Event>);
  for (const Verdict verdict : {Verdict::granted,
                                Verdict::standby,
                                Verdict::sold_out,
                                Verdict::limit_reached,
                                Verdict::not_open,
                                Verdict::paused,
                                Verdict::closed,
                                Verdict::key_conflict,
                                Verdict::done,
                                Verdict::pass_required,
                                Verdict::registration_required,
                                Verdict::place,
                                Verdict::pass,
                                Verdict::not_your_turn,
                                Verdict::line_full,
                                Verdict::line_off,
                                Verdict::no_place,
                                Verdict::found,
                                Verdict::not_found,
                                Verdict::wrong_state,
                                Verdict::payment_needed,
                                Verdict::invalid}) {
    EXPECT_GT(verdicts[verdict], 0) << to_string(verdict);
  }
}

}  // namespace
}  // namespace onrush::sale::test
