// Little-endian byte writing and bounds-checked reading, for the journal and snapshots.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace onrush {

using Bytes = std::span<const std::byte>;

static_assert(std::endian::native == std::endian::little,
              "stored formats are little-endian; a big-endian port needs byte swaps in this file");

// Appends to a growing buffer.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}

  template <std::integral T>
  void put(T value) {
    put_raw(&value, sizeof value);
  }
  // Several numbers, one behind the other, appended at once: for records that come by the million.
  template <std::integral... T>
  void put_all(T... values) {
    std::array<std::byte, (sizeof(T) + ...)> packed;
    std::byte* at = packed.data();
    ((std::memcpy(at, &values, sizeof values), at += sizeof values), ...);
    put_raw(packed.data(), packed.size());
  }
  void put_raw(const void* data, std::size_t size) {
    const auto* p = static_cast<const std::byte*>(data);
    out_.insert(out_.end(), p, p + size);
  }
  // 32-bit length, then the bytes.
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    put_raw(text.data(), text.size());
  }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  // What was put since size() was `from`; valid until more is put.
  [[nodiscard]] Bytes written(std::size_t from) const { return Bytes(out_).subspan(from); }
  // Room for `size` bytes in all, so that what follows is not copied for growth.
  void reserve(std::size_t size) { out_.reserve(size); }
  // Overwrites what was put at `at`, e.g. a length that is known only afterwards.
  template <std::integral T>
  void patch(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof value);
  }

 private:
  std::vector<std::byte>& out_;
};

// Reads front to back. A read past the end returns zero and makes ok() false for good, so that a
// decoder may read a whole record and check once.
class ByteReader {
 public:
  explicit ByteReader(Bytes in) : in_(in) {}

  template <std::integral T>
  [[nodiscard]] T get() {
    T value{};
    if (in_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view get_text() {
    const auto size = get<std::uint32_t>();
    const Bytes bytes = get_raw(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] Bytes get_raw(std::size_t size) {
    if (in_.size() < size) {
      fail();
      return {};
    }
    const Bytes taken = in_.first(size);
    in_ = in_.subspan(size);
    return taken;
  }
  void fail() {
    ok_ = false;
    in_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return in_.size(); }

 private:
  Bytes in_;
  bool ok_ = true;
};

}  // namespace onrush
