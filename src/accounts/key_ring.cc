#include <openssl/crypto.h>

#include "accounts/tokens.h"
#include "base/base64url.h"
#include "base/hkdf.h"

namespace onrush::accounts {
namespace {

// The label is part of the key derivation: changing one makes all tokens of that kind invalid.
struct KindName {
  char letter;
  std::string_view label;
};
constexpr std::array<KindName, kTokenKinds> kKinds = {{{'b', "onrush token buyer v1"},
                                                       {'s', "onrush token staff v1"},
                                                       {'o', "onrush token order v1"},
                                                       {'r', "onrush token refresh v1"},
                                                       {'i', "onrush token setup v1"},
                                                       {'c', "onrush token staff refresh v1"},
                                                       {'l', "onrush token place v1"},
                                                       {'p', "onrush token pass v1"},
                                                       {'q', "onrush token challenge v1"}}};

// One derivation gives both: 32 bytes of key, and 6 bytes that name it. The name depends on the
// master secret, so each generation of keys has names of its own without anybody counting
// generations.
TokenKey derive_key(std::string_view master, const KindName& kind) {
  std::array<std::byte, 38> material;
  hkdf_sha256(std::as_bytes(std::span(master)), {}, kind.label, material);
  TokenKey key;
  std::copy_n(material.begin(), key.secret.size(), key.secret.begin());
  key.kid = std::string(1, kind.letter) + to_base64url(Bytes(material).subspan(32));
  OPENSSL_cleanse(material.data(), material.size());
  return key;
}

}  // namespace

KeyRing KeyRing::derive(std::string_view master_secret, std::string_view previous) {
  KeyRing ring;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    ring.keys_[i].push_back(derive_key(master_secret, kKinds[i]));
    if (!previous.empty() && previous != master_secret) {
      ring.keys_[i].push_back(derive_key(previous, kKinds[i]));
    }
  }
  return ring;
}

const std::vector<TokenKey>& KeyRing::keys(TokenKind kind) const {
  return keys_[static_cast<std::size_t>(kind)];
}

}  // namespace onrush::accounts
