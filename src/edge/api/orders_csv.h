// Orders as comma-separated values (RFC 4180), for spreadsheets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/read_model.h"

namespace onrush::api {

// Orders that one file may hold. A file is whole or not there: past this, filters must narrow it.
inline constexpr std::size_t kCsvOrdersMax = 100'000;

// The mark by which spreadsheets know UTF-8, and the line of column names.
[[nodiscard]] std::string csv_head();
// One line for each order, each ended by CR LF.
void append_csv(std::string& out, const std::vector<ports::OrderRow>& rows);

// One field as it stands in the file. Quoted where RFC 4180 wants it; a text that a spreadsheet
// would run as a formula (it begins with = + - @, a tab or a line break) gets an apostrophe before.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace onrush::api
