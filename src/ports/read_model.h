// The read model: orders, payments and the mail outbox as rows, derived from the journal and
// nothing else. Deleting it and replaying gives the same rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/journal.h"
#include "sale/outcome.h"

namespace onrush::ports {

// Written by the projector's thread only.
class ReadModelWriter {
 public:
  virtual ~ReadModelWriter() = default;
  // Sequence of the last event that has taken effect; 0 at first.
  [[nodiscard]] virtual Result<std::uint64_t> position() = 0;
  // Applies whole batches, in order, in one transaction together with the new position. Batches at
  // or below the position are skipped, so that a repeat is harmless. Errors: retryable, corrupt.
  [[nodiscard]] virtual Status apply(std::span<const JournalBatch> batches) = 0;
};

struct OrderRow {
  sale::OrderId order;
  sale::SaleNo sale;
  std::string sale_key;
  sale::BuyerId buyer;
  sale::OrderState state{};
  TimePoint created_at{};
  TimePoint updated_at{};
  TimePoint deadline{};
  sale::Money amount;
  std::string currency;
  std::uint64_t version = 0;  // grows by one with each change of the order
  struct Unit {
    std::string item_key;
    std::string item_title;
    std::uint32_t unit = 0;
    std::string item_title_zh;  // "" = only the English one
  };
  std::vector<Unit> units;
  std::string sale_title;
  std::string sale_title_zh;  // "" = only the English one
};

struct OrderQuery {
  std::optional<sale::BuyerId> buyer;  // staff leave it empty
  std::string sale_key;                // "" = all
  std::optional<sale::OrderState> state;
  // Words that all occur in sale or item (key, titles) or begin the order id; "" = all. The read
  // model holds no e-mail addresses: resolve one through AccountStore::find_by_email and set
  // `buyer`.
  std::string text;
  sale::OrderId before{};  // cursor: orders older than this one; 0 = from the newest
  std::uint32_t limit = 50;
};

struct PaymentRow {
  sale::PaymentId payment;
  sale::OrderId order;
  sale::SaleNo sale;
  sale::BuyerId buyer;
  sale::PaymentState state{};
  sale::Money amount;    // asked for
  sale::Money captured;  // what came
  std::string currency;
  std::string refund_reason;  // "" unless refund_due or refunded
  TimePoint started_at{};
  TimePoint updated_at{};
};

struct StaffActRow {  // the log of acts, newest first
  std::uint64_t seq = 0;
  TimePoint at{};
  std::string actor;
  std::string act;  // "pause", "restock", "refund", …
  std::string sale_key;
  std::string detail;
};

// Queries; every method is thread-safe and blocks for a short, bounded time (off the rush threads).
class OrderStore {
 public:
  virtual ~OrderStore() = default;
  [[nodiscard]] virtual Result<std::vector<OrderRow>> orders(const OrderQuery& query) = 0;
  [[nodiscard]] virtual Result<std::optional<OrderRow>> order(sale::OrderId id) = 0;
  [[nodiscard]] virtual Result<std::vector<PaymentRow>> payments_of(sale::OrderId id) = 0;
  // Started or unknown for longer than the given time: the provider is to be asked again. Oldest
  // first.
  [[nodiscard]] virtual Result<std::vector<PaymentRow>> open_payments(TimePoint started_before,
                                                                      std::uint32_t limit) = 0;
  // refund_due: the provider is to give the money back. Oldest first.
  [[nodiscard]] virtual Result<std::vector<PaymentRow>> refunds_due(std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::vector<StaffActRow>> staff_acts(std::uint64_t before_seq,
                                                                    std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> position() = 0;
};

// One mail that the journal says must be sent; (order, kind) is its identity, for ever, and of a
// reminder (registration, kind).
enum class MailKind : std::uint8_t { order_paid, standby_turn, order_refunded, sale_opens };
struct OutboxMail {
  std::uint64_t id = 0;  // follows from the journal alone
  MailKind kind{};
  sale::BuyerId buyer;
  OrderRow order;      // not of sale_opens
  struct ReminderOf {  // of sale_opens
    std::uint64_t registration = 0;
    std::string sale_key, sale_title, sale_title_zh;  // "" = only the English one
    TimePoint opens_at{}, closes_at{};
    sale::Phase phase{};
  } reminder;
  std::uint32_t tries = 1;  // this one included
};

// What has become of mails is not in the journal, so it is kept apart from the read model and
// survives its rebuilding. A mail is claimed before it is sent; a claim that was never finished (a
// crash while sending) is `in_doubt` and not sent again by itself: never twice.
class MailOutbox {
 public:
  virtual ~MailOutbox() = default;
  // Mails due at `now` that are neither done nor claimed; claims them durably before returning.
  [[nodiscard]] virtual Result<std::vector<OutboxMail>> claim(TimePoint now,
                                                              std::uint32_t limit) = 0;
  [[nodiscard]] virtual Status mark_sent(std::uint64_t id, TimePoint at) = 0;
  // A definite failure: to be tried again at `next`, or given up (nullopt → dead).
  [[nodiscard]] virtual Status mark_failed(std::uint64_t id, std::optional<TimePoint> next,
                                           const std::string& reason) = 0;
  // Nobody knows whether it was sent: it is not tried again by itself.
  [[nodiscard]] virtual Status mark_in_doubt(std::uint64_t id, const std::string& reason) = 0;
  struct Counts {
    std::uint64_t pending = 0, sent = 0, in_doubt = 0, dead = 0;
    std::uint64_t claimed = 0;  // being sent at this moment
    std::uint64_t skipped = 0;  // the buyer has no account with an address (synthetic crowds)
  };
  [[nodiscard]] virtual Result<Counts> counts() = 0;
};

}  // namespace onrush::ports
