// What is known of each item without asking the writer: published by it, read by any thread without
// a lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "ports/box_office.h"
#include "sale/book.h"

namespace onrush::engine {

// 1. One thread publishes, any thread reads.
// 2. A reader sees the numbers of one moment: free + held + paid = stock.
// 3. Nothing that a reader may hold is ever freed before the table itself.
class Latches {
 public:
  static constexpr std::uint32_t kSalesMax = 1U << 16;

  Latches();
  ~Latches();
  Latches(const Latches&) = delete;
  Latches& operator=(const Latches&) = delete;

  // Makes room for a sale's items; a redefined sale may have another number of them.
  void set_items(sale::SaleNo sale, std::size_t items);
  void set_reason(sale::SaleNo sale, sale::PhaseReason reason);
  // Publishes all items of the sale, and its line.
  void publish(const sale::Book& book, sale::SaleNo sale, TimePoint now);

  [[nodiscard]] ports::ItemStatus read(sale::SaleNo sale, sale::ItemNo item) const noexcept;
  [[nodiscard]] ports::LineStatus read_line(sale::SaleNo sale) const noexcept;

 private:
  struct Line;
  struct Item;
  struct Items;
  struct Sale;
  static constexpr std::uint32_t kChunk = 64;
  using Chunk = std::array<std::atomic<Sale*>, kChunk>;

  Sale* find(sale::SaleNo sale) const noexcept;
  Sale& require(sale::SaleNo sale);

  std::array<std::atomic<Chunk*>, kSalesMax / kChunk> chunks_{};
  std::vector<std::unique_ptr<Chunk>> owned_chunks_;
  std::vector<std::unique_ptr<Sale>> owned_sales_;
  std::vector<std::unique_ptr<Items>> owned_items_;
};

}  // namespace onrush::engine
