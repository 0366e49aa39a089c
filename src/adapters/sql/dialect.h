// What differs between SQL databases, in one place. Everything else is written in the common
// subset: integers and text, multi-row VALUES, LIKE on text that was put in lower case before.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace onrush::sql {

struct Dialect {
  // Takes the right to write at once, so that a transaction cannot fail half-way for want of it.
  std::string_view begin_write;
  std::string_view id_type;    // of a 64-bit primary key
  std::string_view clustered;  // ends a table that is stored in the order of its primary key
  bool in_process = false;     // a statement costs its parsing, not a round trip (see bulk_rows.h)
  // Ends an INSERT whose rows may exist already: nothing happens to those.
  std::string_view or_nothing;

  // Ends an INSERT: rows whose `key` exists get `replaced` columns from the new row, and `added`
  // columns grow by what the new row holds.
  [[nodiscard]] std::string or_merge(std::string_view table, std::string_view key,
                                     std::span<const std::string_view> replaced,
                                     std::span<const std::string_view> added = {}) const;

  // What stands before and after the rows of a bulk UPDATE. Each row is (key, value of `guard` that
  // must still stand, new value of each of `columns`…): the optimistic lock, many rows at a time.
  struct Around {
    std::string before;
    std::string after;
  };
  [[nodiscard]] Around bulk_update(std::string_view table, std::string_view key,
                                   std::string_view guard,
                                   std::span<const std::string_view> columns) const;
};

[[nodiscard]] const Dialect& sqlite_dialect();

}  // namespace onrush::sql
