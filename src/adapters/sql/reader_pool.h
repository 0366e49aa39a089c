// A few connections for queries, lent out one at a time with a deadline. Thread-safe.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "adapters/sql/connection.h"

namespace onrush::sql {

class ReaderPool {
 public:
  // Throws SqlFailure.
  ReaderPool(const std::filesystem::path& file, unsigned size, Millis deadline);

  // Runs `work(Connection&)` on a free connection. Waiting and working share one deadline. Throws
  // SqlFailure (retryable) when it passes.
  template <class Work>
  auto with(Work&& work) {
    const Lease lease(*this);
    return work(*lease.connection);
  }

 private:
  struct Lease {
    explicit Lease(ReaderPool& from);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ReaderPool& pool;
    std::unique_ptr<Connection> connection;
  };

  Millis deadline_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> free_;
};

}  // namespace onrush::sql
