#include "adapters/sql/reader_pool.h"

#include <algorithm>
#include <utility>

namespace onrush::sql {

ReaderPool::ReaderPool(const std::filesystem::path& file, unsigned size, Millis deadline)
    : deadline_(deadline) {
  for (unsigned i = 0; i < std::max(1u, size); ++i) {
    auto connection = std::make_unique<Connection>(file, Durability::ordered, deadline);
    connection->run("PRAGMA query_only = ON");
    free_.push_back(std::move(connection));
  }
}

ReaderPool::Lease::Lease(ReaderPool& from) : pool(from) {
  const auto deadline = std::chrono::steady_clock::now() + pool.deadline_;
  std::unique_lock lock(pool.mutex_);
  if (!pool.freed_.wait_until(lock, deadline, [&] { return !pool.free_.empty(); })) {
    throw SqlFailure(retryable("every database connection is busy; the deadline has passed"));
  }
  connection = std::move(pool.free_.back());
  pool.free_.pop_back();
  connection->set_deadline(deadline);
}

ReaderPool::Lease::~Lease() {
  {
    const std::lock_guard lock(pool.mutex_);
    pool.free_.push_back(std::move(connection));
  }
  pool.freed_.notify_one();
}

}  // namespace onrush::sql
