// What a run of events changes, folded in memory: each row that is touched is read once and written
// once, however often the events change it. Pure bookkeeping: no SQL in here.
//
// The fold depends on the events alone, not on how they were divided into runs; a row that is
// written twice in two runs ends up as if it had been written once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ports/read_model.h"
#include "sale/event.h"

namespace onrush::sql {

struct OrderChange {
  std::int64_t sale = 0, buyer = 0;
  sale::OrderState state{};
  std::int64_t created_at = 0, updated_at = 0, deadline = 0, amount = 0;
  std::int64_t version = 0;
  std::int64_t stored_version = 0;  // 0 = not in the database yet
  bool units_changed = false;
  sale::Units units;  // meaningful if units_changed
};

struct PaymentChange {
  std::int64_t order = 0, sale = 0, buyer = 0;
  sale::PaymentState state{};
  std::int64_t amount = 0, captured = 0;
  std::int64_t refund_reason = -1;  // sale::event::RefundReason, -1 = none
  std::int64_t started_at = 0, updated_at = 0;
  bool stored = false;
  bool changed = false;
};

enum class StandbyState : std::uint8_t { waiting, granted, left, unsatisfiable, sold_out, closed };

struct StandbyChange {
  std::int64_t sale = 0, buyer = 0;
  StandbyState state = StandbyState::waiting;
  std::int64_t joined_at = 0, updated_at = 0, order = 0;
  bool stored = false;
  bool changed = false;
  sale::Lines lines;  // meaningful if not stored
};

struct BuyerChange {  // what is added to the buyer's row
  std::int64_t first_seen_at = 0, last_seen_at = 0;
  std::int64_t orders = 0, orders_paid = 0;
};

// Sales are few: all of them are kept, and written when they change.
struct SaleRecord {
  std::string key, title_en, title_zh, currency;
  std::int64_t phase = 0, reason = 0;
  std::int64_t lobby_at = 0, opens_at = 0, closes_at = 0;
  std::int64_t defined_at = 0, updated_at = 0;
  struct Item {
    std::string key, title_en, title_zh;
    std::int64_t stock = 0, price = 0;
  };
  std::vector<Item> items;
  bool changed = false;
  bool items_changed = false;
};
using Sales = std::map<std::int64_t, SaleRecord>;

struct ActRow {
  std::int64_t seq = 0, at = 0, sale = 0;
  std::string actor, act, detail;
};
struct MailAsked {
  std::int64_t id = 0, order = 0, kind = 0, buyer = 0, at = 0;
};

struct RegistrationChange {
  std::int64_t id = 0;  // kept by the row if there is one already
  bool registered = false;
  std::int64_t registered_at = 0, updated_at = 0;
};
// The first event after which those who are registered are to be reminded of their sale: it opens
// its lobby, or opens without one. They are those of that moment, so rows are written up to it.
struct ReminderDue {
  std::size_t batch = 0, event = 0;  // indexes
  std::int64_t sale = 0;
};
[[nodiscard]] std::optional<ReminderDue> reminder_due(std::span<const ports::JournalBatch> batches);

// Rows that events refer to and that are not made by the same events.
struct Wanted {
  std::unordered_set<std::uint64_t> orders, payments, standby;
};
[[nodiscard]] Wanted wanted_rows(std::span<const ports::JournalBatch> batches);

class Changes {
 public:
  explicit Changes(Sales& all_sales) : sales(all_sales) {}

  // Throws SqlFailure (corrupt) when the event contradicts the rows.
  void apply(const sale::Event& event, std::uint64_t seq, TimePoint at);

  Sales& sales;
  // Filled with the wanted rows before the first apply().
  std::unordered_map<std::uint64_t, OrderChange> orders;
  std::unordered_map<std::uint64_t, PaymentChange> payments;
  std::unordered_map<std::uint64_t, StandbyChange> standby;
  // Added to, written at the end.
  std::unordered_map<std::uint64_t, BuyerChange> buyers;
  std::map<std::pair<std::int64_t, std::int64_t>, RegistrationChange> registrations;
  std::vector<ActRow> acts;
  std::vector<MailAsked> mails;
};

}  // namespace onrush::sql
