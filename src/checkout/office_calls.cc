#include "checkout/office_calls.h"
#include "base/thread_name.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace onrush::checkout {
namespace {

using Steady = std::chrono::steady_clock;

sale::Outcome unavailable() {
  sale::Outcome outcome;
  outcome.verdict = sale::Verdict::unavailable;
  return outcome;
}

}  // namespace

struct OfficeCalls::Core {
  struct Pending {
    Done done;
    Steady::time_point deadline;
  };
  struct Answer {
    Done done;
    sale::Outcome outcome;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Pending> pending;  // by ticket, so also by deadline
  std::deque<Answer> answers;
  std::uint64_t last_ticket = 0;
  bool stopping = false;

  void answer(std::uint64_t ticket, sale::Outcome outcome) {
    const std::lock_guard lock(mutex);
    const auto found = pending.find(ticket);
    if (found == pending.end()) return;  // given up before
    answers.push_back({std::move(found->second.done), std::move(outcome)});
    pending.erase(found);
    changed.notify_one();
  }

  // With the lock held: calls whose time is up, or all of them, are answered `unavailable`.
  void give_up(bool all) {
    const auto now = Steady::now();
    while (!pending.empty() && (all || pending.begin()->second.deadline <= now)) {
      answers.push_back({std::move(pending.begin()->second.done), unavailable()});
      pending.erase(pending.begin());
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      give_up(stopping);
      if (!answers.empty()) {
        std::deque<Answer> batch;
        batch.swap(answers);
        lock.unlock();
        for (Answer& a : batch) a.done(std::move(a.outcome));
        batch.clear();  // what the callbacks hold is let go without the lock
        lock.lock();
      } else if (stopping) {
        return;
      } else if (pending.empty()) {
        changed.wait(lock);
      } else {
        // A copy: the entry may be answered, and gone, while this waits.
        const Steady::time_point deadline = pending.begin()->second.deadline;
        changed.wait_until(lock, deadline);
      }
    }
  }
};

// Takes the one reply of one command, and is gone.
class OfficeCalls::OneReply final : public ports::ReplySink {
 public:
  explicit OneReply(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void deliver(std::span<ports::Reply> replies) noexcept override {
    core_->answer(replies.front().ticket, std::move(replies.front().outcome));
    delete this;
  }

 private:
  std::shared_ptr<Core> core_;
};

OfficeCalls::OfficeCalls(ports::BoxOffice& office, Millis timeout)
    : office_(office), timeout_(timeout), core_(std::make_shared<Core>()) {
  thread_ = std::thread([core = core_] {
    name_this_thread("desk");
    core->run();
  });
}

OfficeCalls::~OfficeCalls() {
  stop();
}

bool OfficeCalls::submit(sale::Command command, Done done) {
  auto sink = std::make_unique<OneReply>(core_);
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(core_->mutex);
    if (core_->stopping) return false;
    ticket = ++core_->last_ticket;
    core_->pending.emplace(ticket, Core::Pending{std::move(done), Steady::now() + timeout_});
    core_->changed.notify_one();
  }
  if (office_.submit(std::move(command), ports::Lane::reserved, *sink, ticket)) {
    (void)sink.release();  // deletes itself on delivery
    return true;
  }
  const std::lock_guard lock(core_->mutex);
  // Not there any more: stopping or a time-out has answered it in this moment.
  return core_->pending.erase(ticket) == 0;
}

void OfficeCalls::stop() {
  {
    const std::lock_guard lock(core_->mutex);
    core_->stopping = true;
    core_->changed.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace onrush::checkout
