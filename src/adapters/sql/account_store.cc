// Accounts in SQL. Writes share one connection and are on the disk when they return.
#include <fmt/format.h>

#include <mutex>

#include "adapters/sql/lower_case.h"
#include "adapters/sql/reader_pool.h"
#include "adapters/sql/schema.h"
#include "adapters/sql/sql_stores.h"
#include "adapters/sql/store_files.h"
#include "adapters/sql/turn.h"

namespace onrush::sql {

namespace {

constexpr const char* kAccountsFile = "accounts.db";
constexpr std::size_t kIdsPerQueryMax = 1'000;

constexpr std::string_view kSelect =
    "SELECT id, email, password_hash, role, language, created_at FROM accounts WHERE ";
constexpr std::string_view kShape = "ittiti";

ports::Account to_account(const Row& row) {
  ports::Account account;
  account.id = sale::BuyerId{row.id(0)};
  account.email = row.text(1);
  account.password_hash = row.text(2);
  account.role = static_cast<ports::Role>(row.integer(3));
  account.language = row.text(4);
  account.created_at = from_millis(row.integer(5));
  return account;
}

// No account has an id beyond the signed 64-bit range; -1 is nobody's.
std::int64_t stored(sale::BuyerId id) {
  return id.value() <= static_cast<std::uint64_t>(INT64_MAX) ? static_cast<std::int64_t>(id.value())
                                                             : -1;
}
std::int64_t stored(ports::Role role) {
  return static_cast<std::int64_t>(role);
}

class SqlAccounts final : public Accounts {
  template <class Work>
  auto read(Work&& work) {
    return guarded([&] { return readers_.with(work); });
  }
  template <class Work>
  auto write(Work&& work) {
    return guarded([&] {
      const std::unique_lock lock(turn_, deadline_);
      if (!lock.owns_lock()) {
        throw SqlFailure(retryable("the account store is busy; the deadline has passed"));
      }
      return work();
    });
  }

 public:
  explicit SqlAccounts(const SqlOptions& options)
      : file_(options.directory / kAccountsFile),
        deadline_(options.deadline),
        connection_(file_, Durability::synced, options.deadline),
        readers_((prepare(connection_), file_), options.readers, options.deadline) {}

  Result<ports::Account> create(ports::Account account) override {
    if (account.email.empty()) return invalid("an account needs an e-mail address");
    return write([&]() -> ports::Account {
      try {
        WriteTransaction transaction(connection_);
        const std::int64_t id = take_ids(1);
        connection_.run(
            fmt::format("INSERT INTO accounts (id, email, email_key, password_hash, role, "
                        "language, created_at) VALUES ({}, :a, :b, :c, {}, :d, {})",
                        id, stored(account.role), to_millis(account.created_at)),
            std::vector<Param>{account.email, lower_case(account.email), account.password_hash,
                               account.language});
        transaction.commit();
        account.id = sale::BuyerId{static_cast<std::uint64_t>(id)};
      } catch (const SqlFailure& failure) {
        if (failure.is_duplicate()) throw SqlFailure(rejected("this e-mail address is taken"));
        throw;
      }
      return std::move(account);
    });
  }

  Result<std::optional<ports::Account>> find_by_email(const std::string& email) override {
    return read([&](Connection& c) {
      return first(c, "email_key = :a", std::vector<Param>{lower_case(email)});
    });
  }

  Result<std::optional<ports::Account>> find(sale::BuyerId id) override {
    return read([&](Connection& c) { return first(c, "id = :a", std::vector<Param>{stored(id)}); });
  }

  Result<std::vector<ports::Account>> staff() override {
    return read([](Connection& c) {
      std::vector<ports::Account> accounts;
      c.query(fmt::format("{}role <> {} ORDER BY id", kSelect, stored(ports::Role::buyer)), kShape,
              {}, [&](const Row& row) { accounts.push_back(to_account(row)); });
      return accounts;
    });
  }

  Status set_role(sale::BuyerId id, ports::Role role) override {
    return update(id, fmt::format("role = {}", stored(role)), {});
  }
  Status set_password(sale::BuyerId id, const std::string& hash) override {
    return update(id, "password_hash = :a", {hash});
  }

  Result<sale::BuyerId> reserve_ids(std::uint64_t count) override {
    if (count == 0 || count > kReservedAtOnceMax) {
      return invalid(fmt::format("1 to {} ids can be reserved at once", kReservedAtOnceMax));
    }
    return write([&] {
      WriteTransaction transaction(connection_);
      const std::int64_t first_id = take_ids(count);
      transaction.commit();
      return sale::BuyerId{static_cast<std::uint64_t>(first_id)};
    });
  }

  Result<std::vector<sale::BuyerId>> with_mailbox(std::span<const sale::BuyerId> buyers) override {
    return read([&](Connection& c) {
      std::vector<std::int64_t> ids;
      for (const auto buyer : buyers.first(std::min(buyers.size(), kIdsPerQueryMax))) {
        ids.push_back(stored(buyer));
      }
      std::vector<sale::BuyerId> found;
      if (ids.empty()) return found;
      c.query(fmt::format("SELECT id FROM accounts WHERE id IN ({}) AND email <> ''",
                          fmt::join(ids, ",")),
              "i", {}, [&](const Row& row) { found.emplace_back(row.id(0)); });
      return found;
    });
  }

 private:
  static constexpr std::uint64_t kReservedAtOnceMax = 1'000'000'000;

  static void prepare(Connection& connection) {
    WriteTransaction transaction(connection);
    create_tables(connection, account_tables());
    connection.run("INSERT INTO next_ids (id, next) VALUES (1, 1)" +
                   std::string(connection.dialect().or_nothing));
    transaction.commit();
  }

  // Within a transaction: ids are given out once, also when accounts are erased later.
  std::int64_t take_ids(std::uint64_t count) {
    const std::int64_t next = connection_.query_integer("SELECT next FROM next_ids WHERE id = 1");
    connection_.run(fmt::format("UPDATE next_ids SET next = {} WHERE id = 1",
                                next + static_cast<std::int64_t>(count)));
    return next;
  }

  static std::optional<ports::Account> first(Connection& c, std::string_view condition,
                                             const std::vector<Param>& params) {
    std::optional<ports::Account> found;
    c.query(fmt::format("{}{}", kSelect, condition), kShape, params,
            [&](const Row& row) { found = to_account(row); });
    return found;
  }

  Status update(sale::BuyerId id, std::string_view assignment, const std::vector<Param>& params) {
    return write([&] {
      if (connection_.run(
              fmt::format("UPDATE accounts SET {} WHERE id = {}", assignment, stored(id)),
              params) == 0) {
        throw SqlFailure(rejected("no such account"));
      }
    });
  }

  std::filesystem::path file_;
  Millis deadline_;
  Turn turn_;
  Connection connection_;
  ReaderPool readers_;
};

}  // namespace

Result<std::unique_ptr<Accounts>> open_accounts(const SqlOptions& options) {
  return guarded([&]() -> std::unique_ptr<Accounts> {
    make_directory(options.directory);
    return std::make_unique<SqlAccounts>(options);
  });
}

}  // namespace onrush::sql
