// The tables, once: creating, filling and dumping all follow these lists.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sql/connection.h"

namespace onrush::sql {

struct Column {
  std::string_view name;
  char type = 'i';  // i = 64-bit integer, t = text; no column is ever NULL
};

struct Table {
  std::string_view name;
  std::vector<Column> columns;
  std::string_view primary_key;           // one column or several, with commas
  std::vector<std::string_view> indexes;  // column lists
  std::vector<std::string_view> unique;   // column lists

  [[nodiscard]] std::string column_list() const;
  [[nodiscard]] std::string shape() const;
};

// Grows whenever the tables or the way in which events become rows change: the rows are derived
// anew.
inline constexpr std::int64_t kReadModelVersion = 2;

// The first is `position`, with one row once anything was applied.
[[nodiscard]] std::span<const Table> read_model_tables();
[[nodiscard]] std::span<const Table> account_tables();
[[nodiscard]] std::span<const Table> delivery_tables();

// Makes what is not there yet. Within a transaction of the caller.
void create_tables(Connection& connection, std::span<const Table> tables);
void drop_tables(Connection& connection, std::span<const Table> tables);

}  // namespace onrush::sql
