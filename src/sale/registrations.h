// Registrations: the buyers who registered for a sale, and since when. One who unregistered keeps
// his record, so that the records are in the order of first coming, whatever became of them.
#pragma once

#include "base/time.h"
#include "sale/buyer_index.h"
#include "sale/chunked_vector.h"

namespace onrush::sale {

class Registrations {
 public:
  static constexpr std::int64_t kNo = -1;
  struct Record {
    std::uint64_t buyer = 0;
    std::int64_t since = kNo;  // ms; kNo: he unregistered
  };

  // kNo when he is not registered.
  [[nodiscard]] std::int64_t since(std::uint64_t buyer) const {
    const Index i = index_.find(buyer, buyer_at());
    return i == kNone ? kNo : records_[i].since;
  }
  [[nodiscard]] bool has(std::uint64_t buyer) const { return since(buyer) != kNo; }
  [[nodiscard]] std::uint32_t count() const { return count_; }

  // `since` kNo: he is not registered (any more).
  void set(std::uint64_t buyer, std::int64_t since) {
    Index i = index_.find(buyer, buyer_at());
    if (i == kNone) {
      i = records_.size();
      records_.push_back({buyer, kNo});
      index_.put(buyer, i, buyer_at());
    }
    if (records_[i].since != kNo) --count_;
    if (since != kNo) ++count_;
    records_[i].since = since;
  }
  [[nodiscard]] const ChunkedVector<Record>& records() const { return records_; }

 private:
  struct BuyerAt {
    const ChunkedVector<Record>& records;
    std::uint64_t operator()(Index i) const { return records[i].buyer; }
  };
  [[nodiscard]] BuyerAt buyer_at() const { return {records_}; }

  ChunkedVector<Record> records_;
  BuyerIndex index_;
  std::uint32_t count_ = 0;
};

}  // namespace onrush::sale
