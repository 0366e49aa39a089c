// What became of each mail, in a database of its own.
//
//   asked for in the read model ──► pending ──► claimed ──► sent
//        │ no account                  ▲           ├──► pending again (failed for certain)
//        └──► skipped (counted)        └───────────┤
//                                                  ├──► dead (given up)
//                                                  └──► in_doubt (nobody knows; also a crash)
//
// Rows are taken over from the read model in the order of the journal, up to `considered`, so that
// mails for nobody (synthetic crowds) are passed over once, a thousand at a time.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "adapters/sql/bulk_rows.h"
#include "adapters/sql/order_queries.h"
#include "adapters/sql/schema.h"
#include "adapters/sql/sql_stores.h"
#include "adapters/sql/store_files.h"
#include "adapters/sql/turn.h"

namespace onrush::sql {

namespace {

constexpr const char* kDeliveryFile = "delivery.db";
constexpr std::uint32_t kIntakeRows = 1'000;
// Pages taken over in one claim(): a sale of a hundred thousand crowd orders takes a few claims,
// and a claim takes some tens of milliseconds at most.
constexpr int kIntakePages = 20;
// Rows of `intake`.
constexpr int kOrders = 1;
constexpr int kReminders = 2;
// A mail about an order has the journal sequence of its event for id; a reminder this and its
// registration, because one event asks for many.
constexpr std::uint64_t kReminderIds = std::uint64_t{1} << 62;
constexpr std::size_t kReasonBytesMax = 300;

enum class MailState : std::uint8_t { pending, claimed, sent, in_doubt, dead };
int stored(MailState state) {
  return static_cast<int>(state);
}

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw SqlFailure(result.error());
  return std::move(*result);
}

class SqlMailOutbox final : public ports::MailOutbox {
  template <class Work>
  auto write(Work&& work) {
    return guarded([&] {
      const std::unique_lock lock(turn_, deadline_);
      if (!lock.owns_lock()) {
        throw SqlFailure(retryable("the mail outbox is busy; the deadline has passed"));
      }
      return work();
    });
  }

 public:
  SqlMailOutbox(const SqlOptions& options, ReadModel& read_model, Accounts& accounts)
      : read_model_(read_model),
        accounts_(accounts),
        deadline_(options.deadline),
        connection_(options.directory / kDeliveryFile, Durability::synced, options.deadline) {
    WriteTransaction transaction(connection_);
    create_tables(connection_, delivery_tables());
    for (const int intake : {kOrders, kReminders}) {
      connection_.run(
          fmt::format("INSERT INTO intake (id, considered, skipped) VALUES ({}, 0, 0){}", intake,
                      connection_.dialect().or_nothing));
    }
    // Whoever claimed these is gone; whether they were sent nobody knows.
    connection_.run(
        fmt::format("UPDATE mails SET state = {}, reason = 'the sender stopped while "
                    "it was sending' WHERE state = {}",
                    stored(MailState::in_doubt), stored(MailState::claimed)));
    transaction.commit();
  }

  Result<std::vector<ports::OutboxMail>> claim(TimePoint now, std::uint32_t limit) override {
    return write([&] {
      for (int page = 0; page < kIntakePages && take_over(); ++page) {
      }
      for (int page = 0; page < kIntakePages && take_over_reminders(); ++page) {
      }
      return claim_due(now, std::clamp(limit, 1u, kRowsPerQueryMax));
    });
  }

  Status mark_sent(std::uint64_t id, TimePoint at) override {
    return write([&] { finish(id, MailState::sent, "sent_at", to_millis(at), ""); });
  }
  Status mark_failed(std::uint64_t id, std::optional<TimePoint> next,
                     const std::string& reason) override {
    return write([&] {
      if (next) {
        finish(id, MailState::pending, "next_try_at", to_millis(*next), reason);
      } else {
        finish(id, MailState::dead, "next_try_at", 0, reason);
      }
    });
  }
  Status mark_in_doubt(std::uint64_t id, const std::string& reason) override {
    return write([&] { finish(id, MailState::in_doubt, "next_try_at", 0, reason); });
  }

