#include "edge/live/sale_directory.h"

#include <algorithm>

#include "base/invariant.h"

namespace onrush::live {
namespace {

std::shared_ptr<const SaleEntry::KeyIndex> index_items(const sale::SaleRules& rules) {
  auto index = std::make_shared<SaleEntry::KeyIndex>();
  index->reserve(rules.items.size());
  for (std::size_t i = 0; i < rules.items.size(); ++i) {
    index->emplace_back(rules.items[i].key, sale::ItemNo{static_cast<std::uint16_t>(i)});
  }
  std::sort(index->begin(), index->end());
  return index;
}

void set_rules(SaleEntry& entry, sale::RulesPtr rules) {
  entry.rules = std::move(rules);
  entry.by_key = index_items(*entry.rules);
}

template <class Index>
auto find_key(const Index& index, std::string_view key) {
  const auto at =
      std::lower_bound(index.begin(), index.end(), key,
                       [](const auto& row, std::string_view k) { return row.first < k; });
  return at != index.end() && at->first == key ? at : index.end();
}

// Applies one event to a copy of the list of sales; true if something changed.
class Change {
 public:
  explicit Change(std::vector<SaleEntryPtr>& sales) : sales_(sales) {}

  bool operator()(const sale::event::SaleDefined& e) {
    if (e.sale.value() == sales_.size() + 1) sales_.push_back(std::make_shared<SaleEntry>());
    return edit(e.sale, [&](SaleEntry& entry) {
      entry.sale = e.sale;
      set_rules(entry, e.rules);
      entry.stock.clear();
      for (const auto& item : e.rules->items) entry.stock.push_back(item.stock);
    });
  }
  bool operator()(const sale::event::PhaseChanged& e) {
    return edit(e.sale, [&](SaleEntry& entry) {
      entry.phase = e.to;
      entry.reason = e.reason;
    });
  }
  bool operator()(const sale::event::Restocked& e) {
    return edit(e.sale, [&](SaleEntry& entry) {
      if (e.item.value() < entry.stock.size()) entry.stock[e.item.value()] += e.count;
    });
  }
  bool operator()(const sale::event::Rescheduled& e) {
    return edit(e.sale, [&](SaleEntry& entry) {
      auto rules = std::make_shared<sale::SaleRules>(*entry.rules);
      rules->lobby_at = e.lobby_at;
      rules->opens_at = e.opens_at;
      rules->closes_at = e.closes_at;
      set_rules(entry, std::move(rules));
    });
  }
  bool operator()(const sale::event::DrawRevealed& e) {
    return edit(e.sale, [&](SaleEntry& entry) {
      entry.draw =
          std::make_shared<SaleDraw>(SaleDraw{e.entries, e.lobby_digest, e.beacon, e.seed});
    });
  }
  bool operator()(const sale::event::NoticeSet& e) {
    return edit(e.sale, [&](SaleEntry& entry) { entry.notice = e.notice; });
  }
  template <class Other>
  bool operator()(const Other&) {
    return false;
  }

 private:
  template <class Edit>
  bool edit(sale::SaleNo sale, Edit edit_entry) {
    const std::size_t index = sale.value() - std::size_t{1};
    INVARIANT(index < sales_.size(), "an event names a sale that was never defined");
    auto entry = std::make_shared<SaleEntry>(*sales_[index]);
    edit_entry(*entry);
    sales_[index] = std::move(entry);
    return true;
  }

  std::vector<SaleEntryPtr>& sales_;
};

bool concerns_directory(const sale::Event& event) {
  return std::holds_alternative<sale::event::SaleDefined>(event) ||
         std::holds_alternative<sale::event::PhaseChanged>(event) ||
         std::holds_alternative<sale::event::Restocked>(event) ||
         std::holds_alternative<sale::event::Rescheduled>(event) ||
         std::holds_alternative<sale::event::DrawRevealed>(event) ||
         std::holds_alternative<sale::event::NoticeSet>(event);
}

}  // namespace

std::optional<sale::ItemNo> SaleEntry::item(std::string_view key) const {
  const auto at = find_key(*by_key, key);
  if (at == by_key->end()) return std::nullopt;
  return at->second;
}

const SaleEntry* SaleList::find(std::string_view key) const {
  const auto at = find_key(by_key, key);
  return at == by_key.end() ? nullptr : at->second;
}

const SaleEntry* SaleList::find(sale::SaleNo sale) const {
  if (sale.value() == 0 || sale.value() > by_number.size()) return nullptr;
  return by_number[sale.value() - std::size_t{1}].get();
}

SaleDirectory::SaleDirectory(std::vector<sale::SaleSummary> sales) {
  std::vector<SaleEntryPtr> entries;
  entries.reserve(sales.size());
  for (auto& summary : sales) {
    auto entry = std::make_shared<SaleEntry>();
    entry->sale = summary.sale;
    entry->phase = summary.phase;
    entry->reason = summary.reason;
    for (const auto& counts : summary.items) entry->stock.push_back(counts.stock);
    entry->notice = std::move(summary.notice);
    if (summary.line.mode == sale::LineMode::draw && summary.line.drawn) {
      entry->draw =
          std::make_shared<SaleDraw>(SaleDraw{summary.line.lobby_entries, summary.line.lobby_digest,
                                              summary.beacon, summary.line.seed});
    }
    set_rules(*entry, std::move(summary.rules));
    entries.push_back(std::move(entry));
  }
  publish(std::move(entries));
}

void SaleDirectory::publish(std::vector<SaleEntryPtr> sales) {
  auto list = std::make_shared<SaleList>();
  list->by_number = std::move(sales);
  list->by_key.reserve(list->by_number.size());
  for (const auto& entry : list->by_number)
    list->by_key.emplace_back(entry->rules->key, entry.get());
  std::sort(list->by_key.begin(), list->by_key.end());
  // The subscribers are told under the lock, so that unsubscribe() is a promise and the order is
  // kept.
  const std::lock_guard lock(mutex_);
  list->version = current_ ? current_->version + 1 : 1;
  current_ = std::move(list);
  for (const auto& [id, changed] : subscribers_) changed(current_);
}

void SaleDirectory::on_events(std::uint64_t /*first_seq*/, TimePoint /*at*/,
                              std::span<const sale::Event> events) noexcept {
  if (std::none_of(events.begin(), events.end(), concerns_directory)) return;
  std::vector<SaleEntryPtr> sales = current()->by_number;
  bool changed = false;
  for (const auto& event : events) changed |= std::visit(Change{sales}, event);
  if (changed) publish(std::move(sales));
}

SaleListPtr SaleDirectory::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::uint64_t SaleDirectory::subscribe(Changed changed) {
  const std::lock_guard lock(mutex_);
  subscribers_.emplace(next_id_, std::move(changed));
  return next_id_++;
}

void SaleDirectory::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  subscribers_.erase(id);
}

}  // namespace onrush::live
