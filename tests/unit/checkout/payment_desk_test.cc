#include "checkout/payment_desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "support/fake_box_office.h"
#include "support/fake_payment_provider.h"
#include "support/fake_payments.h"

namespace onrush::checkout {
namespace {

using Kind = ports::ProviderNotice::Kind;
using sale::PaymentState;
using sale::Verdict;
using testing::FakeBoxOffice;
using testing::FakePaymentProvider;
using testing::FakePayments;

const TimePoint kNow = from_millis(1'795'000'000'000);

class FixedClock final : public ports::Clock {
 public:
  TimePoint now() const noexcept override { return kNow; }
};

// Waits for what must come; a generous limit, so that only a real failure reaches it.
template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(Millis{1});
  }
  return true;
}

DeskPolicy quick() {
  DeskPolicy policy;
  policy.poll_interval = Millis{2};
  policy.ask_again_after = Millis{10};
  policy.retry_min = Millis{1};
  policy.retry_max = Millis{20};
  return policy;
}

PaymentDesk::Describe texts() {
  return {[](const sale::OrderView& o) { return "order " + std::to_string(o.order.value()); },
          [](const sale::OrderView& o) {
            return "https://shop.example/orders/" + std::to_string(o.order.value());
          },
          [](sale::SaleNo) { return std::string("CNY"); }};
}

class PaymentDeskTest : public ::testing::Test {
 protected:
  void make_desk(DeskPolicy policy) {
    desk.reset();
    desk = std::make_unique<PaymentDesk>(office, provider, payments, clock, texts(), policy);
  }

  PayAnswer pay(std::uint64_t order, std::uint64_t buyer) {
    std::promise<PayAnswer> answer;
    desk->pay(sale::OrderId{order}, sale::BuyerId{buyer},
              [&](PayAnswer a) { answer.set_value(std::move(a)); });
    return answer.get_future().get();
  }

  sale::Outcome settle(std::uint64_t payment, Kind kind, std::int64_t amount = 0) {
    std::promise<sale::Outcome> answer;
    desk->settle({"evt", sale::PaymentId{payment}, kind, sale::Money{amount}},
                 [&](sale::Outcome o) { answer.set_value(std::move(o)); });
    return answer.get_future().get();
  }

