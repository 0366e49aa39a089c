// An account store in memory, with the same rules as the real one. Thread-safe.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include "ports/account_store.h"

namespace onrush::testing {

class MemoryAccountStore final : public ports::AccountStore {
 public:
  Result<ports::Account> create(ports::Account account) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    const std::string key = lower(account.email);
    if (by_email_.contains(key)) return rejected("the e-mail address is taken");
    account.id = sale::BuyerId{next_id_++};
    by_email_[key] = account.id;
    accounts_[account.id] = account;
    return account;
  }

  Result<std::optional<ports::Account>> find_by_email(const std::string& email) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    const auto found = by_email_.find(lower(email));
    if (found == by_email_.end()) return std::optional<ports::Account>{};
    return std::optional<ports::Account>{accounts_.at(found->second)};
  }

  Result<std::optional<ports::Account>> find(sale::BuyerId id) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) return std::optional<ports::Account>{};
    return std::optional<ports::Account>{found->second};
  }

  Result<std::vector<ports::Account>> staff() override {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    std::vector<ports::Account> found;
    for (const auto& [id, account] : accounts_) {
      if (account.role != ports::Role::buyer) found.push_back(account);
    }
    return found;
  }

  Status set_role(sale::BuyerId id, ports::Role role) override {
    return change(id, [&](ports::Account& account) { account.role = role; });
  }

  Status set_password(sale::BuyerId id, const std::string& hash) override {
    return change(id, [&](ports::Account& account) { account.password_hash = hash; });
  }

  Result<sale::BuyerId> reserve_ids(std::uint64_t count) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    const sale::BuyerId first{next_id_};
    next_id_ += count;
    return first;
  }

  // Every call answers `retryable` while set.
  void set_failing(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }

 private:
  template <class Change>
  Status change(sale::BuyerId id, Change change) {
    const std::lock_guard lock(mutex_);
    if (failing_) return retryable("the account store is down");
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) return rejected("no such account");
    change(found->second);
    return {};
  }

  static std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
  }

  std::mutex mutex_;
  std::map<std::string, sale::BuyerId> by_email_;
  std::map<sale::BuyerId, ports::Account> accounts_;
  std::uint64_t next_id_ = 1;
  bool failing_ = false;
};

}  // namespace onrush::testing
