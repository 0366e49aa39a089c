// Checks answers against docs/openapi.json: the subset of JSON Schema that the file uses.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace onrush::test {

class SchemaChecker {
 public:
  explicit SchemaChecker(boost::json::value document) : document_(std::move(document)) {}

  // "" if `body` is what `method path` may answer with `status`; else where it is not.
  [[nodiscard]] std::string fault(std::string_view method, std::string_view path, int status,
                                  std::string_view body) const {
    const auto* operation = member(member(document_.at("paths"), path), method);
    if (operation == nullptr) return "no such operation";
    const auto* response = member(&operation->at("responses"), std::to_string(status));
    if (response == nullptr) return "status " + std::to_string(status) + " is not described";
    const auto* content = member(response, "content");
    if (content == nullptr) return body.empty() ? "" : "a body where none is described";
    boost::system::error_code error;
    const auto value = boost::json::parse(body, error);
    if (error) return "no JSON";
    return check(content->as_object().begin()->value().at("schema"), value, "$");
  }

 private:
  using Value = boost::json::value;
  static const Value* member(const Value& value, std::string_view name) {
    return member(&value, name);
  }
  static const Value* member(const Value* value, std::string_view name) {
    return value == nullptr || !value->is_object() ? nullptr
                                                   : value->get_object().if_contains(name);
  }
  static bool has_type(const Value& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_bool();
    return type == "null" && value.is_null();
  }

  std::string check(const Value& schema, const Value& value, const std::string& at) const {
    if (const auto* ref = member(schema, "$ref")) {
      const std::string_view name = ref->as_string();
      return check(document_.at("components").at("schemas").at(name.substr(name.rfind('/') + 1)),
                   value, at);
    }
    if (const auto* any = member(schema, "anyOf")) {
      std::string last;
      for (const auto& one : any->as_array()) {
        last = check(one, value, at);
        if (last.empty()) return "";
      }
      return last;
    }
    if (const auto* type = member(schema, "type");
        type != nullptr && !has_type(value, type->as_string())) {
      return at + ": wrong type";
    }
    if (const auto* values = member(schema, "enum")) {
      bool found = false;
      for (const auto& one : values->as_array()) found |= one == value;
      if (!found) return at + ": not one of the values";
    }
    if (value.is_array() && member(schema, "items") != nullptr)
      return check_items(schema, value, at);
    return value.is_object() ? check_members(schema, value, at) : "";
  }
  std::string check_items(const Value& schema, const Value& value, const std::string& at) const {
    for (const auto& item : value.as_array()) {
      if (auto why = check(schema.at("items"), item, at + "[]"); !why.empty()) return why;
    }
    return "";
  }
  std::string check_members(const Value& schema, const Value& value, const std::string& at) const {
    const auto* properties = member(schema, "properties");
    if (properties == nullptr) return "";
    for (const auto& name : schema.at("required").as_array()) {
      if (!value.as_object().contains(name.as_string()))
        return at + ": lacks " + std::string(name.as_string());
    }
    for (const auto& one : value.as_object()) {
      const auto* known = member(properties, one.key());
      if (known == nullptr) return at + ": unknown " + std::string(one.key());
      if (auto why = check(*known, one.value(), at + "." + std::string(one.key())); !why.empty())
        return why;
    }
    return "";
  }

  Value document_;
};

}  // namespace onrush::test
