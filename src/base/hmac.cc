// The block-level SHA-256 functions are the only ones of OpenSSL 3 that can start from a saved
// state without an allocation; they are deprecated in favour of EVP, which cannot, and use the same
// assembly.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

namespace onrush {
namespace {

constexpr std::size_t kBlock = 64;
using Block = std::array<unsigned char, kBlock>;
using State = std::array<std::uint32_t, 8>;

State hash_block(const Block& block) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  State state;
  std::memcpy(state.data(), context.h, sizeof state);
  OPENSSL_cleanse(&context, sizeof context);
  return state;
}

// As if the one block of which `state` is the hash had just been added.
void resume(SHA256_CTX& context, const State& state) {
  SHA256_Init(&context);
  std::memcpy(context.h, state.data(), sizeof state);
  context.Nl = kBlock * 8;  // bits so far
}

}  // namespace

HmacSha256::HmacSha256(Bytes key) {
  Block padded{};
  if (key.size() > kBlock) {
    SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), padded.data());
  } else if (!key.empty()) {
    std::memcpy(padded.data(), key.data(), key.size());
  }
  Block block;
  for (std::size_t i = 0; i < kBlock; ++i) block[i] = padded[i] ^ 0x36;
  inner_ = hash_block(block);
  for (std::size_t i = 0; i < kBlock; ++i) block[i] = padded[i] ^ 0x5c;
  outer_ = hash_block(block);
  OPENSSL_cleanse(padded.data(), padded.size());
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha256::HmacSha256(std::string_view key) : HmacSha256(std::as_bytes(std::span(key))) {}

HmacSha256::~HmacSha256() {
  OPENSSL_cleanse(inner_.data(), sizeof inner_);
  OPENSSL_cleanse(outer_.data(), sizeof outer_);
}

Mac HmacSha256::mac(std::initializer_list<std::string_view> parts) const {
  SHA256_CTX context;
  std::array<unsigned char, 32> digest;
  resume(context, inner_);
  for (const std::string_view part : parts) SHA256_Update(&context, part.data(), part.size());
  SHA256_Final(digest.data(), &context);
  resume(context, outer_);
  SHA256_Update(&context, digest.data(), digest.size());
  Mac result;
  SHA256_Final(reinterpret_cast<unsigned char*>(result.data()), &context);
  return result;
}

}  // namespace onrush
