// Sign-up and sign-in. Password hashing is slow by design (Argon2id, ~17 ms and 19 MiB each), so it
// runs in a small pool of its own with a bounded queue: a wave of sign-ins waits or is told to come
// back, and nothing else in the process notices.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "accounts/tokens.h"
#include "base/result.h"
#include "ports/account_store.h"
#include "ports/clock.h"

namespace onrush::accounts {

struct PasswordPolicy {
  unsigned threads = 1;
  std::size_t queue_max = 256;          // waiting jobs; beyond it: busy at once
  std::uint64_t argon2_operations = 2;  // t
  std::size_t argon2_memory_bytes = 19u << 20;
};

enum class SignInFault : std::uint8_t {
  busy,           // the queue is full; retry_after_seconds says when
  invalid_input,  // message says what: e-mail form, password length 8..128
  email_taken,
  wrong_credentials,  // the same, and in the same time, for an unknown e-mail as for a wrong
                      // password
  unavailable,        // the account store did not answer
};

struct SignInAnswer {
  bool ok = false;
  SignInFault fault = SignInFault::unavailable;
  std::string message;
  int retry_after_seconds = 0;
  ports::Account account;  // if ok
};

class Accounts {
 public:
  Accounts(ports::AccountStore& store, const ports::Clock& clock, PasswordPolicy policy);
  ~Accounts();  // drops waiting jobs (each is answered `unavailable`), waits for running ones

  // Answers exactly once, on a thread of the pool, or at once on the caller's when refused.
  // Thread-safe.
  using Done = std::function<void(SignInAnswer)>;
  void sign_up(std::string email, std::string password, std::string language, ports::Role role,
               Done done);
  void sign_in(std::string email, std::string password, Done done);

  [[nodiscard]] ports::AccountStore& store();
  struct Load {
    std::size_t waiting = 0;
    std::uint64_t hashed = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::accounts
