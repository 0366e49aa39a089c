#include "checkout/money_rounds.h"
#include "base/thread_name.h"

#include <algorithm>

namespace onrush::checkout {
namespace {

// After this many failures one after the other, the provider is taken to be down until the next
// round: each further call would only wait for its deadline.
constexpr unsigned kFailuresInARow = 5;
constexpr Millis kQuestionGapMax{600'000};

using Kind = ports::ProviderNotice::Kind;

}  // namespace

sale::Command command_of(const ports::ProviderNotice& notice) {
  using sale::command::PaymentStatus;
  using sale::command::SettlePayment;
  switch (notice.kind) {
    case Kind::captured:
      return SettlePayment{notice.payment, PaymentStatus::captured, notice.amount};
    case Kind::declined:
      return SettlePayment{notice.payment, PaymentStatus::declined, {}};
    case Kind::refunded:
      return sale::command::SettleRefund{notice.payment};
    case Kind::unknown:
      break;
  }
  return SettlePayment{notice.payment, PaymentStatus::unknown, {}};
}

MoneyRounds::MoneyRounds(ports::PaymentProvider& provider, ports::OrderStore& orders,
                         const ports::Clock& clock, OfficeCalls& calls, const DeskPolicy& policy)
    : provider_(provider),
      orders_(orders),
      clock_(clock),
      calls_(calls),
      policy_(policy),
      refunds_(policy.retry_min, policy.retry_max),
      questions_(policy.retry_min, policy.retry_max) {}

MoneyRounds::~MoneyRounds() {
  stop();
}

void MoneyRounds::start() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || thread_.joinable()) return;
  thread_ = std::thread([this] {
    name_this_thread("money rounds");
    run();
  });
}

void MoneyRounds::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool MoneyRounds::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void MoneyRounds::run() {
  while (!is_stopping()) {
    const bool more_refunds = refund_round();
    const bool more_questions = query_round();
    if (more_refunds || more_questions) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, policy_.poll_interval, [&] { return stopping_; });
  }
}

template <class Act>
bool MoneyRounds::work_off(const std::vector<ports::PaymentRow>& rows, std::size_t limit,
                           Waits& waits, Act act) {
  if (rows.size() < limit) {  // all there are, so what is not among them needs no waiting any more
    std::unordered_set<sale::PaymentId> listed;
    for (const ports::PaymentRow& row : rows) listed.insert(row.payment);
    waits.keep_only(listed);
  }
  unsigned failures = 0;
  std::size_t used = 0;
  for (const ports::PaymentRow& row : rows) {
    if (is_stopping() || used == policy_.batch) break;
    if (!waits.is_due(row.payment, Waits::Steady::now())) continue;
    ++used;
    const Status done = act(row);
    if (done) {
      failures = 0;
      continue;
    }
    provider_errors.fetch_add(1, std::memory_order_relaxed);
    waits.failed(row.payment, Waits::Steady::now());
    if (++failures == kFailuresInARow) return false;
  }
  return used == policy_.batch;
}

// Entries that wait fill up the front of an oldest-first list, so the page grows with them:
// otherwise a few hundred payments that nobody will ever make would hide all later ones.
bool MoneyRounds::refund_round() {
  const std::size_t limit = policy_.batch + refunds_.size();
  const auto rows = orders_.refunds_due(static_cast<std::uint32_t>(limit));
  if (!rows) return false;
  const bool more = work_off(*rows, limit, refunds_,
                             [this](const ports::PaymentRow& row) { return give_back(row); });
  refunds_failing.store(refunds_.failing(), std::memory_order_relaxed);
  return more;
}

bool MoneyRounds::query_round() {
  const std::size_t limit = policy_.batch + questions_.size();
  const auto rows = orders_.open_payments(clock_.now() - policy_.ask_again_after,
                                          static_cast<std::uint32_t>(limit));
  if (!rows) return false;
  return work_off(*rows, limit, questions_,
                  [this](const ports::PaymentRow& row) { return ask(row); });
}

// The row stays in its list until the journal has the outcome and the read model has followed;
// until then it is left alone. Should the box office not have taken it, it is simply due again:
// both the provider and the box office answer a repeat with what they did before.
Status MoneyRounds::give_back(const ports::PaymentRow& row) {
  const Status refunded = provider_.refund(row.payment, row.captured);
  if (!refunded) return refunded;
  refunds_.later(row.payment, Waits::Steady::now(), policy_.ask_again_after);
  (void)calls_.submit(sale::command::SettleRefund{row.payment},
                      [this](const sale::Outcome& outcome) {
                        if (outcome.verdict == sale::Verdict::done && !outcome.repeated) {
                          refunds_done.fetch_add(1, std::memory_order_relaxed);
                        }
                      });
  return {};
}

Status MoneyRounds::ask(const ports::PaymentRow& row) {
  const auto notice = provider_.query(row.payment);
  if (!notice) return notice.error();
  asked_again.fetch_add(1, std::memory_order_relaxed);
  if (notice->kind == Kind::unknown) {
    // Also a payment that the provider never heard of: the buyer's next pay() makes it there.
    questions_.later(row.payment, Waits::Steady::now(), until_next_question(row));
    return {};
  }
  questions_.later(row.payment, Waits::Steady::now(), policy_.ask_again_after);
  (void)calls_.submit(command_of(*notice), [](const sale::Outcome&) {});
  return {};
}

// A quarter of its age: a lost notice is found out soon while the hold lasts, and a payment that is
// never made costs less and less.
Millis MoneyRounds::until_next_question(const ports::PaymentRow& row) const {
  const Millis age = clock_.now() - row.started_at;
  return std::clamp(age / 4, policy_.ask_again_after,
                    std::max(kQuestionGapMax, policy_.ask_again_after));
}

}  // namespace onrush::checkout
