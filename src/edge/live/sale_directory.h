// The sale directory: what the edge must know of each sale to resolve names and to describe it, as
// immutable snapshots. Fed by events; readers take a snapshot and share nothing with the writer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ports/box_office.h"
#include "sale/book.h"
#include "sale/rules.h"

namespace onrush::live {

// The draw of a sale, once its lots are drawn.
struct SaleDraw {
  std::uint32_t entries = 0;
  Digest lobby_digest{};
  std::string beacon;
  Digest seed{};
};

// One sale at one moment. Immutable.
struct SaleEntry {
  sale::SaleNo sale;
  sale::RulesPtr rules;  // as rescheduled
  sale::Phase phase = sale::Phase::draft;
  sale::PhaseReason reason = sale::PhaseReason::staff;
  std::vector<std::uint32_t> stock;      // by item, restocks included
  sale::Text notice;                     // an empty `en`: none
  std::shared_ptr<const SaleDraw> draw;  // null until the lots are drawn

  // By the item's key: O(log items), no allocation.
  [[nodiscard]] std::optional<sale::ItemNo> item(std::string_view key) const;

  using KeyIndex = std::vector<std::pair<std::string_view, sale::ItemNo>>;
  std::shared_ptr<const KeyIndex> by_key;  // sorted; views into `rules`
};
using SaleEntryPtr = std::shared_ptr<const SaleEntry>;

struct SaleList {
  std::vector<SaleEntryPtr> by_number;                                // index = SaleNo - 1
  std::vector<std::pair<std::string_view, const SaleEntry*>> by_key;  // sorted
  std::uint64_t version = 0;  // grows with each change, for caches and ETags

  [[nodiscard]] const SaleEntry* find(std::string_view key) const;
  [[nodiscard]] const SaleEntry* find(sale::SaleNo sale) const;
};
using SaleListPtr = std::shared_ptr<const SaleList>;

class SaleDirectory final : public ports::EventListener {
 public:
  // `sales` in order of their numbers, 1..n.
  explicit SaleDirectory(std::vector<sale::SaleSummary> sales);

  // Engine thread. Events that do not concern the directory cost a type test each.
  void on_events(std::uint64_t first_seq, TimePoint at,
                 std::span<const sale::Event> events) noexcept override;

  // The newest snapshot. Takes a short lock; workers keep a copy instead. Thread-safe.
  [[nodiscard]] SaleListPtr current() const;

  // `changed` is called on the engine's thread with each new snapshot (and must only hand it on);
  // when unsubscribe() has returned it is called no more.
  using Changed = std::function<void(const SaleListPtr&)>;
  [[nodiscard]] std::uint64_t subscribe(Changed changed);
  void unsubscribe(std::uint64_t id);

 private:
  void publish(std::vector<SaleEntryPtr> sales);

  mutable std::mutex mutex_;
  SaleListPtr current_;
  std::map<std::uint64_t, Changed> subscribers_;
  std::uint64_t next_id_ = 1;
};

}  // namespace onrush::live
