// Reads the objects of a sale file, key by key; used by the parser only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sale/complaints.h"
#include "sale/rules.h"

namespace onrush::sale {

// One object of the file. Keys are read one by one; each complaint names its place, and a
// key that nobody has read is unknown.
class SaleFileFields {
 public:
  SaleFileFields(const boost::json::value& value, std::string place, Complaints& complaint)
      : place_(std::move(place)), complaint_(complaint) {
    object_ = value.if_object();
    if (object_ == nullptr) complain("", "must be an object");
  }

  // nullptr: absent.
  const boost::json::value* find(std::string_view key) {
    known_.push_back(key);
    return object_ == nullptr ? nullptr : object_->if_contains(key);
  }
  const boost::json::value* required(std::string_view key) {
    const boost::json::value* value = find(key);
    if (value == nullptr) complain(key, "is missing");
    return value;
  }
  void text(std::string_view key, std::string& out) { as_text(key, find(key), out); }
  void required_text(std::string_view key, std::string& out) { as_text(key, required(key), out); }
  void bilingual(std::string_view key, bool must, Text& out) {
    const boost::json::value* value = must ? required(key) : find(key);
    if (value == nullptr) return;
    if (const boost::json::string* plain = value->if_string()) {
      out.en = std::string_view(*plain);
      return;
    }
    if (!value->is_object())
      return complain(key, "must be a text, or an object with \"en\" and \"zh\"");
    SaleFileFields languages(*value, at(key), complaint_);
    languages.required_text("en", out.en);
    languages.text("zh", out.zh);
    languages.no_others();
  }
  void boolean(std::string_view key, bool& out) {
    const boost::json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_bool()) return complain(key, "must be true or false");
    out = value->get_bool();
  }
  // Whole numbers only; `out` keeps its value when absent.
  template <class T>
  void number(std::string_view key, std::int64_t low, std::int64_t high, T& out) {
    if (const boost::json::value* value = find(key))
      out = static_cast<T>(as_number(key, *value, low, high));
  }
  std::int64_t as_number(std::string_view key, const boost::json::value& value, std::int64_t low,
                         std::int64_t high) {
    std::int64_t n = low - 1;
    if (value.is_int64()) n = value.get_int64();
    if (value.is_uint64() && value.get_uint64() <= static_cast<std::uint64_t>(high)) {
      n = static_cast<std::int64_t>(value.get_uint64());
    }
    if (!value.is_number()) {
      complain(key, "must be a whole number");
    } else if (n < low || n > high) {
      complain(key, fmt::format("must be {}..{}", low, high));
    }
    return std::clamp(n, low, high);
  }
  template <class Enum, std::size_t kSize>
  void choice(std::string_view key,
              const std::array<std::pair<std::string_view, Enum>, kSize>& names, Enum& out) {
    std::string name;
    const boost::json::value* value = find(key);
    if (value == nullptr) return;
    as_text(key, value, name);
    for (const auto& [known, meaning] : names) {
      if (name == known) {
        out = meaning;
        return;
      }
    }
    std::string list;
    for (const auto& [known, meaning] : names)
      list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", known);
    complain(key, "must be one of " + list);
  }
  void no_others() {
    if (object_ == nullptr) return;
    for (const auto& member : *object_) {
      const std::string_view key = member.key();
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        complain(key, "is not a key of a sale file");
    }
  }
  void complain(std::string_view key, std::string_view what) { complaint_.add(at(key), what); }
  [[nodiscard]] std::string at(std::string_view key) const {
    if (key.empty()) return place_;
    return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
  }

 private:
  void as_text(std::string_view key, const boost::json::value* value, std::string& out) {
    if (value == nullptr) return;
    if (!value->is_string()) return complain(key, "must be a text");
    out = std::string_view(value->get_string());
  }

  const boost::json::object* object_ = nullptr;
  std::string place_;
  Complaints& complaint_;
  std::vector<std::string_view> known_;
};

}  // namespace onrush::sale
