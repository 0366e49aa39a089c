#include "engine/latches.h"

#include <cstring>
#include <type_traits>

#include "base/invariant.h"

namespace onrush::engine {

// A sequence lock of atomics: odd while it is being written. Stores release and loads acquire, so
// that a reader that saw any new number also sees that the version has moved on.
struct Latches::Item {
  std::atomic<std::uint32_t> version{0};
  std::atomic<std::uint32_t> phase{0};  // phase and reason in one
  std::atomic<std::uint32_t> stock{0};
  std::atomic<std::uint32_t> free{0};
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint32_t> paid{0};
  std::atomic<std::uint32_t> standby{0};
};
struct Latches::Items {
  explicit Items(std::size_t n) : count(n), items(std::make_unique<Item[]>(n)) {}
  const std::size_t count;
  const std::unique_ptr<Item[]> items;
};
// The same lock around a copy of the whole, word by word: it has to be read whole or not at all.
struct Latches::Line {
  static_assert(std::is_trivially_copyable_v<ports::LineStatus>);
  static constexpr std::size_t kWords = (sizeof(ports::LineStatus) + 7) / 8;
  using Words = std::array<std::uint64_t, kWords>;
  std::atomic<std::uint32_t> version{0};
  std::array<std::atomic<std::uint64_t>, kWords> words{};

  void store(const ports::LineStatus& status) {
    Words copy{};
    std::memcpy(copy.data(), &status, sizeof status);
    const std::uint32_t before = version.load(std::memory_order_relaxed);
    version.store(before + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < kWords; ++i) words[i].store(copy[i], std::memory_order_release);
    version.store(before + 2, std::memory_order_release);
  }
  [[nodiscard]] ports::LineStatus load() const noexcept {
    Words copy{};
    std::uint32_t before = 0;
    while (true) {
      before = version.load(std::memory_order_acquire);
      for (std::size_t i = 0; i < kWords; ++i) copy[i] = words[i].load(std::memory_order_acquire);
      if ((before & 1) == 0 && version.load(std::memory_order_relaxed) == before) break;
    }
    ports::LineStatus status;
    // Of the version that was copied: the first one may have come since.
    if (before != 0) std::memcpy(static_cast<void*>(&status), copy.data(), sizeof status);
    return status;
  }
};
struct Latches::Sale {
  Line line;
  std::atomic<Items*> items{nullptr};
  sale::PhaseReason reason = sale::PhaseReason::staff;  // the publisher's own
};

Latches::Latches() = default;
Latches::~Latches() = default;

Latches::Sale* Latches::find(sale::SaleNo sale) const noexcept {
  if (sale.value() == 0 || sale.value() >= kSalesMax) return nullptr;
  const Chunk* chunk = chunks_[sale.value() / kChunk].load(std::memory_order_acquire);
  if (chunk == nullptr) return nullptr;
  return (*chunk)[sale.value() % kChunk].load(std::memory_order_acquire);
}

Latches::Sale& Latches::require(sale::SaleNo sale) {
  if (Sale* found = find(sale)) return *found;
  INVARIANT(sale.value() > 0 && sale.value() < kSalesMax,
            "a sale number is within the latch table");
  auto& slot = chunks_[sale.value() / kChunk];
  Chunk* chunk = slot.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = owned_chunks_.emplace_back(std::make_unique<Chunk>()).get();
    slot.store(chunk, std::memory_order_release);
  }
  Sale* made = owned_sales_.emplace_back(std::make_unique<Sale>()).get();
  (*chunk)[sale.value() % kChunk].store(made, std::memory_order_release);
  return *made;
}

ports::LineStatus Latches::read_line(sale::SaleNo sale) const noexcept {
  const Sale* entry = find(sale);
  return entry == nullptr ? ports::LineStatus{} : entry->line.load();
}

void Latches::set_items(sale::SaleNo sale, std::size_t items) {
  Sale& entry = require(sale);
  const Items* now = entry.items.load(std::memory_order_relaxed);
  if (now != nullptr && now->count == items) return;
  Items* made = owned_items_.emplace_back(std::make_unique<Items>(items)).get();
  entry.items.store(made, std::memory_order_release);
}

void Latches::set_reason(sale::SaleNo sale, sale::PhaseReason reason) {
  require(sale).reason = reason;
}

void Latches::publish(const sale::Book& book, sale::SaleNo sale, TimePoint now) {
  Sale& entry = require(sale);
  entry.line.store(book.line(sale, now));
  Items* table = entry.items.load(std::memory_order_relaxed);
  if (table == nullptr) return;
  const auto phase =
      static_cast<std::uint32_t>(book.phase(sale)) << 8 | static_cast<std::uint32_t>(entry.reason);
  for (std::size_t i = 0; i < table->count; ++i) {
    const sale::ItemCounts counts = book.counts(sale, sale::ItemNo(static_cast<std::uint16_t>(i)));
    Item& item = table->items[i];
    const std::uint32_t version = item.version.load(std::memory_order_relaxed);
    item.version.store(version + 1, std::memory_order_relaxed);
    item.phase.store(phase, std::memory_order_release);
    item.stock.store(counts.stock, std::memory_order_release);
    item.free.store(counts.free, std::memory_order_release);
    item.held.store(counts.held, std::memory_order_release);
    item.paid.store(counts.paid, std::memory_order_release);
    item.standby.store(counts.standby, std::memory_order_release);
    item.version.store(version + 2, std::memory_order_release);
  }
}

ports::ItemStatus Latches::read(sale::SaleNo sale, sale::ItemNo item) const noexcept {
  const Sale* entry = find(sale);
  const Items* table = entry == nullptr ? nullptr : entry->items.load(std::memory_order_acquire);
  if (table == nullptr || item.value() >= table->count) return {};
  const Item& from = table->items[item.value()];
  ports::ItemStatus status;
  while (true) {
    const std::uint32_t before = from.version.load(std::memory_order_acquire);
    const std::uint32_t phase = from.phase.load(std::memory_order_acquire);
    status.stock = from.stock.load(std::memory_order_acquire);
    status.free = from.free.load(std::memory_order_acquire);
    status.held = from.held.load(std::memory_order_acquire);
    status.paid = from.paid.load(std::memory_order_acquire);
    status.standby = from.standby.load(std::memory_order_acquire);
    status.phase = static_cast<sale::Phase>(phase >> 8);
    status.reason = static_cast<sale::PhaseReason>(phase & 0xff);
    if ((before & 1) == 0 && from.version.load(std::memory_order_relaxed) == before) return status;
  }
}

}  // namespace onrush::engine
