#include "adapters/sql/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace onrush::sql {

std::string Table::column_list() const {
  std::string list;
  for (const auto& column : columns) {
    if (!list.empty()) list += ", ";
    list += column.name;
  }
  return list;
}

std::string Table::shape() const {
  std::string shape;
  for (const auto& column : columns) shape += column.type;
  return shape;
}

std::span<const Table> read_model_tables() {
  static const std::vector<Table> tables{
      {"position", {{"id"}, {"seq"}}, "id", {}, {}},
      {"sales",
       {{"id"},
        {"sale_key", 't'},
        {"title_en", 't'},
        {"title_zh", 't'},
        {"currency", 't'},
        {"phase"},
        {"reason"},
        {"lobby_at"},
        {"opens_at"},
        {"closes_at"},
        {"defined_at"},
        {"updated_at"},
        {"search_text", 't'}},
       "id",
       {},
       {"sale_key"}},
      {"items",
       {{"sale"},
        {"item"},
        {"item_key", 't'},
        {"title_en", 't'},
        {"title_zh", 't'},
        {"stock"},
        {"price"},
        {"search_text", 't'}},
       "sale, item",
       {},
       {}},
      {"buyers",
       {{"id"}, {"first_seen_at"}, {"last_seen_at"}, {"orders"}, {"orders_paid"}},
       "id",
       {},
       {}},
      {"orders",
       {{"id"},
        {"sale"},
        {"buyer"},
        {"state"},
        {"created_at"},
        {"updated_at"},
        {"deadline"},
        {"amount"},
        {"version"}},
       "id",
       {"buyer, id", "sale, state, id"},
       {}},
      {"order_units", {{"order_id"}, {"item"}, {"unit"}}, "order_id, item, unit", {}, {}},
      {"payments",
       {{"id"},
        {"order_id"},
        {"sale"},
        {"buyer"},
        {"state"},
        {"amount"},
        {"captured"},
        {"refund_reason"},
        {"started_at"},
        {"updated_at"}},
       "id",
       {"order_id", "state, started_at"},
       {}},
      {"standby_entries",
       {{"id"}, {"sale"}, {"buyer"}, {"state"}, {"joined_at"}, {"updated_at"}, {"order_id"}},
       "id",
       {"buyer, id"},
       {}},
      {"standby_lines", {{"standby"}, {"item"}, {"quantity"}}, "standby, item", {}, {}},
      {"staff_acts",
       {{"seq"}, {"at"}, {"actor", 't'}, {"act", 't'}, {"sale"}, {"detail", 't'}},
       "seq",
       {},
       {}},
      {"mail_outbox",
       {{"id"}, {"order_id"}, {"kind"}, {"buyer"}, {"at"}},
       "id",
       {},
       {"order_id, kind"}},
      // `id`: the journal sequence of the buyer's first registration for the sale.
      {"registrations",
       {{"sale"}, {"buyer"}, {"id"}, {"state"}, {"registered_at"}, {"updated_at"}},
       "sale, buyer",
       {},
       {"id"}},
      // Mails that remind of an opening, in the order in which they were asked for.
      {"reminders",
       {{"no"}, {"registration"}, {"sale"}, {"buyer"}, {"at"}},
       "no",
       {},
       {"registration"}},
  };
  return tables;
}

std::span<const Table> account_tables() {
  static const std::vector<Table> tables{
      {"accounts",
       {{"id"},
        {"email", 't'},
        {"email_key", 't'},
        {"password_hash", 't'},
        {"role"},
        {"language", 't'},
        {"created_at"}},
       "id",
       {"role, id"},
       {"email_key"}},
      {"next_ids", {{"id"}, {"next"}}, "id", {}, {}},
  };
  return tables;
}

std::span<const Table> delivery_tables() {
  static const std::vector<Table> tables{
      {"mails",
       {{"id"},
        {"order_id"},
        {"kind"},
        {"buyer"},
        {"state"},
        {"tries"},
        {"next_try_at"},
        {"claimed_at"},
        {"sent_at"},
        {"reason", 't'}},
       "id",
       {"state, next_try_at"},
       {"order_id, kind"}},
      {"intake", {{"id"}, {"considered"}, {"skipped"}}, "id", {}, {}},
  };
  return tables;
}

void create_tables(Connection& connection, std::span<const Table> tables) {
  const Dialect& dialect = connection.dialect();
  for (const auto& table : tables) {
    std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", table.name);
    for (const auto& column : table.columns) {
      const bool whole_key = column.name == table.primary_key;
      sql += fmt::format("{} {} NOT NULL, ", column.name,
                         column.type == 't' ? "TEXT" : (whole_key ? dialect.id_type : "BIGINT"));
    }
    for (const auto columns : table.unique) sql += fmt::format("UNIQUE ({}), ", columns);
    sql += fmt::format("PRIMARY KEY ({}))", table.primary_key);
    if (table.primary_key.find(',') != std::string_view::npos) sql += dialect.clustered;
    connection.run(sql);
    for (std::size_t i = 0; i < table.indexes.size(); ++i) {
      connection.run(fmt::format("CREATE INDEX IF NOT EXISTS {}_by_{} ON {} ({})", table.name, i,
                                 table.name, table.indexes[i]));
    }
  }
}

void drop_tables(Connection& connection, std::span<const Table> tables) {
  for (const auto& table : tables) {
    connection.run(fmt::format("DROP TABLE IF EXISTS {}", table.name));
  }
}

}  // namespace onrush::sql
