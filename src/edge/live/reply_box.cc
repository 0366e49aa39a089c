#include "edge/live/reply_box.h"

namespace onrush::live {

ReplyBox::Ptr ReplyBox::open(Handler handler) {
  return Ptr(new ReplyBox(std::move(handler)));
}

bool ReplyBox::submit(ports::BoxOffice& office, sale::Command command, ports::Lane lane,
                      std::uint64_t ticket) noexcept {
  // Counted first: the reply may come before submit() returns.
  const std::uint64_t before = submitted_.load(std::memory_order_relaxed);
  submitted_.store(before + 1, std::memory_order_relaxed);
  if (office.submit(std::move(command), lane, *this, ticket)) return true;
  submitted_.store(before, std::memory_order_relaxed);
  return false;
}

void ReplyBox::deliver(std::span<ports::Reply> replies) noexcept {
  std::unique_lock lock(mutex_);
  delivered_ += replies.size();
  if (handler_) handler_(replies);
  const bool last = closed_ && delivered_ == submitted_.load(std::memory_order_relaxed);
  lock.unlock();
  if (last) delete this;
}

void ReplyBox::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  handler_ = nullptr;
  const bool idle = delivered_ == submitted_.load(std::memory_order_relaxed);
  lock.unlock();
  if (idle) delete this;
}

}  // namespace onrush::live
