#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/crc32c.h"
#include "base/sha256.h"

namespace onrush {
namespace {

Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Crc32c, has_the_values_of_rfc_3720) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, is_the_same_with_and_without_the_instruction_and_in_pieces) {
  std::mt19937 random(7);
  std::string text;
  for (int size = 0; size < 300; ++size) {
    const Bytes whole = bytes_of(text);
    EXPECT_EQ(crc32c(whole), crc32c_portable(whole)) << size;
    const std::size_t cut = text.empty() ? 0 : random() % text.size();
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), crc32c(whole)) << size;
    text += static_cast<char>(random());
  }
}

TEST(Sha256, has_the_values_of_fips_180) {
  EXPECT_EQ(to_hex(sha256(bytes_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, begins_anew_after_finish) {
  Sha256 hash;
  (void)hash.update(bytes_of("something else")).finish();
  EXPECT_EQ(hash.update(bytes_of("a")).update(bytes_of("bc")).finish(), sha256(bytes_of("abc")));
}

}  // namespace
}  // namespace onrush
