// Accounts: who may sign in. Kept in a database of their own, because a journal is for ever and an
// e-mail address must be erasable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sale/ids.h"

namespace onrush::ports {

enum class Role : std::uint8_t { buyer, viewer, operator_, owner };

struct Account {
  sale::BuyerId id;           // assigned by the store, never reused
  std::string email;          // as given; unique case-insensitively
  std::string password_hash;  // libsodium's Argon2id string; "" = cannot sign in by password
  Role role = Role::buyer;
  std::string language = "en";  // "en" or "zh"
  TimePoint created_at{};
};

// Thread-safe; each call blocks for a short, bounded time (off the rush threads).
class AccountStore {
 public:
  virtual ~AccountStore() = default;
  // Assigns the id. Errors: rejected when the e-mail is taken; retryable.
  [[nodiscard]] virtual Result<Account> create(Account account) = 0;
  [[nodiscard]] virtual Result<std::optional<Account>> find_by_email(const std::string& email) = 0;
  [[nodiscard]] virtual Result<std::optional<Account>> find(sale::BuyerId id) = 0;
  [[nodiscard]] virtual Result<std::vector<Account>> staff() = 0;
  [[nodiscard]] virtual Status set_role(sale::BuyerId id, Role role) = 0;
  [[nodiscard]] virtual Status set_password(sale::BuyerId id, const std::string& hash) = 0;
  // Reserves `count` consecutive ids for accounts without a row (synthetic crowds); the first of
  // them.
  [[nodiscard]] virtual Result<sale::BuyerId> reserve_ids(std::uint64_t count) = 0;
};

}  // namespace onrush::ports
