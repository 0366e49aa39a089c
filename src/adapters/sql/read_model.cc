// The read model as one object: a writer with a connection of its own, and a pool of readers.
#include <fmt/format.h>

#include <fstream>
#include <mutex>
#include <ostream>

#include "adapters/sql/order_queries.h"
#include "adapters/sql/read_model_writer.h"
#include "adapters/sql/reader_pool.h"
#include "adapters/sql/schema.h"
#include "adapters/sql/sql_stores.h"
#include "adapters/sql/store_files.h"

namespace onrush::sql {

namespace {

constexpr const char* kReadModelFile = "read_model.db";

// Empties a database that another version of the program has filled.
void prepare(Connection& connection) {
  WriteTransaction transaction(connection);
  connection.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)");
  const auto version =
      connection.query_integer("SELECT COALESCE(MAX(version), 0) FROM schema_version");
  if (version != kReadModelVersion) {
    drop_tables(connection, read_model_tables());
    connection.run("DELETE FROM schema_version");
    connection.run(
        fmt::format("INSERT INTO schema_version (version) VALUES ({})", kReadModelVersion));
  }
  create_tables(connection, read_model_tables());
  transaction.commit();
}

// A field of a dump: tabs, line breaks and backslashes are escaped, so that a row is one line.
void write_field(std::ostream& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\t':
        out << "\\t";
        break;
      case '\n':
        out << "\\n";
        break;
      case '\\':
        out << "\\\\";
        break;
      default:
        out << c;
    }
  }
}

void dump_table(Connection& connection, const Table& table, std::ostream& out) {
  const std::string shape = table.shape();
  connection.query(fmt::format("SELECT {} FROM {} ORDER BY {}", table.column_list(), table.name,
                               table.primary_key),
                   shape, {}, [&](const Row& row) {
                     out << table.name;
                     for (std::size_t i = 0; i < shape.size(); ++i) {
                       out << '\t';
                       shape[i] == 't' ? write_field(out, row.text(i))
                                       : static_cast<void>(out << row.integer(i));
                     }
                     out << '\n';
                   });
}

class SqlReadModel final : public ReadModel {
  template <class Work>
  auto read(Work&& work) {
    return guarded([&] { return readers_.with(work); });
  }

 public:
  explicit SqlReadModel(const SqlOptions& options)
      : file_(options.directory / kReadModelFile),
        deadline_(options.deadline),
        connection_(file_, Durability::ordered, options.deadline),
        writer_((prepare(connection_), connection_)),
        readers_(file_, options.readers, options.deadline) {}

  Result<std::uint64_t> position() override {
    return read([](Connection& c) { return RowWriter(c).position(); });
  }

  Status apply(std::span<const ports::JournalBatch> batches) override {
    return guarded([&] {
      // One projector is the rule; a second one would wait here rather than break a transaction.
      const std::lock_guard lock(write_mutex_);
      writer_.apply(batches);
    });
  }

  Result<std::vector<ports::OrderRow>> orders(const ports::OrderQuery& query) override {
    return read([&](Connection& c) { return find_orders(c, query); });
  }
  Result<std::optional<ports::OrderRow>> order(sale::OrderId id) override {
    return read([&](Connection& c) -> std::optional<ports::OrderRow> {
      auto rows = sql::orders_by_id(c, std::span(&id, 1));
      if (rows.empty()) return std::nullopt;
      return std::move(rows.front());
    });
  }
  Result<std::vector<ports::PaymentRow>> payments_of(sale::OrderId id) override {
    return read([&](Connection& c) { return sql::payments_of(c, id); });
  }
  Result<std::vector<ports::PaymentRow>> open_payments(TimePoint before,
                                                       std::uint32_t limit) override {
    return read([&](Connection& c) { return sql::open_payments(c, before, limit); });
  }
  Result<std::vector<ports::PaymentRow>> refunds_due(std::uint32_t limit) override {
    return read([&](Connection& c) { return sql::refunds_due(c, limit); });
  }
  Result<std::vector<ports::StaffActRow>> staff_acts(std::uint64_t before_seq,
                                                     std::uint32_t limit) override {
    return read([&](Connection& c) { return sql::staff_acts(c, before_seq, limit); });
  }
  Result<std::vector<ports::OrderRow>> orders_by_id(std::span<const sale::OrderId> ids) override {
    return read([&](Connection& c) { return sql::orders_by_id(c, ids); });
  }

