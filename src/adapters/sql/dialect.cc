#include "adapters/sql/dialect.h"

#include <fmt/format.h>

namespace onrush::sql {

std::string Dialect::or_merge(std::string_view table, std::string_view key,
                              std::span<const std::string_view> replaced,
                              std::span<const std::string_view> added) const {
  std::string text = fmt::format(" ON CONFLICT ({}) DO UPDATE SET ", key);
  std::string_view comma;
  for (const auto column : replaced) {
    text += fmt::format("{}{} = excluded.{}", comma, column, column);
    comma = ", ";
  }
  for (const auto column : added) {
    text += fmt::format("{}{} = {}.{} + excluded.{}", comma, column, table, column, column);
    comma = ", ";
  }
  return text;
}

Dialect::Around Dialect::bulk_update(std::string_view table, std::string_view key,
                                     std::string_view guard,
                                     std::span<const std::string_view> columns) const {
  Around around;
  around.before = fmt::format("UPDATE {} SET ", table);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    around.before += fmt::format("{}{} = v.column{}", i == 0 ? "" : ", ", columns[i], i + 3);
  }
  around.before += " FROM (VALUES ";
  around.after =
      fmt::format(") AS v WHERE {}.{} = v.column1 AND {}.{} = v.column2", table, key, table, guard);
  return around;
}

const Dialect& sqlite_dialect() {
  static const Dialect dialect{
      .begin_write = "BEGIN IMMEDIATE",
      .id_type = "INTEGER",
      .clustered = " WITHOUT ROWID",
      .in_process = true,
      .or_nothing = " ON CONFLICT DO NOTHING",
  };
  return dialect;
}

}  // namespace onrush::sql
