#include "edge/api/office_line.h"

#include <iterator>

namespace onrush::api {

OfficeLine::OfficeLine(ports::BoxOffice& office, http::Worker& worker, Millis timeout)
    : office_(office), worker_(worker), timeout_(timeout) {
  box_ = live::ReplyBox::open([this](std::span<ports::Reply> replies) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = arrived_.empty();
      std::move(replies.begin(), replies.end(), std::back_inserter(arrived_));
    }
    if (first) worker_.post([this] { take_replies(); });
  });
  worker_.every(std::chrono::seconds(1), [this] { give_up_late_ones(); });
}

bool OfficeLine::ask(sale::Command command, ports::Lane lane, Then then) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  Slot& slot = slots_[index];
  const std::uint64_t ticket = (std::uint64_t{slot.generation} << 32) | index;
  if (!box_->submit(office_, std::move(command), lane, ticket)) return false;
  free_.pop_back();
  slot.then = std::move(then);
  slot.asked_at = std::chrono::steady_clock::now();
  return true;
}

void OfficeLine::take_replies() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(arrived_);
  }
  for (ports::Reply& reply : taken_) {
    const auto index = static_cast<std::uint32_t>(reply.ticket);
    Slot& slot = slots_[index];
    if (slot.generation != static_cast<std::uint32_t>(reply.ticket >> 32)) continue;
    Then then = std::move(slot.then);
    slot.then = nullptr;
    ++slot.generation;
    free_.push_back(index);
    if (then) then(std::move(reply.outcome));
  }
  taken_.clear();
}

void OfficeLine::give_up_late_ones() {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].then || now - slots_[i].asked_at < timeout_) continue;
    // The slot stays taken until the reply comes: its ticket is still out.
    const Then then = std::exchange(slots_[i].then, nullptr);
    sale::Outcome outcome;
    outcome.verdict = sale::Verdict::unavailable;
    then(std::move(outcome));
  }
}

}  // namespace onrush::api
