// HKDF-SHA256 (RFC 5869): independent keys out of one secret.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace onrush {

// Fills `out` (at most 255 × 32 bytes). `info` names what the key is for; an empty salt is
// permitted.
void hkdf_sha256(Bytes secret, Bytes salt, std::string_view info, std::span<std::byte> out);

}  // namespace onrush
