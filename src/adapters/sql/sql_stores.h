// The SQL stores: read model, accounts, and what became of mails. SQLite today; see
// docs/read_model.md.
//
// Three databases in one directory, because they live differently: `read_model.db` is derived from
// the journal and may be deleted at any time; `accounts.db` holds what must be erasable;
// `delivery.db` says what was done with each mail and must survive the rebuilding of the read
// model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "ports/account_store.h"
#include "ports/clock.h"
#include "ports/journal.h"
#include "ports/read_model.h"

namespace onrush::sql {

struct SqlOptions {
  std::filesystem::path directory;  // is made if it is not there
  unsigned readers = 4;             // connections for queries, beside the one that writes
  Millis deadline{3'000};           // of each query, and of each wait for another writer
};

// apply() and position() as writer: the projector's thread. Everything else: any thread.
class ReadModel : public ports::ReadModelWriter, public ports::OrderStore {
 public:
  [[nodiscard]] Result<std::uint64_t> position() override = 0;

  // Every derived row as text, one a line, tables and rows in a fixed order: equal journals give
  // equal bytes, however they were divided into apply() calls. For `audit` and tests; not bounded
  // in time.
  [[nodiscard]] virtual Status dump(std::ostream& out) = 0;

  struct MailRow {
    std::uint64_t id = 0;  // journal sequence
    sale::OrderId order;
    ports::MailKind kind{};
    sale::BuyerId buyer;
  };
  // Mails that the journal asks for, after `id`, oldest first.
  [[nodiscard]] virtual Result<std::vector<MailRow>> mails_after(std::uint64_t id,
                                                                 std::uint32_t limit) = 0;
  struct ReminderRow {
    std::uint64_t no = 0;            // 1, 2, … in the order of the journal
    std::uint64_t registration = 0;  // one of a buyer and a sale, for ever
    sale::BuyerId buyer;
  };
  // Reminders that the journal asks for, after `no`.
  [[nodiscard]] virtual Result<std::vector<ReminderRow>> reminders_after(std::uint64_t no,
                                                                         std::uint32_t limit) = 0;
  // What there is to say of them (at most 500), in no particular order.
  [[nodiscard]] virtual Result<std::vector<ports::OutboxMail::ReminderOf>> reminders_of(
      std::span<const std::uint64_t> registrations) = 0;
  // Those of the given orders (at most 500) that exist, in no particular order.
  [[nodiscard]] virtual Result<std::vector<ports::OrderRow>> orders_by_id(
      std::span<const sale::OrderId> ids) = 0;
};

class Accounts : public ports::AccountStore {
 public:
  // Those of the given buyers (at most 1,000) that have an account with an e-mail address.
  [[nodiscard]] virtual Result<std::vector<sale::BuyerId>> with_mailbox(
      std::span<const sale::BuyerId> buyers) = 0;
};

// Opens or makes the database. A read model of another version of this program is emptied:
// position() is 0 then, and the projector fills it again. Errors: retryable (locked, disk), corrupt
// (not a database, damaged: delete read_model.db, it is derived).
[[nodiscard]] Result<std::unique_ptr<ReadModel>> open_read_model(const SqlOptions& options);
[[nodiscard]] Result<std::unique_ptr<Accounts>> open_accounts(const SqlOptions& options);
// Only the process that sends may open it: claims that it finds are taken for a crash and become
// in_doubt. Both references outlive the outbox.
[[nodiscard]] Result<std::unique_ptr<ports::MailOutbox>> open_mail_outbox(const SqlOptions& options,
                                                                          ReadModel& read_model,
                                                                          Accounts& accounts);

// Deletes read_model.db. No process may have it open.
[[nodiscard]] Status delete_read_model(const SqlOptions& options);
// Deletes it and replays everything that `journal` has (from its first event). Returns the
// position.
[[nodiscard]] Result<std::uint64_t> rebuild_read_model(const SqlOptions& options,
                                                       ports::JournalReader& journal);

}  // namespace onrush::sql
