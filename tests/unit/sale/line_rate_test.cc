// The line in simulated time: the rate of claims, the order, and that nobody is stuck.
//
// The seed is printed; ONRUSH_SEED=n runs that one again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <queue>
#include <random>

#include "sale/line_state.h"
#include "scenario.h"

namespace onrush::sale::test {
namespace {

constexpr SaleNo kSale{1};

std::uint64_t seed_of_run() {
  const char* text = std::getenv("ONRUSH_SEED");
  const std::uint64_t seed =
      text == nullptr ? std::random_device{}() : std::strtoull(text, nullptr, 10);
  std::printf("ONRUSH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// People in a line, some of whom stay away.
class Crowd {
 public:
  struct Manners {
    std::uint32_t people = 0;
    unsigned away_percent = 0;     // never claim
    unsigned late_percent = 0;     // claim some minutes after their call
    Millis claim_delay{2'000};     // of the others, at most
    unsigned release_percent = 0;  // give their units back after some seconds
    bool buys = true;              // books what he got
  };

  Crowd(SaleRules rules, Manners manners, std::uint64_t seed)
      : manners_(manners), random_(seed), number_(manners.people + 1) {
    apply(command::DefineSale{std::make_shared<SaleRules>(std::move(rules)), "ann"});
    apply(command::ChangePhase{kSale, command::PhaseAct::announce, "", ""});
    tick();
    for (std::uint32_t b = 1; b <= manners_.people; ++b)
      EXPECT_EQ(apply(command::TakePlace{kSale, BuyerId{b}}).verdict, Verdict::place);
  }

  // Until a time, or until nothing is left to happen.
  void run_until(TimePoint end) {
    while (now_ < end) {
      now_ += kStep;
      tick();
      while (!plans_.empty() && plans_.top().at <= now_) {
        const Plan plan = plans_.top();
        plans_.pop();
        act(plan);
      }
    }
  }

  [[nodiscard]] Book& book() { return book_; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] LineSummary line() const { return book_.line(kSale, now_); }
  [[nodiscard]] std::uint32_t claims() const { return claims_; }
  [[nodiscard]] std::uint32_t called_present() const { return present_; }
  [[nodiscard]] std::uint32_t active_max_seen() const { return active_max_; }
  [[nodiscard]] std::uint32_t sold_out() const { return sold_out_; }

 private:
  static constexpr Millis kStep{20};
  enum class What { claim, release };
  struct Plan {
    TimePoint at;
    std::uint64_t buyer;
    What what;
    OrderId order;
    friend bool operator>(const Plan& a, const Plan& b) { return a.at > b.at; }
  };

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  Millis up_to(Millis most) {
    return Millis{static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most.count()))};
  }

  Outcome apply(const Command& command) {
    events_.clear();
    Outcome outcome = book_.apply(command, now_, events_);
    see();
    return outcome;
  }
  void tick() {
    events_.clear();
    while (book_.tick(now_, events_, 1'000)) {
    }
    see();
  }

  // Everybody who is called makes a plan, or stays away.
  void see() {
    for (const Event& event : events_) {
      const auto* called = std::get_if<event::LineCalled>(&event);
      if (called == nullptr) continue;
      EXPECT_GT(called->serving, serving_);
      if (number_at_.empty()) look_up_numbers();
      for (std::uint32_t n = serving_ + 1; n <= called->serving; ++n) {
        if (chance(manners_.away_percent)) continue;
        ++present_;
        const Millis delay = chance(manners_.late_percent)
                                 ? Millis{60'000} + up_to(Millis{600'000})
                                 : Millis{200} + up_to(manners_.claim_delay);
        plans_.push({now_ + delay, number_at_[n], What::claim, {}});
      }
      serving_ = called->serving;
    }
  }
  void look_up_numbers() {
    number_at_.resize(manners_.people + 1);
    std::vector<Event> none;
    for (std::uint32_t b = 1; b <= manners_.people; ++b) {
      const Outcome outcome = book_.apply(command::LookUpPlace{kSale, BuyerId{b}}, now_, none);
      ASSERT_TRUE(outcome.place.number >= 1 && outcome.place.number <= manners_.people &&
                  number_at_[outcome.place.number] == 0);
      number_at_[outcome.place.number] = b;
      number_[b] = outcome.place.number;
    }
  }

  void act(const Plan& plan) {
    if (plan.what == What::release) {
      (void)apply(command::ReleaseHold{plan.order, BuyerId{plan.buyer}});
      return;
    }
    const Outcome claimed = apply(command::ClaimPass{kSale, BuyerId{plan.buyer}});
    if (claimed.verdict == Verdict::not_your_turn) {  // too many passes are out: again, soon
      EXPECT_LE(number_[plan.buyer], serving_);
      plans_.push({now_ + Millis{500}, plan.buyer, What::claim, {}});
      return;
    }
    if (claimed.verdict == Verdict::closed) return;
    ASSERT_EQ(claimed.verdict, Verdict::pass) << to_string(claimed.verdict);
    ++claims_;
    active_max_ = std::max(active_max_, line().active);
    command::RequestHold hold;
    hold.sale = kSale;
    hold.buyer = BuyerId{plan.buyer};
    hold.lines.push_back({ItemNo{0}, 1});
    const Outcome held = apply(hold);
    if (held.verdict == Verdict::sold_out) {
      ++sold_out_;
      return;
    }
    if (held.verdict != Verdict::granted) return;
    if (chance(manners_.release_percent)) {
      plans_.push({now_ + up_to(Millis{20'000}), plan.buyer, What::release, held.order.order});
    } else if (manners_.buys) {
      (void)apply(command::ConfirmOrder{held.order.order, BuyerId{}, "ann"});
    }
  }

  const Manners manners_;
  std::mt19937_64 random_;
  Book book_;
  TimePoint now_ = kStart;
  std::vector<Event> events_;
  std::priority_queue<Plan, std::vector<Plan>, std::greater<>> plans_;
  std::vector<std::uint32_t> number_;     // of a buyer
  std::vector<std::uint64_t> number_at_;  // whose a number is
  std::uint32_t serving_ = 0, claims_ = 0, present_ = 0, active_max_ = 0;
  std::uint32_t sold_out_ = 0;
};

SaleRules line_rules(std::uint32_t stock, std::uint32_t rate) {
  SaleRules rules = simple_rules(stock);
  rules.opens_at = kStart + Millis{1'000};
  rules.closes_at = kStart + std::chrono::hours{24};
  rules.items[0].standby_capacity = 0;
  rules.line.mode = LineMode::draw;
  rules.line.draw_secret.fill(std::byte{3});
  rules.line.rate = rate;
  rules.line.active_max = 10'000;
  return rules;
}

TEST(line_rate, of_an_hour_is_kept_although_thirty_in_a_hundred_stay_away) {
  Crowd crowd(line_rules(400'000, 50),
              {.people = 280'000, .away_percent = 30, .late_percent = 2, .buys = false},
              seed_of_run());
  crowd.run_until(kStart + Millis{61'000});
  const std::uint32_t first_minute = crowd.claims();
  std::uint32_t least = 0xffffffff;
  std::uint32_t most = 0;
  std::uint32_t before = first_minute;
  for (int minute = 2; minute <= 60; ++minute) {
    crowd.run_until(kStart + Millis{1'000 + 60'000 * minute});
    const std::uint32_t claims = crowd.claims() - before;
    before = crowd.claims();
    least = std::min(least, claims);
    most = std::max(most, claims);
  }
  std::printf("claims a minute, aimed at 3000: the first %u, then %u..%u; in the hour %u\n",
              first_minute, least, most, crowd.claims());
  EXPECT_GT(crowd.claims(), 180'000 * 0.95);
  EXPECT_LT(crowd.claims(), 180'000 * 1.05);
  EXPECT_GT(least, 3'000 * 0.95);
  EXPECT_LT(most, 3'000 * 1.05);
  EXPECT_GT(crowd.line().claim_rate_milli, 45'000U);
  EXPECT_LT(crowd.line().claim_rate_milli, 55'000U);
  EXPECT_EQ(crowd.book().check_invariants(), "");
}

// A recovered book asks before it has looked at any time.
TEST(line_rate, has_no_credit_from_before_it_ran) {
  LineRules rules;
  rules.rate = 100'000;
  RateController controller(rules);
  controller.run(kStart);
  EXPECT_EQ(controller.view(kStart).credit, 0);
  EXPECT_EQ(controller.view(TimePoint{}).credit, 0);
}

// At the high rate many came ahead of time; at the low one nobody waits for hours until that is
// paid back.
TEST(line_rate, that_staff_lower_is_soon_kept_again) {
  SaleRules rules = line_rules(50'000, 1'000);
  rules.line.mode = LineMode::fifo;
  rules.line.active_max = 100'000;
  rules.line.claim = Millis{1'000};
  Book book;
  std::vector<Event> events;
  const auto apply = [&](const Command& command, TimePoint now) {
    events.clear();
    return book.apply(command, now, events).verdict;
  };
  (void)apply(command::DefineSale{std::make_shared<SaleRules>(rules), ""}, kStart);
  (void)apply(command::ChangePhase{kSale, command::PhaseAct::announce, "", ""}, kStart);
  (void)apply(command::ChangePhase{kSale, command::PhaseAct::open, "", ""}, kStart);
  for (std::uint32_t b = 1; b <= 30'000; ++b)
    (void)apply(command::TakePlace{kSale, BuyerId{b}}, kStart);
  // Nobody comes at first, so very many are called, and then all come at once.
  for (const int ms : {1'000, 2'500}) book.tick(kStart + Millis{ms}, events, 100);
  const std::uint32_t called = book.line(kSale, kStart + Millis{2'500}).serving;
  ASSERT_GT(called, 15'000U);
  ASSERT_LT(called, 30'000U);
  for (std::uint32_t b = 1; b <= called; ++b)
    ASSERT_EQ(apply(command::ClaimPass{kSale, BuyerId{b}}, kStart + Millis{2'600}), Verdict::pass);
  ASSERT_EQ(apply(command::SetLineRate{kSale, 1, "ann"}, kStart + Millis{2'600}), Verdict::done);
  for (int second = 3; second <= 20; ++second)
    book.tick(kStart + Millis{1'000 * second}, events, 100);
  EXPECT_GT(book.line(kSale, kStart + Millis{20'000}).serving, called);
}

// More was called at once than may have a pass, and units came back all the time; in the end all is
// sold, or everybody who came had his turn.
TEST(line_rate, leaves_nobody_stuck_and_nothing_unsold) {
  SaleRules rules = line_rules(2'000, 100);
  rules.line.active_max = 40;
  rules.payment = PaymentMode::confirmation;
  Crowd crowd(rules,
              {.people = 10'000, .away_percent = 50, .late_percent = 5, .release_percent = 30},
              seed_of_run());
  crowd.run_until(kStart + std::chrono::hours{2});
  EXPECT_EQ(crowd.book().counts(kSale, ItemNo{0}).paid, 2'000U) << "I8: undersold";
  EXPECT_GE(crowd.book().phase(kSale), Phase::closed);
  EXPECT_LE(crowd.active_max_seen(), 40U);
  EXPECT_EQ(crowd.book().check_invariants(), "");
}

TEST(line_rate, reaches_the_end_of_a_line_that_all_but_a_few_have_left) {
  Crowd crowd(line_rules(20'000, 20), {.people = 20'000, .away_percent = 97, .late_percent = 20},
              seed_of_run());
  crowd.run_until(kStart + std::chrono::hours{1});
  EXPECT_EQ(crowd.line().serving, 20'000U);
  EXPECT_EQ(crowd.claims(), crowd.called_present());
  EXPECT_EQ(crowd.sold_out(), 0U);
}

// Stock-honest: no more are called than can be served, so none of those who come in time is turned
// away.
TEST(line_rate, calls_no_more_than_the_stock_can_serve) {
  SaleRules rules = line_rules(500, 1'000);
  Crowd crowd(rules, {.people = 5'000, .away_percent = 10, .claim_delay = Millis{1'000}},
              seed_of_run());
  crowd.run_until(kStart + Millis{600'000});
  EXPECT_EQ(crowd.sold_out(), 0U);
  EXPECT_EQ(crowd.book().counts(kSale, ItemNo{0}).paid, 500U);
  EXPECT_LT(crowd.line().serving, 600U);
}

// A whole crowd that left is passed in some calls, each of which the writer can afford.
TEST(line_rate, passes_a_crowd_that_has_left_part_by_part) {
  Book book;
  std::vector<Event> events;
  SaleRules rules = line_rules(10, 10);
  rules.line.mode = LineMode::fifo;
  (void)book.apply(command::DefineSale{std::make_shared<SaleRules>(rules), ""}, kStart, events);
  (void)book.apply(command::ChangePhase{kSale, command::PhaseAct::announce, "", ""}, kStart,
                   events);
  book.tick(kStart, events, 100);
  constexpr std::uint32_t kPeople = 50'001;
  for (std::uint32_t b = 1; b <= kPeople; ++b)
    (void)book.apply(command::TakePlace{kSale, BuyerId{b}}, kStart, events);
  for (std::uint32_t b = 1; b < kPeople; ++b)
    (void)book.apply(command::LeaveLine{kSale, BuyerId{b}}, kStart, events);
  events.clear();
  for (TimePoint now = kStart; now < kStart + Millis{3'000}; now += Millis{100})
    book.tick(now, events, 100);
  std::vector<std::uint32_t> calls;
  for (const Event& event : events) {
    if (const auto* called = std::get_if<event::LineCalled>(&event))
      calls.push_back(called->serving);
  }
  EXPECT_EQ(calls, (std::vector<std::uint32_t>{20'000, 40'000, kPeople}));
  EXPECT_EQ(book.check_invariants(), "");
}

TEST(line_rate, takes_less_than_64_bytes_of_memory_a_place) {
  std::vector<Event> events;
  constexpr std::uint32_t kPlaces = 300'000;
  LineState line(line_rules(1, 1));
  for (std::uint32_t b = 1; b <= kPlaces; ++b) {
    Place place;
    place.buyer = b * 7'919ULL;
    line.places.add(place);
  }
  line.permutation = std::make_unique<Permutation>(Digest{}, kPlaces);
  for (std::uint32_t entry = 1; entry <= kPlaces; entry += 3)
    (void)line.number_of(entry, LineMode::draw);
  const double each = static_cast<double>(line.bytes()) / kPlaces;
  std::printf("%.1f bytes a place\n", each);
  EXPECT_LT(each, 64);
}

}  // namespace
}  // namespace onrush::sale::test