  Result<std::vector<MailRow>> mails_after(std::uint64_t id, std::uint32_t limit) override {
    return read([&](Connection& c) {
      std::vector<MailRow> mails;
      c.query(fmt::format("SELECT id, order_id, kind, buyer FROM mail_outbox WHERE id > {} "
                          "ORDER BY id LIMIT {}",
                          id, limit),
              "iiii", {}, [&](const Row& row) {
                mails.push_back({row.id(0), sale::OrderId{row.id(1)},
                                 static_cast<ports::MailKind>(row.integer(2)),
                                 sale::BuyerId{row.id(3)}});
              });
      return mails;
    });
  }

  Result<std::vector<ReminderRow>> reminders_after(std::uint64_t no, std::uint32_t limit) override {
    return read([&](Connection& c) {
      std::vector<ReminderRow> reminders;
      c.query(fmt::format("SELECT no, registration, buyer FROM reminders WHERE no > {} "
                          "ORDER BY no LIMIT {}",
                          no, limit),
              "iii", {}, [&](const Row& row) {
                reminders.push_back({row.id(0), row.id(1), sale::BuyerId{row.id(2)}});
              });
      return reminders;
    });
  }

  Result<std::vector<ports::OutboxMail::ReminderOf>> reminders_of(
      std::span<const std::uint64_t> registrations) override {
    return read([&](Connection& c) {
      std::vector<ports::OutboxMail::ReminderOf> reminders;
      if (registrations.empty()) return reminders;
      c.query(fmt::format("SELECT r.id, s.sale_key, s.title_en, s.title_zh, s.opens_at, "
                          "s.closes_at, s.phase FROM registrations r JOIN sales s ON s.id = "
                          "r.sale WHERE r.id IN ({})",
                          fmt::join(registrations, ",")),
              "itttiii", {}, [&](const Row& row) {
                reminders.push_back({row.id(0), row.text(1), row.text(2), row.text(3),
                                     from_millis(row.integer(4)), from_millis(row.integer(5)),
                                     static_cast<sale::Phase>(row.integer(6))});
              });
      return reminders;
    });
  }

  Status dump(std::ostream& out) override {
    return guarded([&] {
      Connection connection(file_, Durability::ordered, deadline_);
      connection.run("BEGIN");  // one snapshot for all tables
      for (const auto& table : read_model_tables()) dump_table(connection, table, out);
      connection.run("COMMIT");
    });
  }

 private:
  std::filesystem::path file_;
  Millis deadline_;
  std::mutex write_mutex_;
  Connection connection_;
  RowWriter writer_;
  ReaderPool readers_;
};

}  // namespace

Result<std::unique_ptr<ReadModel>> open_read_model(const SqlOptions& options) {
  return guarded([&]() -> std::unique_ptr<ReadModel> {
    make_directory(options.directory);
    return std::make_unique<SqlReadModel>(options);
  });
}

Status delete_read_model(const SqlOptions& options) {
  return guarded([&] { delete_database(options.directory / kReadModelFile); });
}

Result<std::uint64_t> rebuild_read_model(const SqlOptions& options, ports::JournalReader& journal) {
  constexpr std::size_t kEventsPerTransaction = 20'000;
  if (auto deleted = delete_read_model(options); !deleted) return deleted.error();
  auto opened = open_read_model(options);
  if (!opened) return opened.error();
  ReadModel& model = **opened;
  std::vector<ports::JournalBatch> batches;
  std::size_t events = 0;
  for (bool more = true; more;) {
    ports::JournalBatch batch;
    const auto next = journal.next(batch);
    if (!next) return next.error();
    more = *next;
    if (more) {
      events += batch.events.size();
      batches.push_back(std::move(batch));
    }
    if (batches.empty() || (more && events < kEventsPerTransaction)) continue;
    if (auto applied = model.apply(batches); !applied) return applied.error();
    batches.clear();
    events = 0;
  }
  return model.position();
}

}  // namespace onrush::sql
