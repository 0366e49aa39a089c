// base64url without padding (RFC 4648 §5), as JWS uses it. Decoding is strict: no padding, no white
// space, no other alphabet, and the unused bits of the last character must be zero, so that each
// value has one text form.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace onrush {

[[nodiscard]] constexpr std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

// Writes base64url_size(in.size()) characters; returns the end of them.
char* write_base64url(Bytes in, char* out);
[[nodiscard]] std::string to_base64url(Bytes in);

// Fills the front of `out`; the count of bytes written, or nothing if `text` is not base64url or
// does not fit.
[[nodiscard]] std::optional<std::size_t> read_base64url(std::string_view text,
                                                        std::span<std::byte> out);

}  // namespace onrush
