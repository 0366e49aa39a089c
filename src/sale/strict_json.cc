#include "sale/strict_json.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace onrush::sale {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kSizeMax = 4U << 20;

// Follows the parser through the text, knows the place, and stops at a key that was there before.
class DuplicateKeyGuard {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(true); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code&) { return open(false); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    key_.append(part.data(), part.size());
    Level& level = levels_.back();
    level.place = key_;
    if (!level.keys.insert(std::exchange(key_, {})).second) {
      duplicate_ = place();
      ec = json::error::syntax;
      return false;
    }
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return value(); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return value(); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return value(); }
  bool on_double(double, json::string_view, json::error_code&) { return value(); }
  bool on_bool(bool, json::error_code&) { return value(); }
  bool on_null(json::error_code&) { return value(); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  // The key that was there twice, or "".
  [[nodiscard]] const std::string& duplicate() const { return duplicate_; }
  // Where the parser is: "items[1].stock".
  [[nodiscard]] std::string place() const {
    std::string text;
    for (const Level& level : levels_) {
      if (!level.is_object) {
        text += fmt::format("[{}]", level.index);
      } else if (!level.place.empty()) {
        text += (text.empty() ? "" : ".") + level.place;
      }
    }
    return text;
  }

 private:
  struct Level {
    bool is_object = false;
    std::set<std::string> keys;
    std::string place;      // the current key
    std::size_t index = 0;  // of the current element
  };

  bool open(bool is_object) {
    levels_.push_back({is_object, {}, {}, 0});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return value();
  }
  bool value() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  std::vector<Level> levels_;
  std::string key_;
  std::string duplicate_;
};

json::parse_options options() {
  json::parse_options strict;
  strict.max_depth = kDepthMax;
  return strict;
}

}  // namespace

Result<json::value> parse_strict_json(std::string_view text) {
  if (text.size() > kSizeMax) return invalid("the file is larger than 4 MiB");
  json::basic_parser<DuplicateKeyGuard> parser(options());
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  const DuplicateKeyGuard& guard = parser.handler();
  if (!guard.duplicate().empty()) return invalid(guard.duplicate() + ": this key is there twice");
  const auto at = [&](std::string_view what) {
    const std::string place = guard.place();
    return invalid(fmt::format("{}{}not valid JSON ({}) at byte {}", place,
                               place.empty() ? "" : ": ", what, used));
  };
  if (error == json::error::too_deep) {
    return invalid(fmt::format("{}: nested deeper than {}", guard.place(), kDepthMax));
  }
  if (error) return at(error.message());
  // write_some() stops after the first value.
  if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    return at("text after the end");
  json::value value = json::parse(text, error, {}, options());
  if (error) return at(error.message());
  return value;
}

}  // namespace onrush::sale
