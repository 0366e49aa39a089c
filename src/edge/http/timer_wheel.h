// Deadlines of all connections of one worker: one timer instead of one each.
//
// Entries sit in buckets by tick. Moving a deadline later, which every request does, only stores a
// number: the entry is put into its new bucket when the old one comes up.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace onrush::http {

inline constexpr std::chrono::milliseconds kTick{100};

class TimerWheel {
 public:
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { unlink(); }

   private:
    friend class TimerWheel;
    void unlink();
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    std::uint32_t deadline_ = 0;  // a tick; 0: none
    std::uint32_t bucket_ = 0;    // the tick of the bucket that the entry is in
  };

  TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  [[nodiscard]] std::uint32_t now() const { return now_; }
  // Rounded up, and at least one whole tick away.
  void set(Entry& entry, std::chrono::milliseconds from_now);
  static void clear(Entry& entry) { entry.deadline_ = 0; }

  // Moves on by one tick and calls `expired(entry)` for each entry whose deadline has come; the
  // call may set it again.
  template <class Expired>
  void advance(Expired&& expired) {
    Entry& bucket = buckets_[++now_ % kBuckets];
    Entry due;  // taken off first: an entry set again may land in this same bucket
    splice(bucket, due);
    while (due.next_ != &due) {
      Entry& entry = *due.next_;
      entry.unlink();
      if (entry.deadline_ == 0) continue;
      if (entry.deadline_ > now_) {
        insert(entry);
        continue;
      }
      entry.deadline_ = 0;
      expired(entry);
    }
    due.previous_ = due.next_ = nullptr;
  }

 private:
  static constexpr std::uint32_t kBuckets = 1024;

  void insert(Entry& entry);
  static void splice(Entry& from, Entry& to);

  std::array<Entry, kBuckets> buckets_;  // heads of circular lists
  std::uint32_t now_ = 1;
};

}  // namespace onrush::http
