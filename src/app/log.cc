#include "app/log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <boost/json.hpp>

#include "base/time.h"
#include "ports/clock.h"

namespace onrush::app {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

LogLevel parse_level(std::string_view text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "warn") return LogLevel::warn;
  if (text == "error") return LogLevel::error;
  return LogLevel::info;
}

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

}  // namespace

struct Log::Impl {
  // Outlives the pool, whose end waits for its thread: else the last message in the queue would
  // delete the logger on that thread, behind our back.
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> pool =
      std::make_shared<spdlog::details::thread_pool>(8192, 1);
  bool json = true;
};

Log::Log(std::string_view level, std::string_view format) : impl_(std::make_unique<Impl>()) {
  impl_->json = format == "json";
  impl_->logger = std::make_shared<spdlog::async_logger>(
      "onrush", std::make_shared<spdlog::sinks::stderr_sink_mt>(), impl_->pool,
      spdlog::async_overflow_policy::overrun_oldest);
  impl_->logger->set_pattern("%v");
  impl_->logger->set_level(to_spdlog(parse_level(level)));
}

Log::~Log() {
  flush();
}

bool Log::enabled(LogLevel level) const {
  return impl_->logger->should_log(to_spdlog(level));
}

void Log::set_level(std::string_view level) {
  impl_->logger->set_level(to_spdlog(parse_level(level)));
}

void Log::flush() {
  impl_->logger->flush();
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  fmt::memory_buffer line;
  const auto out = std::back_inserter(line);
  if (impl_->json) {
    bool first = true;
    for (const auto& [name, value] : fields) {
      fmt::format_to(out, "{}{}:{}", first ? "" : ",", json_text(name), json_text(value));
      first = false;
    }
    write_json_fields(level, event, {line.data(), line.size()});
    return;
  }
  fmt::format_to(out, "{} {:5} {}", to_rfc3339(ports::SystemClock().now()), to_string(level),
                 event);
  for (const auto& [name, value] : fields) fmt::format_to(out, " {}={}", name, value);
  impl_->logger->log(to_spdlog(level), std::string_view(line.data(), line.size()));
}

void Log::write_json_fields(LogLevel level, std::string_view event, std::string_view fields) {
  if (!enabled(level)) return;
  const std::string time = to_rfc3339(ports::SystemClock().now());
  impl_->logger->log(
      to_spdlog(level),
      impl_->json
          ? fmt::format(R"({{"time":"{}","level":"{}","event":{}{}{}}})", time, to_string(level),
                        json_text(event), fields.empty() ? "" : ",", fields)
          : fmt::format("{} {:5} {} {}", time, to_string(level), event, fields));
}

}  // namespace onrush::app
