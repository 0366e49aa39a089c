#include "edge/http/timer_wheel.h"

#include <algorithm>

namespace onrush::http {

TimerWheel::TimerWheel() {
  for (Entry& head : buckets_) head.previous_ = head.next_ = &head;
}

void TimerWheel::Entry::unlink() {
  if (next_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

void TimerWheel::set(Entry& entry, std::chrono::milliseconds from_now) {
  const auto ticks = (from_now + kTick - std::chrono::milliseconds(1)) / kTick;
  // One more than asked: the present tick is already partly over.
  entry.deadline_ = now_ + static_cast<std::uint32_t>(std::max<std::int64_t>(ticks, 1)) + 1;
  if (entry.next_ != nullptr && entry.bucket_ <= entry.deadline_) return;
  entry.unlink();
  insert(entry);
}

void TimerWheel::insert(Entry& entry) {
  // Farther than the wheel is wide: looked at again after one turn.
  entry.bucket_ = std::min(entry.deadline_, now_ + kBuckets - 1);
  Entry& head = buckets_[entry.bucket_ % kBuckets];
  entry.previous_ = head.previous_;
  entry.next_ = &head;
  head.previous_->next_ = &entry;
  head.previous_ = &entry;
}

void TimerWheel::splice(Entry& from, Entry& to) {
  if (from.next_ == &from) {
    to.previous_ = to.next_ = &to;
    return;
  }
  to.next_ = from.next_;
  to.previous_ = from.previous_;
  to.next_->previous_ = &to;
  to.previous_->next_ = &to;
  from.previous_ = from.next_ = &from;
}

}  // namespace onrush::http
