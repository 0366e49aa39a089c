#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/invariant.h"

namespace onrush {

struct Sha256::Context {
  // Fetched once: looking the algorithm up costs more than hashing a small record.
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* md = EVP_MD_CTX_new();

  Context() { begin(); }
  ~Context() {
    EVP_MD_CTX_free(md);
    EVP_MD_free(algorithm);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void begin() {
    INVARIANT(EVP_DigestInit_ex2(md, algorithm, nullptr) == 1, "OpenSSL provides SHA-256");
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(Bytes data) {
  INVARIANT(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1, "SHA-256 takes data");
  return *this;
}

Digest Sha256::finish() {
  Digest digest{};
  unsigned int size = 0;
  INVARIANT(EVP_DigestFinal_ex(context_->md, reinterpret_cast<unsigned char*>(digest.data()),
                               &size) == 1 &&
                size == digest.size(),
            "SHA-256 gives 32 bytes");
  context_->begin();
  return digest;
}

Digest sha256(Bytes data) {
  return Sha256().update(data).finish();
}

// See hmac.cc for why the deprecated functions are used for short input.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Digest sha256_short(Bytes data) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, data.data(), data.size());
  Digest digest;
  SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context);
  return digest;
}

#pragma GCC diagnostic pop

std::string to_hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const std::byte b : digest) {
    text += kDigits[static_cast<unsigned>(b) >> 4];
    text += kDigits[static_cast<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace onrush