  // A payment that was started before ask_again_after, so that the rounds ask about it.
  std::uint64_t started_payment(std::uint64_t order) {
    payments.add_order(order, 7, 9'900);
    const auto payment = pay(order, 7).outcome.payment.value();
    payments.set_started_at(payment, kNow - std::chrono::seconds{1});
    return payment;
  }

  FixedClock clock;
  FakePayments payments{kNow};
  FakePaymentProvider provider;
  FakeBoxOffice office{[this](const sale::Command& c) { return payments.decide(c); }};
  std::unique_ptr<PaymentDesk> desk =
      std::make_unique<PaymentDesk>(office, provider, payments, clock, texts(), quick());
};

TEST_F(PaymentDeskTest, paying_starts_the_payment_and_gives_its_page) {
  payments.add_order(1, 7, 9'900);
  const PayAnswer answer = pay(1, 7);
  EXPECT_EQ(answer.outcome.verdict, Verdict::done);
  EXPECT_EQ(answer.url, "https://pay.example/1");
  const ports::PaymentIntent intent = provider.last_intent();
  EXPECT_EQ(intent.order, sale::OrderId{1});
  EXPECT_EQ(intent.amount, sale::Money{9'900});
  EXPECT_EQ(intent.currency, "CNY");
  EXPECT_EQ(intent.description, "order 1");
  EXPECT_EQ(intent.return_url, "https://shop.example/orders/1");
  EXPECT_EQ(intent.deadline, kNow + std::chrono::minutes{10});
}

TEST_F(PaymentDeskTest, paying_again_finds_the_same_payment) {
  payments.add_order(1, 7, 9'900);
  const PayAnswer first = pay(1, 7);
  const PayAnswer second = pay(1, 7);
  EXPECT_EQ(first.outcome.payment, second.outcome.payment);
  EXPECT_EQ(first.url, second.url);
  EXPECT_TRUE(second.outcome.repeated);
}

TEST_F(PaymentDeskTest, a_refusal_of_the_box_office_never_reaches_the_provider) {
  payments.add_order(1, 7, 9'900);
  const PayAnswer answer = pay(1, 8);
  EXPECT_EQ(answer.outcome.verdict, Verdict::not_found);
  EXPECT_EQ(answer.url, "");
  EXPECT_EQ(provider.entry(sale::PaymentId{1}).created, 0u);
}

TEST_F(PaymentDeskTest, a_provider_that_is_down_is_an_error_that_can_be_tried_again) {
  payments.add_order(1, 7, 9'900);
  provider.set_down(true);
  const PayAnswer answer = pay(1, 7);
  EXPECT_EQ(answer.outcome.verdict, Verdict::done);
  EXPECT_EQ(answer.url, "");
  EXPECT_NE(answer.error, "");
  EXPECT_EQ(desk->load().provider_errors, 1u);
  provider.set_down(false);
  EXPECT_EQ(pay(1, 7).url, "https://pay.example/1");
}

TEST_F(PaymentDeskTest, a_full_lane_and_a_full_queue_are_busy) {
  payments.add_order(1, 7, 9'900);
  office.set_full(true);
  EXPECT_EQ(pay(1, 7).outcome.verdict, Verdict::busy);
  EXPECT_EQ(settle(1, Kind::captured, 1).verdict, Verdict::busy);
  office.set_full(false);

  DeskPolicy policy = quick();
  policy.queue_max = 2;
  make_desk(policy);
  provider.hold_calls(true);
  std::atomic<int> answered{0};
  for (int i = 0; i < 2; ++i) {
    desk->pay(sale::OrderId{1}, sale::BuyerId{7}, [&](const PayAnswer&) { ++answered; });
  }
  std::atomic<bool> refused{false};
  desk->pay(sale::OrderId{1}, sale::BuyerId{7},
            [&](const PayAnswer& answer) { refused = answer.outcome.verdict == Verdict::busy; });
  EXPECT_TRUE(refused) << "at once";
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(desk->load().waiting, 2u);
  provider.hold_calls(false);
  EXPECT_TRUE(eventually([&] { return answered == 2; }));
  EXPECT_EQ(desk->load().waiting, 0u);
}

TEST_F(PaymentDeskTest,
       a_box_office_that_does_not_answer_is_unavailable_and_its_late_reply_is_dropped) {
  DeskPolicy policy = quick();
  policy.box_office_timeout = Millis{20};
  make_desk(policy);
  payments.add_order(1, 7, 9'900);
  office.hold_answers(true);
  EXPECT_EQ(pay(1, 7).outcome.verdict, Verdict::unavailable);
  EXPECT_EQ(settle(1, Kind::captured, 9'900).verdict, Verdict::unavailable);
  office.hold_answers(false);
  policy.box_office_timeout = Millis{20'000};
  make_desk(policy);
  // The commands themselves took effect, as `unavailable` leaves open.
  EXPECT_TRUE(eventually([&] { return payments.count(PaymentState::captured) == 1; }));
  EXPECT_TRUE(settle(1, Kind::captured, 9'900).repeated);
  EXPECT_EQ(provider.entry(sale::PaymentId{1}).created, 0u);
}

TEST_F(PaymentDeskTest, notices_become_what_they_say) {
  payments.add_order(1, 7, 100);
  payments.add_order(2, 7, 200);
  payments.add_order(3, 7, 300);
  for (std::uint64_t order = 1; order <= 3; ++order) pay(order, 7);
  EXPECT_EQ(settle(1, Kind::captured, 100).verdict, Verdict::done);
  EXPECT_EQ(settle(2, Kind::declined).verdict, Verdict::done);
  EXPECT_EQ(settle(3, Kind::unknown).verdict, Verdict::done);
  EXPECT_EQ(payments.state(1), PaymentState::captured);
  EXPECT_EQ(payments.state(2), PaymentState::declined);
  EXPECT_EQ(payments.state(3), PaymentState::unknown);
  EXPECT_EQ(settle(99, Kind::captured, 1).verdict, Verdict::not_found);
  payments.make_refund_due(1);
  EXPECT_EQ(settle(1, Kind::refunded).verdict, Verdict::done);
  EXPECT_EQ(payments.state(1), PaymentState::refunded);
}

TEST_F(PaymentDeskTest, a_notice_that_comes_twice_counts_once) {
  payments.add_order(1, 7, 100);
  pay(1, 7);
  EXPECT_FALSE(settle(1, Kind::captured, 100).repeated);
  const sale::Outcome again = settle(1, Kind::captured, 100);
  EXPECT_EQ(again.verdict, Verdict::done);
  EXPECT_TRUE(again.repeated);
}

TEST_F(PaymentDeskTest, a_lost_notice_is_found_out_by_asking) {
  const auto captured = started_payment(1);
  const auto declined = started_payment(2);
  provider.set(sale::PaymentId{captured}, Kind::captured, sale::Money{9'900});
  provider.set(sale::PaymentId{declined}, Kind::declined, {});
  desk->start();
  EXPECT_TRUE(eventually([&] { return payments.state(captured) == PaymentState::captured; }));
  EXPECT_TRUE(eventually([&] { return payments.state(declined) == PaymentState::declined; }));
}

TEST_F(PaymentDeskTest, an_unknown_outcome_is_asked_about_until_it_is_known) {
  const auto payment = started_payment(1);
  payments.set_started_at(payment, kNow - Millis{40});  // young: asked again soon
  desk->start();
  EXPECT_TRUE(eventually([&] { return provider.entry(sale::PaymentId{payment}).queried >= 3; }));
  EXPECT_EQ(payments.state(payment), PaymentState::started);
  provider.set(sale::PaymentId{payment}, Kind::captured, sale::Money{9'900});
  EXPECT_TRUE(eventually([&] { return payments.state(payment) == PaymentState::captured; }));
  EXPECT_GE(desk->load().asked_again, 3u);
}

TEST_F(PaymentDeskTest, an_old_open_payment_is_asked_about_ever_more_rarely) {
  const auto payment = started_payment(1);
  payments.set_started_at(payment, kNow - std::chrono::hours{1});
  const auto newer = started_payment(2);
  payments.set_started_at(newer, kNow - Millis{40});
  desk->start();
  EXPECT_TRUE(eventually([&] { return provider.entry(sale::PaymentId{newer}).queried >= 5; }));
  EXPECT_EQ(provider.entry(sale::PaymentId{payment}).queried, 1u);
}

TEST_F(PaymentDeskTest, payments_that_nobody_will_make_do_not_hide_later_ones) {
  DeskPolicy policy = quick();
  policy.batch = 3;
  make_desk(policy);
  for (std::uint64_t order = 1; order <= 20; ++order) {
    payments.set_started_at(started_payment(order), kNow - std::chrono::hours{2});
  }
  const auto last = started_payment(21);
  provider.set(sale::PaymentId{last}, Kind::captured, sale::Money{9'900});
  desk->start();
  EXPECT_TRUE(eventually([&] { return payments.state(last) == PaymentState::captured; }));
}

TEST_F(PaymentDeskTest, refunds_that_are_due_are_made_once_each) {
  for (std::uint64_t order = 1; order <= 30; ++order) {
    const auto payment = started_payment(order);
    provider.set(sale::PaymentId{payment}, Kind::captured, sale::Money{9'900});
    settle(payment, Kind::captured, 9'900);
    payments.make_refund_due(payment);
  }
  desk->start();
  EXPECT_TRUE(eventually([&] { return payments.count(PaymentState::refunded) == 30; }));
  EXPECT_TRUE(eventually([&] { return desk->load().refunds_done == 30; }));
  for (std::uint64_t payment = 1; payment <= 30; ++payment) {
    EXPECT_EQ(provider.entry(sale::PaymentId{payment}).refunded, sale::Money{9'900});
  }
}

TEST_F(PaymentDeskTest, refunds_wait_while_the_provider_is_down_and_survive_a_restart_of_the_desk) {
  const auto payment = started_payment(1);
  provider.set(sale::PaymentId{payment}, Kind::captured, sale::Money{9'900});
  settle(payment, Kind::captured, 9'900);
  payments.make_refund_due(payment);
  provider.set_down(true);
  desk->start();
  EXPECT_TRUE(eventually([&] { return provider.failed_calls() >= 3; }));
  EXPECT_TRUE(eventually([&] { return desk->load().refunds_failing == 1; }));
  EXPECT_EQ(payments.state(payment), PaymentState::refund_due);
  make_desk(quick());
  provider.set_down(false);
  desk->start();
  EXPECT_TRUE(eventually([&] { return payments.state(payment) == PaymentState::refunded; }));
  EXPECT_TRUE(eventually([&] { return desk->load().refunds_failing == 0; }));
}

TEST_F(PaymentDeskTest, a_refund_that_the_box_office_did_not_hear_of_is_told_again) {
  const auto payment = started_payment(1);
  provider.set(sale::PaymentId{payment}, Kind::captured, sale::Money{9'900});
  settle(payment, Kind::captured, 9'900);
  payments.make_refund_due(payment);
  office.set_full(true);
  desk->start();
  EXPECT_TRUE(eventually([&] { return provider.entry(sale::PaymentId{payment}).refunds >= 2; }));
  EXPECT_EQ(provider.entry(sale::PaymentId{payment}).refunded, sale::Money{9'900})
      << "given back once";
  office.set_full(false);
  EXPECT_TRUE(eventually([&] { return payments.state(payment) == PaymentState::refunded; }));
}

TEST_F(PaymentDeskTest, a_refund_is_not_made_again_while_the_books_may_still_follow) {
  DeskPolicy policy = quick();
  policy.ask_again_after = Millis{3'600'000};
  make_desk(policy);
  const auto payment = started_payment(1);
  provider.set(sale::PaymentId{payment}, Kind::captured, sale::Money{9'900});
  settle(payment, Kind::captured, 9'900);
  payments.make_refund_due(payment);
  office.set_full(true);
  desk->start();
  EXPECT_TRUE(eventually([&] { return provider.entry(sale::PaymentId{payment}).refunds >= 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // many rounds
  EXPECT_EQ(provider.entry(sale::PaymentId{payment}).refunds, 1U);
}

TEST_F(PaymentDeskTest, stopping_answers_every_call_under_way_once) {
  DeskPolicy policy = quick();
  policy.threads = 1;
  make_desk(policy);
  std::atomic<int> answered{0};
  provider.hold_calls(true);
  for (std::uint64_t order = 1; order <= 10; ++order) {
    payments.add_order(order, 7, 100);
    desk->pay(sale::OrderId{order}, sale::BuyerId{7}, [&](const PayAnswer&) { ++answered; });
  }
  provider.wait_until_inside();
  office.hold_answers(true);
  desk->settle({"evt", sale::PaymentId{1}, Kind::captured, sale::Money{100}},
               [&](const sale::Outcome& o) {
                 EXPECT_EQ(o.verdict, Verdict::unavailable);
                 ++answered;
               });
  auto stopped = std::async(std::launch::async, [&] { desk->stop(); });
  EXPECT_TRUE(eventually([&] { return answered >= 1; }));  // the box office's are answered at once
  provider.hold_calls(false);
  stopped.get();
  EXPECT_EQ(answered, 11);
  EXPECT_EQ(pay(1, 7).outcome.verdict, Verdict::unavailable);
  EXPECT_EQ(settle(1, Kind::captured, 100).verdict, Verdict::unavailable);
  desk->stop();
  desk.reset();
  office.hold_answers(false);  // a late reply finds nobody and harms nobody
}

}  // namespace
}  // namespace onrush::checkout