  Result<Counts> counts() override {
    return write([&] {
      Counts counts;
      connection_.query("SELECT state, COUNT(*) FROM mails GROUP BY state", "ii", {},
                        [&](const Row& row) {
                          switch (static_cast<MailState>(row.integer(0))) {
                            case MailState::pending:
                              counts.pending = row.id(1);
                              break;
                            case MailState::claimed:
                              counts.claimed = row.id(1);
                              break;
                            case MailState::sent:
                              counts.sent = row.id(1);
                              break;
                            case MailState::in_doubt:
                              counts.in_doubt = row.id(1);
                              break;
                            case MailState::dead:
                              counts.dead = row.id(1);
                              break;
                          }
                        });
      counts.skipped =
          static_cast<std::uint64_t>(connection_.query_integer("SELECT SUM(skipped) FROM intake"));
      return counts;
    });
  }

 private:
  // What is asked for, as a row of `mails`.
  struct Asked {
    std::uint64_t id = 0;
    std::uint64_t subject = 0;  // the order, or of a reminder the registration
    ports::MailKind kind{};
    sale::BuyerId buyer;
  };

  // One page of what the journal asks for. True: there may be more.
  bool take_over() {
    const auto rows = value_or_throw(read_model_.mails_after(considered(kOrders), kIntakeRows));
    std::vector<Asked> asked;
    asked.reserve(rows.size());
    for (const auto& row : rows) asked.push_back({row.id, row.order.value(), row.kind, row.buyer});
    if (!rows.empty()) take_in(asked, kOrders, rows.back().id);
    return rows.size() == kIntakeRows;
  }
  bool take_over_reminders() {
    const auto rows =
        value_or_throw(read_model_.reminders_after(considered(kReminders), kIntakeRows));
    std::vector<Asked> asked;
    asked.reserve(rows.size());
    for (const auto& row : rows) {
      asked.push_back({kReminderIds + row.registration, row.registration,
                       ports::MailKind::sale_opens, row.buyer});
    }
    if (!rows.empty()) take_in(asked, kReminders, rows.back().no);
    return rows.size() == kIntakeRows;
  }

  std::uint64_t considered(int intake) {
    return static_cast<std::uint64_t>(connection_.query_integer(
        fmt::format("SELECT considered FROM intake WHERE id = {}", intake)));
  }

  void take_in(const std::vector<Asked>& asked, int intake, std::uint64_t up_to) {
    std::vector<sale::BuyerId> buyers;
    buyers.reserve(asked.size());
    for (const auto& mail : asked) buyers.push_back(mail.buyer);
    const auto known = value_or_throw(accounts_.with_mailbox(buyers));
    const std::unordered_set<sale::BuyerId> reachable(known.begin(), known.end());

    WriteTransaction transaction(connection_);
    BulkRows rows(connection_,
                  "INSERT INTO mails (id, order_id, kind, buyer, state, tries, next_try_at, "
                  "claimed_at, sent_at, reason) VALUES ",
                  std::string(connection_.dialect().or_nothing));
    std::size_t skipped = 0;
    for (const auto& mail : asked) {
      if (!reachable.contains(mail.buyer)) {
        ++skipped;
        continue;
      }
      constexpr std::int64_t kNone = 0;
      rows.add(static_cast<std::int64_t>(mail.id), static_cast<std::int64_t>(mail.subject),
               static_cast<std::int64_t>(mail.kind), static_cast<std::int64_t>(mail.buyer.value()),
               std::int64_t{stored(MailState::pending)}, kNone, kNone, kNone, kNone, std::string());
    }
    rows.finish();
    connection_.run(
        fmt::format("UPDATE intake SET considered = {}, skipped = skipped + {} WHERE id = {}",
                    up_to, skipped, intake));
    transaction.commit();
  }

