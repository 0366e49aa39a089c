#include <gtest/gtest.h>

#include <set>

#include "admission/purchase_path.h"

namespace onrush::admission {
namespace path_test {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
const TimePoint kMinuteStart = from_millis(1'800'000'000'000);

PurchasePaths paths(std::string_view key = kKey) {
  return PurchasePaths(std::as_bytes(std::span(key)));
}

TEST(PurchasePath, is_good_for_its_buyer_in_its_sale_only) {
  const PurchasePaths p = paths();
  const std::string code = p.make(618, 42, kMinuteStart).code;
  EXPECT_TRUE(p.holds(code, 618, 42, kMinuteStart));
  EXPECT_FALSE(p.holds(code, 618, 43, kMinuteStart));
  EXPECT_FALSE(p.holds(code, 619, 42, kMinuteStart));
  EXPECT_FALSE(p.holds(code + "A", 618, 42, kMinuteStart));
  EXPECT_FALSE(p.holds(code.substr(0, 15), 618, 42, kMinuteStart));
  EXPECT_FALSE(p.holds("", 618, 42, kMinuteStart));
  EXPECT_FALSE(paths("another key").holds(code, 618, 42, kMinuteStart));
}

TEST(PurchasePath, ends_with_the_minute_after_its_own) {
  const PurchasePaths p = paths();
  for (const std::int64_t ms : {0, 59'999}) {
    const TimePoint made = kMinuteStart + Millis{ms};
    const auto path = p.make(1, 42, made);
    EXPECT_EQ(path.expires_at, kMinuteStart + Millis{120'000});
    EXPECT_TRUE(p.holds(path.code, 1, 42, path.expires_at - Millis{1}));
    EXPECT_FALSE(p.holds(path.code, 1, 42, path.expires_at));
    EXPECT_FALSE(p.holds(path.code, 1, 42, kMinuteStart - Millis{1})) << "not before its minute";
  }
}

TEST(PurchasePath, is_another_one_for_each_buyer_sale_and_minute) {
  const PurchasePaths p = paths();
  std::set<std::string> codes;
  for (std::uint64_t buyer = 1; buyer <= 100; ++buyer) {
    for (std::uint32_t sale = 1; sale <= 10; ++sale) {
      for (int minute = 0; minute < 10; ++minute) {
        const std::string code = p.make(sale, buyer, kMinuteStart + Millis{minute * 60'000}).code;
        EXPECT_EQ(code.size(), 16u);
        codes.insert(code);
      }
    }
  }
  EXPECT_EQ(codes.size(), 10'000u);
}

}  // namespace path_test
}  // namespace onrush::admission
