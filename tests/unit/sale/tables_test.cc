// The containers in which a book finds its buyers and records, compared with the standard ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <unordered_map>
#include <vector>

#include "sale/buyer_table.h"
#include "sale/id_records.h"

namespace onrush::sale {
namespace {

TEST(BuyerTable, keeps_every_buyer_through_its_growth) {
  std::mt19937_64 random(7);
  BuyerTable table;
  std::unordered_map<std::uint64_t, Index> expected;
  for (Index i = 0; i < 50'000; ++i) {
    // Neighbours, and numbers from the whole range, as accounts of several makers have.
    const std::uint64_t buyer = i % 2 == 0 ? i + 1 : random() | 1;
    table[buyer].order = i;
    expected[buyer] = i;
  }
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [buyer, order] : expected) {
    const BuyerRefs* refs = table.find(buyer);
    ASSERT_NE(refs, nullptr) << buyer;
    ASSERT_EQ(refs->order, order) << buyer;
    ASSERT_EQ(refs->entry, kNone) << buyer;
  }
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t stranger = random();
    ASSERT_EQ(table.find(stranger) != nullptr, expected.contains(stranger)) << stranger;
  }
}

TEST(BuyerTable, knows_neither_nobody_nor_strangers) {
  BuyerTable table;
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(1), nullptr);
  for (std::uint64_t buyer = 1; buyer <= 1'000; ++buyer) table[buyer].entry = 1;
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_EQ(table.find(1'001), nullptr);
  table.prefetch(0);
  table.prefetch(1'001);
  EXPECT_EQ(table.size(), 1'000U);
}

TEST(IdRecords, finds_what_is_there_and_nothing_else) {
  IdRecords<Order> records;
  EXPECT_EQ(records.find(1), kNone);
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> ids;
  std::uint64_t id = 5;
  for (int i = 0; i < 10'000; ++i) {
    // Runs without gaps, small gaps (ids of payments in between), and the next millisecond.
    const std::uint64_t roll = random() % 100;
    id += roll < 70 ? 1 : roll < 95 ? 2 + random() % 5 : std::uint64_t{1} << 22;
    Order order;
    order.id = id;
    records.push_back(order);
    ids.push_back(id);
  }
  for (Index i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(records.find(ids[i]), i);
    for (const std::uint64_t near : {ids[i] - 1, ids[i] + 1, ids[i] + 40}) {
      const auto place = std::lower_bound(ids.begin(), ids.end(), near);
      const bool there = place != ids.end() && *place == near;
      ASSERT_EQ(records.find(near), there ? static_cast<Index>(place - ids.begin()) : kNone);
    }
  }
  EXPECT_EQ(records.find(0), kNone);
  EXPECT_EQ(records.find(UINT64_MAX), kNone);
  records.prefetch(0);
  records.prefetch(UINT64_MAX);
}

}  // namespace
}  // namespace onrush::sale
