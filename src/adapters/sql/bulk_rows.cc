#include "adapters/sql/bulk_rows.h"

#include <fmt/format.h>

#include <utility>

namespace onrush::sql {

BulkRows::BulkRows(Connection& connection, std::string before, std::string after)
    : connection_(connection),
      before_(std::move(before)),
      after_(std::move(after)),
      sql_(before_) {}

void BulkRows::put(std::int64_t value) {
  const fmt::format_int digits(value);
  sql_.append(digits.data(), digits.size());
  sql_ += ',';
}

void BulkRows::put(const std::string& text) {
  sql_ += fmt::format(":p{},", params_.size());
  params_.emplace_back(text);
}

void BulkRows::flush_integers() {
  changed_ += connection_.run_rows(before_, after_, integers_, columns_);
  integers_.clear();
}

void BulkRows::flush() {
  if (!integers_.empty()) flush_integers();
  if (rows_ == 0) return;
  sql_ += after_;
  changed_ += connection_.run(sql_, params_);
  sql_ = before_;
  params_.clear();
  rows_ = 0;
}

std::int64_t BulkRows::finish() {
  flush();
  return changed_;
}

}  // namespace onrush::sql
