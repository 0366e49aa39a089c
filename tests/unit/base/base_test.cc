// Time texts, bytes and invariants.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/invariant.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace onrush {
namespace {

TEST(time, writes_utc_with_three_decimals) {
  EXPECT_EQ(to_rfc3339(from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_millis(1'795'335'000'250)), "2026-11-22T08:10:00.250Z");
  EXPECT_EQ(to_rfc3339(from_millis(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(time, reads_what_it_writes) {
  for (const std::int64_t ms :
       {0LL, 1LL, 951'782'400'000LL, 1'795'335'000'250LL, 253'402'300'799'999LL}) {
    const auto read = parse_rfc3339(to_rfc3339(from_millis(ms)));
    ASSERT_TRUE(read) << ms;
    EXPECT_EQ(to_millis(*read), ms);
  }
}

TEST(time, reads_offsets_and_fractions) {
  const auto utc = parse_rfc3339("2026-11-22T08:30:00Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(*parse_rfc3339("2026-11-22T16:30:00+08:00"), *utc);
  EXPECT_EQ(*parse_rfc3339("2026-11-22T03:00:00-05:30"), *utc);
  EXPECT_EQ(*parse_rfc3339("2026-11-22t08:30:00z"), *utc);
  EXPECT_EQ(*parse_rfc3339("2026-11-22T08:30:00.25Z"), *utc + Millis{250});
  EXPECT_EQ(*parse_rfc3339("2026-11-22T08:30:00.123999999Z"), *utc + Millis{123});
}

TEST(time, refuses_what_is_not_rfc_3339) {
  for (const char* text :
       {"", "2026", "2026-11-22", "2026-11-22T08:30:00", "2026-11-22 08:30:00Z",
        "2026-13-22T08:30:00Z", "2026-02-29T08:30:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z", "2026-11-22T08:30:61Z", "2026-11-22T08:30:00.Z",
        "2026-11-22T08:30:00.1234567890Z", "2026-11-22T08:30:00+8:00", "2026-11-22T08:30:00+24:00",
        "2026-11-22T08:30:00Zx", "+026-11-22T08:30:00Z", "2026-11-22T-8:30:00Z",
        "2026-11-22T08:30:00+0a:00"}) {
    const auto read = parse_rfc3339(text);
    EXPECT_FALSE(read) << text;
    if (!read) {
      EXPECT_EQ(read.error().kind, ErrorKind::invalid);
    }
  }
}

TEST(bytes, read_back_what_was_written) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  out.put(std::uint8_t{7});
  out.put(std::uint32_t{0});
  out.put_text("flash");
  out.put(std::int64_t{-5});
  out.patch(1, std::uint32_t{0x01020304});
  EXPECT_EQ(bytes[1], std::byte{4});  // little-endian
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint8_t>(), 7);
  EXPECT_EQ(in.get<std::uint32_t>(), 0x01020304U);
  EXPECT_EQ(in.get_text(), "flash");
  EXPECT_EQ(in.get<std::int64_t>(), -5);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(bytes, reading_past_the_end_fails_for_good) {
  std::vector<std::byte> bytes(3);
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint32_t>(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.get<std::uint8_t>(), 0);
  EXPECT_FALSE(in.ok());
}

TEST(bytes, a_text_longer_than_the_rest_is_refused) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  out.put(std::uint32_t{0xffffffff});
  out.put(std::uint8_t{1});
  ByteReader in(bytes);
  EXPECT_EQ(in.get_text(), "");
  EXPECT_FALSE(in.ok());
}

TEST(invariant, a_broken_one_ends_the_process) {
  EXPECT_DEATH({ INVARIANT(1 == 2, "one is not two"); }, "one is not two");
  INVARIANT(1 == 1, "holds");
}

TEST(strong_id, equal_values_hash_equally_and_compare) {
  using Id = StrongId<struct TestTag, std::uint32_t>;
  EXPECT_EQ(std::hash<Id>{}(Id{7}), std::hash<Id>{}(Id{7}));
  EXPECT_NE(std::hash<Id>{}(Id{7}), std::hash<Id>{}(Id{8}));
  EXPECT_LT(Id{7}, Id{8});
}

}  // namespace
}  // namespace onrush
