#include "edge/api/strict_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>

namespace onrush::api {
namespace {

namespace json = boost::json;

// Boost.JSON keeps the last of equal keys in silence; this reads the text once more only for its
// keys.
class DuplicateKeys {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  using Code = boost::system::error_code;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    levels_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    levels_.pop_back();
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_key_part(std::string_view part, std::size_t, Code&) {
    key_ += part;
    return true;
  }
  bool on_key(std::string_view part, std::size_t, Code& error) {
    key_ += part;
    const bool fresh = levels_.back().insert(key_).second;
    if (fresh) {
      key_.clear();
      return true;
    }
    duplicate = key_;
    error = json::error::syntax;
    return false;
  }
  bool on_string_part(std::string_view, std::size_t, Code&) { return true; }
  bool on_string(std::string_view, std::size_t, Code&) { return true; }
  bool on_number_part(std::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, std::string_view, Code&) { return true; }
  bool on_uint64(std::uint64_t, std::string_view, Code&) { return true; }
  bool on_double(double, std::string_view, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(std::string_view, Code&) { return true; }
  bool on_comment(std::string_view, Code&) { return true; }

  std::string duplicate;

 private:
  std::vector<std::set<std::string>> levels_;
  std::string key_;
};

std::optional<std::string> duplicate_key(std::string_view body) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<DuplicateKeys> parser(options);
  boost::system::error_code error;
  parser.write_some(false, body.data(), body.size(), error);
  if (parser.handler().duplicate.empty()) return std::nullopt;
  return parser.handler().duplicate;
}

}  // namespace

Result<json::object> parse_object(std::string_view body) {
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(body, error, {}, options);
  if (error == json::error::too_deep)
    return invalid("the body is nested too deeply (at most 8 levels)");
  if (error) return invalid("the body is not JSON: " + error.message());
  if (!value.is_object()) return invalid("the body must be a JSON object");
  if (const auto name = duplicate_key(body)) return invalid(fmt::format("{}: given twice", *name));
  return std::move(value.get_object());
}

const json::value* Fields::take(std::string_view name, bool required) {
  const json::value* value = object_.if_contains(name);
  if (value != nullptr) {
    taken_.push_back(name);
  } else if (required) {
    fail(name, "missing");
  }
  return value;
}

void Fields::fail(std::string_view name, std::string_view why) {
  if (fault_.empty()) fault_ = fmt::format("{}: {}", name, why);
}

std::string Fields::checked_text(std::string_view name, const json::value& value, std::size_t min,
                                 std::size_t max) {
  if (!value.is_string()) {
    fail(name, "must be text");
    return {};
  }
  const std::string_view text{value.get_string().data(), value.get_string().size()};
  if (text.size() < min || text.size() > max) {
    fail(name, fmt::format("must have {} to {} bytes", min, max));
    return {};
  }
  return std::string(text);
}

std::string Fields::text(std::string_view name, std::size_t min, std::size_t max) {
  const json::value* value = take(name, true);
  return value == nullptr ? std::string{} : checked_text(name, *value, min, max);
}

std::string Fields::text_or(std::string_view name, std::string_view absent, std::size_t max) {
  const json::value* value = take(name, false);
  return value == nullptr ? std::string(absent) : checked_text(name, *value, 0, max);
}

sale::Text Fields::two_languages(std::string_view name, std::size_t max) {
  sale::Text text;
  const json::value* value = take(name, true);
  if (value == nullptr) return text;
  if (!value->is_object()) {
    fail(name, R"(must be {"en":"…","zh":"…"})");
    return text;
  }
  Fields languages(value->get_object());
  text.en = languages.text("en", 0, max);
  text.zh = languages.text_or("zh", "", max);
  if (!languages.finish().empty()) fail(name, languages.finish());
  return text;
}

std::int64_t Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  (void)take(name, true);
  return integer_or(name, min, min, max);
}

std::int64_t Fields::integer_or(std::string_view name, std::int64_t absent, std::int64_t min,
                                std::int64_t max) {
  const json::value* value = take(name, false);
  if (value == nullptr) return absent;
  if (!value->is_int64() || value->get_int64() < min || value->get_int64() > max) {
    fail(name, fmt::format("must be a whole number from {} to {}", min, max));
    return absent;
  }
  return value->get_int64();
}

const std::string& Fields::finish() {
  for (const auto& member : object_) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (std::find(taken_.begin(), taken_.end(), name) == taken_.end()) {
      fail(name.substr(0, 64), "is not known here");
    }
  }
  return fault_;
}

}  // namespace onrush::api
