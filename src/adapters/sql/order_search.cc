#include "adapters/sql/order_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "adapters/sql/lower_case.h"

namespace onrush::sql {

namespace {

constexpr std::size_t kWordsMax = 8;
constexpr std::size_t kWordBytesMax = 128;

// Ids that begin with these digits, as ranges: [d·10^k, (d+1)·10^k - 1] for each number of digits
// left.
std::vector<std::string> id_ranges(const std::string& word) {
  std::uint64_t low = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), low);
  if (error != std::errc() || end != word.data() + word.size() || word[0] == '0') return {};
  std::vector<std::string> ranges;
  std::uint64_t width = 1;
  while (low <= static_cast<std::uint64_t>(INT64_MAX)) {
    const std::uint64_t high = std::min(low + (width - 1), static_cast<std::uint64_t>(INT64_MAX));
    ranges.push_back(fmt::format("o.id BETWEEN {} AND {}", low, high));
    if (low > static_cast<std::uint64_t>(INT64_MAX) / 10) break;
    low *= 10;
    width *= 10;
  }
  return ranges;
}

std::string any_of(const std::vector<std::string>& conditions) {
  return fmt::format(" AND ({})", fmt::join(conditions, " OR "));
}

std::optional<std::string> word_condition(Connection& connection, const std::string& word) {
  const std::vector<Param> pattern{like_pattern(word)};
  std::vector<std::int64_t> sales;
  connection.query("SELECT id FROM sales WHERE search_text LIKE :a ESCAPE '!' ORDER BY id", "i",
                   pattern, [&](const Row& row) { sales.push_back(row.integer(0)); });
  std::vector<std::string> conditions;
  if (!sales.empty()) conditions.push_back(fmt::format("o.sale IN ({})", fmt::join(sales, ",")));

  // Grouped by sale: "in sale 3, items 0, 4".
  std::int64_t sale = -1;
  std::vector<std::int64_t> items;
  const auto add_items = [&] {
    if (items.empty() || std::binary_search(sales.begin(), sales.end(), sale)) return;
    conditions.push_back(fmt::format(
        "(o.sale = {} AND EXISTS (SELECT 1 FROM order_units w WHERE w.order_id = o.id AND w.item "
        "IN ({})))",
        sale, fmt::join(items, ",")));
  };
  connection.query(
      "SELECT sale, item FROM items WHERE search_text LIKE :a ESCAPE '!' ORDER BY sale, item", "ii",
      pattern, [&](const Row& row) {
        if (row.integer(0) != sale) {
          add_items();
          items.clear();
          sale = row.integer(0);
        }
        items.push_back(row.integer(1));
      });
  add_items();
  for (auto& range : id_ranges(word)) conditions.push_back(std::move(range));
  if (conditions.empty()) return std::nullopt;
  return any_of(conditions);
}

}  // namespace

std::optional<std::string> search_condition(Connection& connection, std::string_view text) {
  const auto words = words_of(text);
  if (words.size() > kWordsMax) {
    throw SqlFailure(invalid(fmt::format("search for at most {} words", kWordsMax)));
  }
  std::string all;
  for (const auto& word : words) {
    if (word.size() > kWordBytesMax) {
      throw SqlFailure(invalid(fmt::format("a search word is at most {} bytes", kWordBytesMax)));
    }
    const auto condition = word_condition(connection, word);
    if (!condition) return std::nullopt;
    all += *condition;
  }
  return all;
}

}  // namespace onrush::sql
