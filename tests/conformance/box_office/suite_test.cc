// What every box office must do, whatever it is made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "conformance/box_office/office.h"
#include "support/reply_collector.h"
#include "support/sales.h"

namespace onrush::conformance {
namespace {

using namespace std::chrono_literals;
namespace command = sale::command;
using sale::Verdict;
using testing::hold_request;
using testing::SaleShape;

class BoxOfficeConformance : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override { under_test_ = GetParam().make({}); }

  sale::Outcome ask(sale::Command command) {
    return ports::call(under_test_->office(), std::move(command), 30s);
  }
  sale::SaleNo open_sale(const SaleShape& shape) {
    const auto defined = ask(command::DefineSale{make_rules(shape, under_test_->now()), "ann"});
    EXPECT_EQ(defined.verdict, Verdict::done) << defined.message;
    const auto act = [&](command::PhaseAct what) {
      return ask(command::ChangePhase{defined.sale, what, "ann", ""});
    };
    EXPECT_EQ(act(command::PhaseAct::announce).verdict, Verdict::done);
    if (!reaches([&] { return status(defined.sale).phase == sale::Phase::open; }, 2s)) {
      const auto opened = act(command::PhaseAct::open);
      EXPECT_EQ(opened.verdict, Verdict::done) << opened.message;
    }
    return defined.sale;
  }
  ports::ItemStatus status(sale::SaleNo sale, std::uint16_t item = 0) {
    return under_test_->office().status(sale, sale::ItemNo(item));
  }
  // Time only makes things happen; it is never measured.
  template <class Condition>
  bool reaches(Condition condition, std::chrono::seconds longest = 30s) {
    const auto end = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  sale::Outcome look_up(sale::OrderId order) {
    return ask(command::LookUpOrder{order, sale::BuyerId(0)});
  }

  std::unique_ptr<OfficeUnderTest> under_test_;
};

TEST_P(BoxOfficeConformance, a_hold_is_granted_and_can_be_looked_up) {
  const auto sale = open_sale({});
  const auto granted = ask(hold_request(sale, 7));
  ASSERT_EQ(granted.verdict, Verdict::granted) << granted.message;
  EXPECT_EQ(granted.order.buyer, sale::BuyerId(7));
  ASSERT_EQ(granted.order.units.size(), 1U);
  EXPECT_EQ(granted.order.deadline, granted.order.granted_at + 60s);
  const auto found = ask(command::LookUpOrder{granted.order.order, sale::BuyerId(7)});
  ASSERT_EQ(found.verdict, Verdict::found);
  EXPECT_EQ(found.order.units, granted.order.units);
  EXPECT_EQ(ask(command::LookUpOrder{granted.order.order, sale::BuyerId(8)}).verdict,
            Verdict::not_found);
}

TEST_P(BoxOfficeConformance, the_same_key_gets_the_same_answer_once) {
  const auto sale = open_sale({.stock = 5, .per_buyer = 3});
  const auto first = ask(hold_request(sale, 7, 99));
  const auto again = ask(hold_request(sale, 7, 99));
  ASSERT_EQ(first.verdict, Verdict::granted);
  EXPECT_EQ(again.verdict, Verdict::granted);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.order.order, first.order.order);
  ASSERT_TRUE(reaches([&] { return status(sale).held == 1; }));
  EXPECT_EQ(ask(hold_request(sale, 7, 99, 2)).verdict, Verdict::key_conflict);
}

TEST_P(BoxOfficeConformance, a_buyer_gets_no_more_than_his_limit) {
  const auto sale = open_sale({.stock = 5});
  const auto first = ask(hold_request(sale, 7, 1));
  ASSERT_EQ(first.verdict, Verdict::granted);
  ASSERT_EQ(ask(command::ConfirmOrder{first.order.order, sale::BuyerId(7), ""}).verdict,
            Verdict::done);
  const auto second = ask(hold_request(sale, 7, 2));
  EXPECT_EQ(second.verdict, Verdict::limit_reached);
  EXPECT_TRUE(reaches([&] { return status(sale).free == 4; }));
}

TEST_P(BoxOfficeConformance, a_bundle_is_granted_as_a_whole_or_not_at_all) {
  const auto sale = open_sale({.stock = 1, .items = 2});
  ASSERT_EQ(ask(hold_request(sale, 1, 0, 1, 1)).verdict, Verdict::granted);
  auto bundle = hold_request(sale, 2, 0, 1, 0);
  bundle.lines.push_back({sale::ItemNo(1), 1});
  EXPECT_EQ(ask(bundle).verdict, Verdict::sold_out);
  EXPECT_TRUE(reaches([&] { return status(sale, 0).free == 1 && status(sale, 1).free == 0; }));
}

TEST_P(BoxOfficeConformance, units_that_come_back_go_to_standby_in_order) {
  const auto sale = open_sale({.stock = 1, .standby = 10});
  ASSERT_EQ(ask(hold_request(sale, 1)).verdict, Verdict::granted);
  for (std::uint64_t buyer = 2; buyer <= 4; ++buyer) {
    const auto waiting = ask(hold_request(sale, buyer));
    ASSERT_EQ(waiting.verdict, Verdict::standby);
    EXPECT_EQ(waiting.standby.position, buyer - 1);
  }
  for (std::uint64_t next = 2; next <= 4; ++next) {
    under_test_->advance(61s);
    ASSERT_TRUE(reaches([&] {
      const auto view = ask(command::LookUpBuyer{sale, sale::BuyerId(next)});
      return view.buyer && !view.buyer->orders.empty();
    })) << "buyer "
        << next;
    EXPECT_TRUE(
        reaches([&] { return status(sale).held == 1 && status(sale).standby == 4 - next; }));
  }
}

TEST_P(BoxOfficeConformance, a_released_hold_frees_its_unit) {
  const auto sale = open_sale({.stock = 1});
  const auto granted = ask(hold_request(sale, 1));
  ASSERT_EQ(ask(hold_request(sale, 2)).verdict, Verdict::sold_out);
  EXPECT_EQ(ask(command::ReleaseHold{granted.order.order, sale::BuyerId(2)}).verdict,
            Verdict::not_found);
  EXPECT_EQ(ask(command::ReleaseHold{granted.order.order, sale::BuyerId(1)}).verdict,
            Verdict::done);
  EXPECT_EQ(ask(hold_request(sale, 2)).verdict, Verdict::granted);
}

TEST_P(BoxOfficeConformance, a_captured_payment_makes_the_order_paid) {
  const auto sale = open_sale({.payment = sale::PaymentMode::provider});
  const auto granted = ask(hold_request(sale, 1));
  const auto started = ask(command::StartPayment{granted.order.order, sale::BuyerId(1)});
  ASSERT_EQ(started.verdict, Verdict::done) << started.message;
  const auto again = ask(command::StartPayment{granted.order.order, sale::BuyerId(1)});
  EXPECT_EQ(again.payment, started.payment);
  const command::SettlePayment captured{started.payment, command::PaymentStatus::captured, {1'000}};
  EXPECT_EQ(ask(captured).verdict, Verdict::done);
  EXPECT_EQ(ask(captured).verdict, Verdict::done) << "a repeated callback is harmless";
  EXPECT_EQ(look_up(granted.order.order).order.state, sale::OrderState::paid);
  EXPECT_TRUE(reaches([&] { return status(sale).paid == 1; }));
}

TEST_P(BoxOfficeConformance, late_money_is_granted_anew_or_refunded) {
  const auto sale = open_sale({.stock = 1, .payment = sale::PaymentMode::provider});
  const auto first = ask(hold_request(sale, 1));
  const auto payment = ask(command::StartPayment{first.order.order, sale::BuyerId(1)}).payment;
  under_test_->advance(61s);
  ASSERT_TRUE(
      reaches([&] { return look_up(first.order.order).order.state == sale::OrderState::expired; }));
  const auto other = ask(hold_request(sale, 2));
  ASSERT_EQ(other.verdict, Verdict::granted);
  ASSERT_EQ(ask(command::SettlePayment{payment, command::PaymentStatus::captured, {1'000}}).verdict,
            Verdict::done);
  EXPECT_EQ(look_up(first.order.order).order.payment_state, sale::PaymentState::refund_due);
  EXPECT_EQ(ask(command::SettleRefund{payment}).verdict, Verdict::done);
  EXPECT_EQ(look_up(first.order.order).order.payment_state, sale::PaymentState::refunded);
}

TEST_P(BoxOfficeConformance, a_paused_sale_grants_nothing_until_it_resumes) {
  const auto sale = open_sale({});
  const auto act = [&](command::PhaseAct what) {
    return ask(command::ChangePhase{sale, what, "ann", "test"}).verdict;
  };
  ASSERT_EQ(act(command::PhaseAct::pause), Verdict::done);
  EXPECT_EQ(ask(hold_request(sale, 1)).verdict, Verdict::paused);
  EXPECT_TRUE(reaches([&] { return status(sale).phase == sale::Phase::paused; }));
  ASSERT_EQ(act(command::PhaseAct::resume), Verdict::done);
  EXPECT_EQ(ask(hold_request(sale, 1)).verdict, Verdict::granted);
  ASSERT_EQ(act(command::PhaseAct::close), Verdict::done);
  EXPECT_EQ(ask(hold_request(sale, 2)).verdict, Verdict::closed);
}

TEST_P(BoxOfficeConformance, what_does_not_exist_is_not_found) {
  EXPECT_EQ(ask(hold_request(sale::SaleNo(77), 1)).verdict, Verdict::not_found);
  EXPECT_EQ(look_up(sale::OrderId(12345)).verdict, Verdict::not_found);
  EXPECT_EQ(status(sale::SaleNo(77)).stock, 0U);
  EXPECT_EQ(status(sale::SaleNo(0)).stock, 0U);
}

TEST_P(BoxOfficeConformance, racing_buyers_never_get_more_than_there_is) {
  constexpr std::uint32_t kStock = 500;
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kBuyers = 1'000;  // a thread
  const auto sale = open_sale({.stock = kStock});
  testing::ReplyCollector replies;
  std::atomic<std::size_t> taken{0};
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kBuyers; ++i) {
        // Neighbouring threads share half of their buyers: the same buyer asks twice at once.
        const std::uint64_t buyer = 1 + t * kBuyers / 2 + i;
        while (!under_test_->office().submit(hold_request(sale, buyer), ports::Lane::rush, replies,
                                             buyer)) {
          std::this_thread::yield();
        }
        ++taken;
      }
    });
  }
  threads.clear();
  ASSERT_TRUE(replies.wait_for(taken));
  std::set<std::uint32_t> units;
  std::set<sale::OrderId> orders;
  for (const auto& reply : replies.replies()) {
    if (reply.outcome.verdict != Verdict::granted) continue;
    EXPECT_EQ(reply.outcome.order.buyer.value(), reply.ticket);
    if (!orders.insert(reply.outcome.order.order).second)
      continue;  // given again to the same buyer
    for (const auto& unit : reply.outcome.order.units) {
      EXPECT_TRUE(units.insert(unit.unit.value()).second)
          << "unit sold twice: " << unit.unit.value();
    }
  }
  EXPECT_EQ(units.size(), kStock) << "all of it is sold, and no more";
  EXPECT_EQ(*units.rbegin(), kStock);
  ASSERT_TRUE(reaches([&] { return status(sale).held == kStock; }));
  EXPECT_EQ(status(sale).free, 0U);
}

TEST_P(BoxOfficeConformance, every_request_taken_has_exactly_one_reply) {
  under_test_ = GetParam().make({.rush_capacity = 64});
  const auto sale = open_sale({.stock = 100'000});
  testing::ReplyCollector replies;
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t buyer = 1; refused == 0 || buyer <= 20'000; ++buyer) {
    ASSERT_LT(buyer, 20'000'000U) << "a small intake must be full at some time";
    if (under_test_->office().submit(hold_request(sale, buyer % 90'000 + 1), ports::Lane::rush,
                                     replies, buyer)) {
      ++taken;
    } else {
      ++refused;
    }
  }
  ASSERT_TRUE(replies.wait_for(taken));
  std::this_thread::sleep_for(20ms);
  auto all = replies.replies();
  EXPECT_EQ(all.size(), taken);
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.ticket < b.ticket; });
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.ticket == b.ticket; });
  EXPECT_EQ(twice, all.end());
}

