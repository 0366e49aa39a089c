// Replies of one batch, grouped by their sinks, so that each sink is called once.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ports/box_office.h"

namespace onrush::engine {

// One thread at a time. Keeps its memory from batch to batch.
class ReplyGroups {
 public:
  void add(ports::ReplySink& sink, std::uint64_t ticket, sale::Outcome outcome) {
    group_of(sink).push_back({ticket, std::move(outcome)});
    ++size_;
  }
  // Calls each sink once, and is empty afterwards.
  void deliver() noexcept;
  // Turns every answer into `unavailable`: what they say may not be durable.
  void withdraw(const char* why);

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Group {
    ports::ReplySink* sink = nullptr;
    std::vector<ports::Reply> replies;
  };
  // Servers have a few sinks, one a thread; tools have one a call, and then need the index.
  static constexpr std::size_t kSearched = 16;

  std::vector<ports::Reply>& group_of(ports::ReplySink& sink);

  std::vector<Group> groups_;  // the first used_ are in use
  std::size_t used_ = 0;
  std::size_t last_ = 0;
  std::size_t size_ = 0;
  std::unordered_map<ports::ReplySink*, std::size_t> index_;  // of those behind the first kSearched
};

}  // namespace onrush::engine
