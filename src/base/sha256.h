// SHA-256, incrementally, with a context that is used again.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace onrush {

using Digest = std::array<std::byte, 32>;

// One thread at a time. update() any number of times, then finish(), which begins anew.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(Bytes data);
  [[nodiscard]] Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Digest sha256(Bytes data);
// The same, without an allocation and without looking the algorithm up: for a few bytes on a hot
// path.
[[nodiscard]] Digest sha256_short(Bytes data);

// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(const Digest& digest);

}  // namespace onrush