TEST_P(BoxOfficeConformance, the_counts_of_an_item_always_add_up) {
  const auto sale = open_sale({.stock = 2'000});
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::jthread reader([&] {
    while (!stop) {
      const auto seen = status(sale);
      if (seen.free + seen.held + seen.paid != seen.stock) ++wrong;
    }
  });
  testing::ReplyCollector replies;
  std::size_t taken = 0;
  for (std::uint64_t buyer = 1; buyer <= 3'000; ++buyer) {
    if (under_test_->office().submit(hold_request(sale, buyer), ports::Lane::rush, replies, buyer))
      ++taken;
  }
  ASSERT_TRUE(replies.wait_for(taken));
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0U);
}

// A sale in its lobby, which opens a minute later.
class LineConformance : public BoxOfficeConformance {
 protected:
  sale::SaleNo lobby(sale::LineMode mode, std::uint32_t stock = 50) {
    SaleShape shape{.stock = stock};
    shape.line.mode = mode;
    shape.line.rate = 100;
    shape.line.draw_secret.fill(std::byte{0x42});
    shape.lobby = 60s;
    const auto rules = make_rules(shape, under_test_->now() + 60s);
    const auto defined = ask(command::DefineSale{rules, "ann"});
    EXPECT_EQ(defined.verdict, Verdict::done) << defined.message;
    (void)ask(command::ChangePhase{defined.sale, command::PhaseAct::announce, "ann", ""});
    EXPECT_TRUE(reaches([&] { return line(defined.sale).phase == sale::Phase::lobby; }));
    return defined.sale;
  }
  ports::LineStatus line(sale::SaleNo sale) { return under_test_->office().line(sale); }
  void open(sale::SaleNo sale) {
    under_test_->advance(60s);
    ASSERT_TRUE(reaches([&] { return line(sale).drawn; }));
  }
  void call_up_to(sale::SaleNo sale, std::uint32_t number) {
    ASSERT_TRUE(reaches([&] {
      under_test_->advance(10ms);
      return line(sale).serving >= number;
    }));
  }
  sale::Outcome place(sale::SaleNo sale, std::uint64_t buyer) {
    return ask(command::TakePlace{sale, sale::BuyerId(buyer)});
  }
  sale::Outcome claim(sale::SaleNo sale, std::uint64_t buyer) {
    return ask(command::ClaimPass{sale, sale::BuyerId(buyer)});
  }
};

TEST_P(LineConformance, a_pass_comes_with_the_turn_and_lets_its_buyer_ask_once) {
  const auto sale = lobby(sale::LineMode::fifo);
  for (std::uint64_t buyer = 1; buyer <= 3; ++buyer) {
    const auto taken = place(sale, buyer);
    ASSERT_EQ(taken.verdict, Verdict::place);
    EXPECT_EQ(taken.place.number, buyer);
    EXPECT_EQ(taken.place.state, sale::PlaceState::lobby);
  }
  EXPECT_TRUE(place(sale, 2).repeated);
  EXPECT_EQ(claim(sale, 1).verdict, Verdict::not_your_turn);
  open(sale);
  EXPECT_EQ(ask(hold_request(sale, 1)).verdict, Verdict::pass_required);
  call_up_to(sale, 3);
  const auto pass = claim(sale, 2);
  ASSERT_EQ(pass.verdict, Verdict::pass);
  EXPECT_EQ(pass.pass.number, 2U);
  EXPECT_EQ(pass.pass.expires_at, pass.place.pass_expires_at);
  EXPECT_EQ(ask(hold_request(sale, 3)).verdict, Verdict::pass_required);
  EXPECT_EQ(ask(hold_request(sale, 2)).verdict, Verdict::granted);
  EXPECT_TRUE(ask(hold_request(sale, 2)).repeated) << "as before, without another pass";
  EXPECT_EQ(ask(command::LookUpPlace{sale, sale::BuyerId(2)}).place.state, sale::PlaceState::used);
  EXPECT_EQ(claim(sale, 2).verdict, Verdict::no_place);
  EXPECT_EQ(claim(sale, 9).verdict, Verdict::no_place);
}

TEST_P(LineConformance, what_the_line_shows_follows_what_happened) {
  const auto sale = lobby(sale::LineMode::draw);
  EXPECT_EQ(under_test_->office().line(sale::SaleNo(9)).mode, sale::LineMode::off);
  for (std::uint64_t buyer = 1; buyer <= 5; ++buyer) (void)place(sale, buyer);
  (void)ask(command::LeaveLine{sale, sale::BuyerId(5)});
  ASSERT_TRUE(reaches([&] { return line(sale).entries == 5 && line(sale).left == 1; }));
  EXPECT_EQ(line(sale).seed, Digest{});
  open(sale);
  EXPECT_EQ(line(sale).lobby_entries, 5U);
  EXPECT_NE(line(sale).seed, Digest{});
  call_up_to(sale, 5);
  ASSERT_EQ(claim(sale, 1).verdict, Verdict::pass);
  ASSERT_TRUE(reaches([&] { return line(sale).claimed == 1 && line(sale).active == 1; }));
  ASSERT_EQ(ask(hold_request(sale, 1)).verdict, Verdict::granted);
  ASSERT_TRUE(reaches([&] { return line(sale).active == 0; }));
  (void)ask(command::SetLineRate{sale, 7, "ann"});
  ASSERT_TRUE(reaches([&] { return line(sale).rate == 7; }));
}

TEST_P(LineConformance, places_passes_and_the_draw_survive_a_restart) {
  const auto sale = lobby(sale::LineMode::draw);
  for (std::uint64_t buyer = 1; buyer <= 30; ++buyer) (void)place(sale, buyer);
  if (!under_test_->restart()) GTEST_SKIP() << "this implementation keeps nothing";
  ASSERT_TRUE(place(sale, 7).repeated);
  open(sale);
  call_up_to(sale, 10);
  std::vector<sale::PlaceView> before;
  const auto look = [&](std::uint64_t buyer) {
    return ask(command::LookUpPlace{sale, sale::BuyerId(buyer)}).place;
  };
  for (std::uint64_t buyer = 1; buyer <= 30; ++buyer) {
    if (look(buyer).number <= 10) {
      ASSERT_EQ(claim(sale, buyer).verdict, Verdict::pass);
    }
    before.push_back(look(buyer));
  }
  const ports::LineStatus status = line(sale);
  ASSERT_TRUE(under_test_->restart());
  EXPECT_EQ(line(sale).seed, status.seed);
  EXPECT_GE(line(sale).serving, status.serving) << "what was called stays called";
  EXPECT_EQ(line(sale).claimed, 10U);
  std::set<std::uint32_t> numbers;
  for (std::uint64_t buyer = 1; buyer <= 30; ++buyer) {
    const sale::PlaceView now = look(buyer);
    EXPECT_EQ(now.entry, before[buyer - 1].entry);
    EXPECT_EQ(now.number, before[buyer - 1].number);
    EXPECT_EQ(now.pass_expires_at, before[buyer - 1].pass_expires_at);
    numbers.insert(now.number);
    if (now.state == sale::PlaceState::claimed) {
      EXPECT_EQ(ask(hold_request(sale, buyer)).verdict, Verdict::granted);
    }
  }
  EXPECT_EQ(numbers.size(), 30U);
  call_up_to(sale, 30);
}

TEST_P(LineConformance, racing_buyers_get_one_place_each) {
  const auto sale = lobby(sale::LineMode::fifo);
  constexpr std::uint64_t kBuyers = 40;
  std::vector<std::thread> threads;
  std::array<std::atomic<std::uint32_t>, kBuyers + 1> entry{};
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t buyer = 1; buyer <= kBuyers; ++buyer) {
        const auto taken = place(sale, buyer);
        std::uint32_t none = 0;
        if (taken.verdict != Verdict::place ||
            (!entry[buyer].compare_exchange_strong(none, taken.place.entry) &&
             none != taken.place.entry)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  std::set<std::uint32_t> entries;
  for (std::uint64_t buyer = 1; buyer <= kBuyers; ++buyer) entries.insert(entry[buyer].load());
  EXPECT_EQ(entries.size(), kBuyers);
  EXPECT_EQ(*entries.rbegin(), kBuyers);
}

TEST_P(BoxOfficeConformance, what_was_acknowledged_survives_a_restart) {
  const auto sale = open_sale({.stock = 50});
  std::vector<sale::OrderView> orders;
  for (std::uint64_t buyer = 1; buyer <= 20; ++buyer) {
    const auto granted = ask(hold_request(sale, buyer, buyer * 31));
    ASSERT_EQ(granted.verdict, Verdict::granted);
    orders.push_back(granted.order);
  }
  ASSERT_EQ(ask(command::ConfirmOrder{orders[0].order, sale::BuyerId(1), ""}).verdict,
            Verdict::done);
  if (!under_test_->restart()) GTEST_SKIP() << "this implementation keeps nothing";
  for (const auto& order : orders) {
    const auto found = look_up(order.order);
    ASSERT_EQ(found.verdict, Verdict::found);
    EXPECT_EQ(found.order.units, order.units);
    EXPECT_EQ(found.order.deadline, order.deadline);
  }
  EXPECT_EQ(look_up(orders[0].order).order.state, sale::OrderState::paid);
  EXPECT_EQ(ask(hold_request(sale, 5, 5 * 31)).order.order, orders[4].order) << "keys survive, too";
  EXPECT_EQ(status(sale).free, 30U);
  EXPECT_EQ(status(sale).paid, 1U);
}

INSTANTIATE_TEST_SUITE_P(, LineConformance, ::testing::ValuesIn(implementations()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(, BoxOfficeConformance, ::testing::ValuesIn(implementations()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace onrush::conformance
