// Structured logs: one JSON object (or one readable line) for each event, written by a background
// thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace onrush::app {

enum class LogLevel { debug, info, warn, error };

// Thread-safe. Never give it a secret: nothing is filtered here.
class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  // `format`: "json" or "text". Writes to standard error. Drops the oldest lines rather than block.
  Log(std::string_view level, std::string_view format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields = {});
  void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::info, event, fields);
  }
  void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::error, event, fields);
  }
  // A line that is already a JSON object's inside ("\"a\":1,\"b\":2").
  void write_json_fields(LogLevel level, std::string_view event, std::string_view fields);
  [[nodiscard]] bool enabled(LogLevel level) const;
  void flush();
  void set_level(std::string_view level);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::app
