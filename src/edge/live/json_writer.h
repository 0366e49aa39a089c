// Writes JSON text front to back into a string; commas are put by itself, text is always escaped.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "base/time.h"

namespace onrush::live {

// Appends `text` as a JSON string with its quotes. Input must be UTF-8.
void append_json_text(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  // `name` is a literal of ours and needs no escaping.
  JsonWriter& key(std::string_view name) {
    separate();
    out_.append(1, '"').append(name).append("\":");
    comma_ = false;
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    separate();
    append_json_text(out_, value);
    return done();
  }
  // Ids are strings in the API: a 64-bit number does not survive a JavaScript reader.
  JsonWriter& id(std::uint64_t value) {
    separate();
    out_.push_back('"');
    digits(value);
    out_.push_back('"');
    return done();
  }
  JsonWriter& number(std::int64_t value) {
    separate();
    digits(value);
    return done();
  }
  JsonWriter& decimal(double value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{:.3f}", value);
    return done();
  }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& time(TimePoint value) {
    separate();
    char text[24];
    write_rfc3339(value, text);
    out_.append(1, '"').append(text, sizeof text).append(1, '"');
    return done();
  }
  // A complete JSON value that was written before.
  JsonWriter& raw(std::string_view value) {
    separate();
    out_.append(value);
    return done();
  }

 private:
  template <class Integer>
  void digits(Integer value) {
    char text[20];
    out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
  JsonWriter& open(char c) {
    separate();
    out_.push_back(c);
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char c) {
    out_.push_back(c);
    return done();
  }
  void separate() {
    if (comma_) out_.push_back(',');
  }
  JsonWriter& done() {
    comma_ = true;
    return *this;
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace onrush::live
