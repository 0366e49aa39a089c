// The desk's background work: gives money back that is due, and asks about payments that nobody has
// spoken of. Both lists come from the order store, which comes from the journal, so nothing is lost
// by a restart.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "checkout/office_calls.h"
#include "checkout/payment_desk.h"
#include "checkout/waits.h"

namespace onrush::checkout {

// The command by which the box office learns of a notice.
[[nodiscard]] sale::Command command_of(const ports::ProviderNotice& notice);

class MoneyRounds {
 public:
  MoneyRounds(ports::PaymentProvider& provider, ports::OrderStore& orders,
              const ports::Clock& clock, OfficeCalls& calls, const DeskPolicy& policy);
  ~MoneyRounds();

  void start();
  void stop();  // idempotent; waits for the provider's call under way

  std::atomic<std::uint64_t> refunds_done{0}, refunds_failing{0}, asked_again{0},
      provider_errors{0};

 private:
  void run();
  // One page of each list; true when it was used up and more may be waiting.
  bool refund_round();
  bool query_round();
  template <class Act>
  bool work_off(const std::vector<ports::PaymentRow>& rows, std::size_t limit, Waits& waits,
                Act act);
  [[nodiscard]] Status give_back(const ports::PaymentRow& row);
  [[nodiscard]] Status ask(const ports::PaymentRow& row);
  [[nodiscard]] Millis until_next_question(const ports::PaymentRow& row) const;
  [[nodiscard]] bool is_stopping();

  ports::PaymentProvider& provider_;
  ports::OrderStore& orders_;
  const ports::Clock& clock_;
  OfficeCalls& calls_;
  const DeskPolicy policy_;
  Waits refunds_;
  Waits questions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onrush::checkout
