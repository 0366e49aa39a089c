#include "base/hkdf.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/hmac.h"
#include "base/invariant.h"

namespace onrush {
namespace {

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void hkdf_sha256(Bytes secret, Bytes salt, std::string_view info, std::span<std::byte> out) {
  INVARIANT(out.size() <= 255 * sizeof(Mac), "HKDF gives at most 255 blocks");
  Mac extracted = HmacSha256(salt).mac(as_text(secret));
  const HmacSha256 expand{Bytes(extracted)};
  OPENSSL_cleanse(extracted.data(), extracted.size());

  Mac block{};
  std::size_t done = 0;
  for (unsigned char counter = 1; done < out.size(); ++counter) {
    const char number = static_cast<char>(counter);
    const Bytes before = counter == 1 ? Bytes{} : Bytes(block);
    block = expand.mac({as_text(before), info, std::string_view(&number, 1)});
    const std::size_t take = std::min(block.size(), out.size() - done);
    std::copy_n(block.begin(), take, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
  }
  OPENSSL_cleanse(block.data(), block.size());
}

}  // namespace onrush
