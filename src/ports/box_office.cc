#include "ports/box_office.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace onrush::ports {
namespace {

struct Slot {
  std::mutex mutex;
  std::condition_variable changed;
  bool arrived = false;
  sale::Outcome outcome;
};

// Exactly one reply comes for a command that was taken, and the caller may have given up by then:
// the sink shares the slot with the caller and deletes itself when its one reply has come.
class SingleReply final : public ReplySink {
 public:
  explicit SingleReply(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}

  void deliver(std::span<Reply> replies) noexcept override {
    {
      const std::lock_guard lock(slot_->mutex);
      slot_->outcome = std::move(replies.front().outcome);
      slot_->arrived = true;
      slot_->changed.notify_all();
    }
    delete this;
  }

 private:
  std::shared_ptr<Slot> slot_;
};

}  // namespace

sale::Outcome call(BoxOffice& office, sale::Command command, Millis timeout) {
  const auto slot = std::make_shared<Slot>();
  auto sink = std::make_unique<SingleReply>(slot);
  sale::Outcome outcome;
  if (!office.submit(std::move(command), Lane::reserved, *sink, 0)) {
    outcome.verdict = sale::Verdict::busy;
    return outcome;
  }
  (void)sink.release();  // deletes itself on delivery

  std::unique_lock lock(slot->mutex);
  if (!slot->changed.wait_for(lock, timeout, [&] { return slot->arrived; })) {
    outcome.verdict = sale::Verdict::unavailable;
    return outcome;
  }
  return std::move(slot->outcome);
}

}  // namespace onrush::ports
