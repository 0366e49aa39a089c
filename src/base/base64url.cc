#include "base/base64url.h"

#include <array>
#include <cstdint>

namespace onrush {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint32_t kBad = 0x8000'0000;  // survives shifting and OR-ing of four sextets

constexpr std::array<std::uint32_t, 256> make_values() {
  std::array<std::uint32_t, 256> values{};
  values.fill(kBad);
  for (std::uint32_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i;
  return values;
}
constexpr auto kValues = make_values();

constexpr std::uint32_t value(char c) {
  return kValues[static_cast<unsigned char>(c)];
}
constexpr std::uint32_t byte(std::byte b) {
  return static_cast<std::uint32_t>(b);
}

}  // namespace

char* write_base64url(Bytes in, char* out) {
  std::size_t i = 0;
  for (; i + 3 <= in.size(); i += 3) {
    const std::uint32_t group = byte(in[i]) << 16 | byte(in[i + 1]) << 8 | byte(in[i + 2]);
    *out++ = kAlphabet[group >> 18];
    *out++ = kAlphabet[group >> 12 & 63];
    *out++ = kAlphabet[group >> 6 & 63];
    *out++ = kAlphabet[group & 63];
  }
  const std::size_t rest = in.size() - i;
  if (rest == 0) return out;
  const std::uint32_t group = byte(in[i]) << 16 | (rest == 2 ? byte(in[i + 1]) << 8 : 0);
  *out++ = kAlphabet[group >> 18];
  *out++ = kAlphabet[group >> 12 & 63];
  if (rest == 2) *out++ = kAlphabet[group >> 6 & 63];
  return out;
}

std::string to_base64url(Bytes in) {
  std::string text(base64url_size(in.size()), '\0');
  write_base64url(in, text.data());
  return text;
}

std::optional<std::size_t> read_base64url(std::string_view text, std::span<std::byte> out) {
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  const std::size_t size = text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1);
  if (size > out.size()) return std::nullopt;

  std::byte* to = out.data();
  std::uint32_t seen = 0;  // kBad is looked for once at the end: no branch a character
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::uint32_t a = value(text[i]), b = value(text[i + 1]), c = value(text[i + 2]),
                        d = value(text[i + 3]);
    seen |= a | b | c | d;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<std::byte>(group >> 16);
    *to++ = static_cast<std::byte>(group >> 8);
    *to++ = static_cast<std::byte>(group);
  }
  if (rest != 0) {
    const std::uint32_t a = value(text[i]), b = value(text[i + 1]);
    const std::uint32_t c = rest == 3 ? value(text[i + 2]) : 0;
    seen |= a | b | c;
    const std::uint32_t group = a << 18 | b << 12 | c << 6;
    *to++ = static_cast<std::byte>(group >> 16);
    if (rest == 3) *to++ = static_cast<std::byte>(group >> 8);
    const std::uint32_t unused = rest == 3 ? group & 0xff : group & 0xffff;
    if (unused != 0) return std::nullopt;
  }
  if ((seen & kBad) != 0) return std::nullopt;
  return size;
}

}  // namespace onrush
