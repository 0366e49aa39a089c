// Passwords: text that is wiped, and Argon2id through libsodium.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace onrush::accounts {

// Holds a password and wipes its memory, also that of the string it was made from.
class Password {
 public:
  Password() = default;
  explicit Password(std::string& source);
  ~Password();
  Password(Password&& other) noexcept;
  Password& operator=(Password&& other) noexcept;

  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string text_;
};

struct HashCost {
  std::uint64_t operations = 2;
  std::size_t memory_bytes = 19u << 20;
};

// Each blocks for as long as the cost says. Thread-safe.
// Error: retryable, when the memory is not to be had.
[[nodiscard]] Result<std::string> hash_password(const Password& password, HashCost cost);
[[nodiscard]] bool password_matches(const std::string& hash, const Password& password);
// True when `hash` was made at another cost than this one.
[[nodiscard]] bool needs_rehash(const std::string& hash, HashCost cost);

}  // namespace onrush::accounts
