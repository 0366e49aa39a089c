// Roles that were changed while tokens with the old role are still valid: a demotion holds at once,
// not when the token ends. Also keeps the first set-up from happening twice.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "ports/account_store.h"

namespace onrush::api {

class StaffRoles {
 public:
  void changed(sale::BuyerId account, ports::Role role) {
    const std::lock_guard lock(mutex_);
    roles_[account] = role;
  }
  // The lower of what the token says and what was decided since.
  [[nodiscard]] ports::Role effective(sale::BuyerId account, ports::Role in_token) const {
    const std::lock_guard lock(mutex_);
    const auto at = roles_.find(account);
    return at == roles_.end() ? in_token : std::min(at->second, in_token);
  }

  // One set-up at a time: true for the one that may go on; it must end it.
  [[nodiscard]] bool begin_setup() { return !setting_up_.exchange(true); }
  void end_setup() { setting_up_ = false; }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<sale::BuyerId, ports::Role> roles_;
  std::atomic<bool> setting_up_{false};
};

}  // namespace onrush::api
