// Reading JSON bodies strictly: duplicate keys, nesting over 8 levels, unknown fields and wrong
// types are refused with a message that names the place.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sale/rules.h"

namespace onrush::api {

inline constexpr std::size_t kJsonDepthMax = 8;

// Error: invalid, when it is no JSON object or breaks the rules above.
[[nodiscard]] Result<boost::json::object> parse_object(std::string_view body);

// Takes the known fields out of an object; finish() refuses what is left. The first fault is kept,
// and every later call gives a default, so that a handler reads all fields and checks once.
class Fields {
 public:
  explicit Fields(const boost::json::object& object) : object_(object) {}

  std::string text(std::string_view name, std::size_t min, std::size_t max);
  std::string text_or(std::string_view name, std::string_view absent, std::size_t max);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::int64_t integer_or(std::string_view name, std::int64_t absent, std::int64_t min,
                          std::int64_t max);
  // {"en":"…","zh":"…"}; `zh` may be absent, each may be empty.
  sale::Text two_languages(std::string_view name, std::size_t max);
  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }

  void fail(std::string_view name, std::string_view why);
  // "" if every field was right and none is unknown.
  [[nodiscard]] const std::string& finish();

 private:
  const boost::json::value* take(std::string_view name, bool required);
  std::string checked_text(std::string_view name, const boost::json::value& value, std::size_t min,
                           std::size_t max);

  const boost::json::object& object_;
  std::vector<std::string_view> taken_;
  std::string fault_;
};

}  // namespace onrush::api
