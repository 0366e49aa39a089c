// Reading members of JSON objects leniently: what is absent or of another type reads as nothing.
#pragma once

#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace onrush::crowd {

// A document in a buffer of its own, so that most parses do not allocate.
class Parsed {
 public:
  explicit Parsed(std::string_view text) : resource_(buffer_) {
    boost::system::error_code error;
    value_ = boost::json::parse(text, error, &resource_);
    if (error) value_ = nullptr;
  }
  [[nodiscard]] const boost::json::object* object() const { return value_.if_object(); }

 private:
  unsigned char buffer_[4 * 1024] = {};
  boost::json::monotonic_resource resource_;
  boost::json::value value_;
};

inline std::string_view text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view{*text} : std::string_view{};
}

inline std::uint64_t number_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

inline bool flag_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

inline double real_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<double>(error);
  return error ? 0 : number;
}

inline std::uint64_t id_of(const boost::json::object& object, std::string_view key) {
  const std::string_view text = text_of(object, key);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

inline std::int64_t time_of(const boost::json::object& object, std::string_view key) {
  const auto time = parse_rfc3339(text_of(object, key));
  return time ? to_millis(*time) : 0;
}

inline const boost::json::array* array_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

inline const boost::json::object* object_of(const boost::json::object& object,
                                            std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

}  // namespace onrush::crowd
