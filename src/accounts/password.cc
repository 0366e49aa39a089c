#include "accounts/password.h"

#include <sodium.h>

#include <array>

#include "base/invariant.h"

namespace onrush::accounts {
namespace {

void wipe(std::string& text) {
  text.resize(
      text.capacity());  // a moved-from or shortened string may still have it behind its end
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void need_sodium() {
  static const int ready = sodium_init();
  INVARIANT(ready >= 0, "libsodium starts");
}

}  // namespace

Password::Password(std::string& source) : text_(source) {
  wipe(source);
}

Password::~Password() {
  wipe(text_);
}

Password::Password(Password&& other) noexcept : text_(other.text_) {
  wipe(other.text_);
}

Password& Password::operator=(Password&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = other.text_;
    wipe(other.text_);
  }
  return *this;
}

Result<std::string> hash_password(const Password& password, HashCost cost) {
  need_sodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.text().data(), password.text().size(),
                            cost.operations, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return retryable("no memory for hashing a password");
  }
  return std::string(hash.data());
}

bool password_matches(const std::string& hash, const Password& password) {
  need_sodium();
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.text().data(), password.text().size()) ==
         0;
}

bool needs_rehash(const std::string& hash, HashCost cost) {
  need_sodium();
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.operations, cost.memory_bytes) != 0;
}

}  // namespace onrush::accounts
