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
    connection_.run("INSERT INTO intake (id, considered, skipped) VALUES (1, 0, 0)" +
                    std::string(connection_.dialect().or_nothing));
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
      counts.skipped = static_cast<std::uint64_t>(
          connection_.query_integer("SELECT skipped FROM intake WHERE id = 1"));
      return counts;
    });
  }

 private:
  // One page of what the journal asks for. True: there may be more.
  bool take_over() {
    const auto considered = static_cast<std::uint64_t>(
        connection_.query_integer("SELECT considered FROM intake WHERE id = 1"));
    const auto asked = value_or_throw(read_model_.mails_after(considered, kIntakeRows));
    if (asked.empty()) return false;
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
      rows.add(static_cast<std::int64_t>(mail.id), static_cast<std::int64_t>(mail.order.value()),
               static_cast<std::int64_t>(mail.kind), static_cast<std::int64_t>(mail.buyer.value()),
               std::int64_t{stored(MailState::pending)}, kNone, kNone, kNone, kNone, std::string());
    }
    rows.finish();
    connection_.run(
        fmt::format("UPDATE intake SET considered = {}, skipped = skipped + {} WHERE id = 1",
                    asked.back().id, skipped));
    transaction.commit();
    return asked.size() == kIntakeRows;
  }

  std::vector<ports::OutboxMail> claim_due(TimePoint now, std::uint32_t limit) {
    std::vector<ports::OutboxMail> mails;
    std::vector<sale::OrderId> ids;
    connection_.query(fmt::format("SELECT id, order_id, kind, buyer, tries FROM mails WHERE state "
                                  "= {} AND next_try_at <= {} ORDER BY next_try_at, id LIMIT {}",
                                  stored(MailState::pending), to_millis(now), limit),
                      "iiiii", {}, [&](const Row& row) {
                        ports::OutboxMail mail;
                        mail.id = row.id(0);
                        mail.order.order = sale::OrderId{row.id(1)};
                        mail.kind = static_cast<ports::MailKind>(row.integer(2));
                        mail.buyer = sale::BuyerId{row.id(3)};
                        mail.tries = static_cast<std::uint32_t>(row.integer(4)) + 1;
                        ids.push_back(mail.order.order);
                        mails.push_back(std::move(mail));
                      });
    attach_orders(mails, ids);
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
    if (mails.empty()) return;
    std::unordered_map<sale::OrderId, ports::OrderRow> orders;
    for (auto& order : value_or_throw(read_model_.orders_by_id(ids))) {
      const auto id = order.order;
      orders.emplace(id, std::move(order));
    }
    std::erase_if(mails, [&](const auto& mail) { return !orders.contains(mail.order.order); });
    for (auto& mail : mails) mail.order = orders.at(mail.order.order);
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
