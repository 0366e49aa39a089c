#include "engine/reply_groups.h"

#include <algorithm>

namespace onrush::engine {

std::vector<ports::Reply>& ReplyGroups::group_of(ports::ReplySink& sink) {
  if (last_ < used_ && groups_[last_].sink == &sink) return groups_[last_].replies;
  for (std::size_t i = 0; i < std::min(used_, kSearched); ++i) {
    if (groups_[i].sink == &sink) return groups_[last_ = i].replies;
  }
  if (used_ > kSearched) {
    if (const auto found = index_.find(&sink); found != index_.end()) {
      return groups_[last_ = found->second].replies;
    }
  }
  if (used_ == groups_.size()) groups_.emplace_back();
  last_ = used_++;
  groups_[last_].sink = &sink;
  if (last_ >= kSearched) index_.emplace(&sink, last_);
  return groups_[last_].replies;
}

void ReplyGroups::deliver() noexcept {
  for (std::size_t i = 0; i < used_; ++i) {
    groups_[i].sink->deliver(groups_[i].replies);
    groups_[i].replies.clear();
  }
  used_ = 0;
  last_ = 0;
  size_ = 0;
  if (!index_.empty()) {
    index_.clear();
    groups_.resize(kSearched);
  }
}

void ReplyGroups::withdraw(const char* why) {
  for (std::size_t i = 0; i < used_; ++i) {
    for (ports::Reply& reply : groups_[i].replies) {
      reply.outcome = sale::Outcome{};
      reply.outcome.verdict = sale::Verdict::unavailable;
      reply.outcome.message = why;
    }
  }
}

}  // namespace onrush::engine
