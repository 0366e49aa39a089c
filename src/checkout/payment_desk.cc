#include "checkout/payment_desk.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread_name.h"
#include "checkout/money_rounds.h"
#include "checkout/office_calls.h"

namespace onrush::checkout {
namespace {

using Steady = std::chrono::steady_clock;
using PayDone = std::function<void(PayAnswer)>;

PayAnswer refusal(sale::Verdict verdict) {
  PayAnswer answer;
  answer.outcome.verdict = verdict;
  return answer;
}

struct CreateJob {
  sale::Outcome started;  // of StartPayment
  Steady::time_point since;
  PayDone done;
};

}  // namespace

struct PaymentDesk::Impl {
  Impl(ports::BoxOffice& office, ports::PaymentProvider& payment_provider,
       ports::OrderStore& orders, const ports::Clock& clock, Describe texts, DeskPolicy desk_policy)
      : provider(payment_provider),
        describe(std::move(texts)),
        policy(desk_policy),
        calls(office, desk_policy.box_office_timeout),
        rounds(payment_provider, orders, clock, calls, desk_policy) {
    for (unsigned i = 0; i < std::max(1u, policy.threads); ++i) {
      threads.emplace_back([this] {
        name_this_thread("payments");
        work();
      });
    }
  }

  ~Impl() { stop(); }

  void stop() {
    const std::lock_guard once(stop_mutex);
    stopped.store(true);
    rounds.stop();
    calls.stop();  // from here on nothing is put into the queue
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) {
      if (thread.joinable()) thread.join();
    }
  }

  void pay(sale::OrderId order, sale::BuyerId buyer, PayDone done) {
    // Counted from here until the answer, so that the queue of the provider's calls is bounded as
    // well.
    if (paying.fetch_add(1) >= policy.queue_max) return refuse(done);
    const bool taken =
        calls.submit(sale::command::StartPayment{order, buyer},
                     [this, done](sale::Outcome outcome) { started(std::move(outcome), done); });
    if (!taken) refuse(done);
  }

  void refuse(const PayDone& done) {
    paying.fetch_sub(1);
    done(refusal(stopped.load() ? sale::Verdict::unavailable : sale::Verdict::busy));
  }

  void started(sale::Outcome outcome, const PayDone& done) {
    if (outcome.verdict != sale::Verdict::done) {
      PayAnswer answer;
      answer.outcome = std::move(outcome);
      return finish(done, std::move(answer));
    }
    const std::lock_guard lock(mutex);
    queue.push_back({std::move(outcome), Steady::now(), done});
    changed.notify_one();
  }

  void finish(const PayDone& done, PayAnswer answer) {
    paying.fetch_sub(1);
    done(std::move(answer));
  }

  void work() {
    for (;;) {
      CreateJob job;
      bool leaving = false;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        job = std::move(queue.front());
        queue.pop_front();
        leaving = stopping;
      }
      PayAnswer answer = leaving ? not_made(job, "The server is stopping.") : make_page(job);
      finish(job.done, std::move(answer));
    }
  }

  static PayAnswer not_made(CreateJob& job, std::string error) {
    PayAnswer answer;
    answer.outcome = std::move(job.started);
    answer.error = std::move(error);
    return answer;
  }

  PayAnswer make_page(CreateJob& job) {
    // While the provider is slow, whoever has waited this long has gone away or asked again.
    if (Steady::now() - job.since > policy.box_office_timeout) {
      provider_errors.fetch_add(1, std::memory_order_relaxed);
      return not_made(job, "The payment provider is slow at the moment.");
    }
    const sale::OrderView& order = job.started.order;
    ports::PaymentIntent intent;
    intent.payment = job.started.payment;
    intent.order = order.order;
    intent.amount = order.amount;
    intent.currency = describe.currency(order.sale);
    intent.description = describe.description(order);
    intent.return_url = describe.return_url(order);
    intent.deadline = order.deadline;
    auto url = provider.create(intent);
    if (!url) {
      provider_errors.fetch_add(1, std::memory_order_relaxed);
      return not_made(job, url.error().message);
    }
    PayAnswer answer;
    answer.outcome = std::move(job.started);
    answer.url = std::move(*url);
    return answer;
  }

  ports::PaymentProvider& provider;
  const Describe describe;
  const DeskPolicy policy;

  std::mutex stop_mutex;
  std::atomic<bool> stopped{false};
  std::atomic<std::size_t> paying{0};
  std::atomic<std::uint64_t> provider_errors{0};  // of create()

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<CreateJob> queue;
  bool stopping = false;

  OfficeCalls calls;
  MoneyRounds rounds;
  std::vector<std::thread> threads;
};

PaymentDesk::PaymentDesk(ports::BoxOffice& office, ports::PaymentProvider& provider,
                         ports::OrderStore& orders, const ports::Clock& clock, Describe describe,
                         DeskPolicy policy)
    : impl_(std::make_unique<Impl>(office, provider, orders, clock, std::move(describe), policy)) {}

PaymentDesk::~PaymentDesk() = default;

void PaymentDesk::start() {
  impl_->rounds.start();
}
void PaymentDesk::stop() {
  impl_->stop();
}

void PaymentDesk::pay(sale::OrderId order, sale::BuyerId buyer,
                      std::function<void(PayAnswer)> done) {
  impl_->pay(order, buyer, std::move(done));
}

void PaymentDesk::settle(const ports::ProviderNotice& notice,
                         std::function<void(sale::Outcome)> done) {
  if (impl_->calls.submit(command_of(notice), done)) return;
  sale::Outcome outcome;
  outcome.verdict = impl_->stopped.load() ? sale::Verdict::unavailable : sale::Verdict::busy;
  done(std::move(outcome));
}

PaymentDesk::Load PaymentDesk::load() const {
  Load load;
  load.refunds_done = impl_->rounds.refunds_done.load(std::memory_order_relaxed);
  load.refunds_failing = impl_->rounds.refunds_failing.load(std::memory_order_relaxed);
  load.asked_again = impl_->rounds.asked_again.load(std::memory_order_relaxed);
  load.provider_errors = impl_->rounds.provider_errors.load(std::memory_order_relaxed) +
                         impl_->provider_errors.load(std::memory_order_relaxed);
  load.waiting = impl_->paying.load();
  return load;
}

}  // namespace onrush::checkout