  std::vector<ports::OutboxMail> claim_due(TimePoint now, std::uint32_t limit) {
    std::vector<ports::OutboxMail> mails;
    std::vector<sale::OrderId> ids;
    std::vector<std::uint64_t> registrations;
    connection_.query(fmt::format("SELECT id, order_id, kind, buyer, tries FROM mails WHERE state "
                                  "= {} AND next_try_at <= {} ORDER BY next_try_at, id LIMIT {}",
                                  stored(MailState::pending), to_millis(now), limit),
                      "iiiii", {}, [&](const Row& row) {
                        ports::OutboxMail mail;
                        mail.id = row.id(0);
                        mail.kind = static_cast<ports::MailKind>(row.integer(2));
                        if (mail.kind == ports::MailKind::sale_opens) {
                          registrations.push_back(mail.reminder.registration = row.id(1));
                        } else {
                          ids.push_back(mail.order.order = sale::OrderId{row.id(1)});
                        }
                        mail.buyer = sale::BuyerId{row.id(3)};
                        mail.tries = static_cast<std::uint32_t>(row.integer(4)) + 1;
                        mails.push_back(std::move(mail));
                      });
    attach_orders(mails, ids);
    attach_reminders(mails, registrations);
    if (mails.empty()) return mails;
    std::vector<std::uint64_t> claimed;
    for (const auto& mail : mails) claimed.push_back(mail.id);
    WriteTransaction transaction(connection_);
    connection_.run(fmt::format(
        "UPDATE mails SET state = {}, tries = tries + 1, claimed_at = {} WHERE id IN ({})",
        stored(MailState::claimed), to_millis(now), fmt::join(claimed, ",")));
    transaction.commit();
    return mails;
  }

  // Drops mails whose order is not in the read model yet (it is being rebuilt): their turn comes
  // later.
  void attach_orders(std::vector<ports::OutboxMail>& mails, const std::vector<sale::OrderId>& ids) {
    if (ids.empty()) return;
    std::unordered_map<sale::OrderId, ports::OrderRow> orders;
    for (auto& order : value_or_throw(read_model_.orders_by_id(ids))) {
      const auto id = order.order;
      orders.emplace(id, std::move(order));
    }
    std::erase_if(mails, [&](const auto& mail) {
      return mail.kind != ports::MailKind::sale_opens && !orders.contains(mail.order.order);
    });
    for (auto& mail : mails) {
      if (mail.kind != ports::MailKind::sale_opens) mail.order = orders.at(mail.order.order);
    }
  }
  // The same for reminders.
  void attach_reminders(std::vector<ports::OutboxMail>& mails,
                        const std::vector<std::uint64_t>& registrations) {
    if (registrations.empty()) return;
    std::unordered_map<std::uint64_t, ports::OutboxMail::ReminderOf> known;
    for (auto& reminder : value_or_throw(read_model_.reminders_of(registrations))) {
      const auto id = reminder.registration;
      known.emplace(id, std::move(reminder));
    }
    std::erase_if(mails, [&](const auto& mail) {
      return mail.kind == ports::MailKind::sale_opens &&
             !known.contains(mail.reminder.registration);
    });
    for (auto& mail : mails) {
      if (mail.kind == ports::MailKind::sale_opens)
        mail.reminder = known.at(mail.reminder.registration);
    }
  }

  void finish(std::uint64_t id, MailState state, std::string_view time_column, std::int64_t at,
              std::string reason) {
    if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
    const auto changed = connection_.run(
        fmt::format(
            "UPDATE mails SET state = {}, {} = {}, reason = :a WHERE id = {} AND state = {}",
            stored(state), time_column, at, id, stored(MailState::claimed)),
        std::vector<Param>{std::move(reason)});
    if (changed != 1) throw SqlFailure(rejected(fmt::format("mail {} is not claimed", id)));
  }

  ReadModel& read_model_;
  Accounts& accounts_;
  Millis deadline_;
  Turn turn_;
  Connection connection_;
};

}  // namespace

Result<std::unique_ptr<ports::MailOutbox>> open_mail_outbox(const SqlOptions& options,
                                                            ReadModel& read_model,
                                                            Accounts& accounts) {
  return guarded([&]() -> std::unique_ptr<ports::MailOutbox> {
    make_directory(options.directory);
    return std::make_unique<SqlMailOutbox>(options, read_model, accounts);
  });
}

}  // namespace onrush::sql
