#include "app/config.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

namespace onrush::app {
namespace {

struct Setting {
  std::string name;
  std::string help;
  bool secret = false;
  std::function<Status(Config&, const std::string&)> set;
  std::function<std::string(const Config&)> get;
};

Setting text(std::string name, std::string Config::*field, std::string help, bool secret = false) {
  return {std::move(name), std::move(help), secret,
          [field](Config& c, const std::string& v) -> Status { return c.*field = v, Status{}; },
          [field](const Config& c) { return c.*field; }};
}

Setting choice(std::string name, std::string Config::*field, std::vector<std::string> allowed,
               std::string help) {
  return {std::move(name), fmt::format("{} ({})", help, fmt::join(allowed, ", ")), false,
          [field, allowed](Config& c, const std::string& v) -> Status {
            if (std::find(allowed.begin(), allowed.end(), v) == allowed.end()) {
              return invalid(fmt::format("must be one of {}", fmt::join(allowed, ", ")));
            }
            c.*field = v;
            return {};
          },
          [field](const Config& c) { return c.*field; }};
}

Setting number(std::string name, unsigned Config::*field, unsigned low, unsigned high,
               std::string help) {
  return {
      std::move(name), fmt::format("{} ({}..{})", help, low, high), false,
      [field, low, high](Config& c, const std::string& v) -> Status {
        unsigned parsed = 0;
        const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), parsed);
        if (error != std::errc{} || end != v.data() + v.size() || parsed < low || parsed > high) {
          return invalid(fmt::format("must be a whole number from {} to {}", low, high));
        }
        c.*field = parsed;
        return {};
      },
      [field](const Config& c) { return std::to_string(c.*field); }};
}

Setting flag(std::string name, bool Config::*field, std::string help) {
  return {std::move(name), std::move(help), false,
          [field](Config& c, const std::string& v) -> Status {
            if (v != "true" && v != "false") return invalid("must be true or false");
            c.*field = v == "true";
            return {};
          },
          [field](const Config& c) { return std::string(c.*field ? "true" : "false"); }};
}

Result<Endpoint> parse_endpoint(const std::string& v) {
  const auto colon = v.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return invalid("must be ADDRESS:PORT, e.g. 127.0.0.1:8080");
  unsigned port = 0;
  const char* last = v.data() + v.size();
  const auto [end, error] = std::from_chars(v.data() + colon + 1, last, port);
  if (error != std::errc{} || end != last || port > 65'535)
    return invalid("the port must be 0..65535");
  std::string address = v.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  return Endpoint{address, static_cast<std::uint16_t>(port)};
}

Setting endpoint(std::string name, Endpoint Config::*field, std::string help) {
  return {std::move(name), std::move(help), false,
          [field](Config& c, const std::string& v) -> Status {
            const auto parsed = parse_endpoint(v);
            if (parsed.has_error()) return parsed.error();
            c.*field = *parsed;
            return {};
          },
          [field](const Config& c) { return to_string(c.*field); }};
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> rows = {
      text("data-dir", &Config::data_dir, "where the journal and the databases live"),
      endpoint("listen.general", &Config::general, "pages, accounts, orders, payments"),
      endpoint("listen.rush", &Config::rush, "hold requests, live documents, WebSockets"),
      endpoint("listen.admin", &Config::admin, "staff API, console, metrics"),
      endpoint("listen.sandbox", &Config::sandbox, "the sandbox payment provider"),
      number("workers.rush", &Config::rush_workers, 1, 256, "threads of the rush listener"),
      number("workers.general", &Config::general_workers, 1, 64, "threads of the general listener"),
      text("public.general-url", &Config::public_general_url,
           "how browsers reach the general listener"),
      text("public.rush-url", &Config::public_rush_url, "how browsers reach the rush listener"),
      text("public.admin-url", &Config::public_admin_url, "how staff reach the admin listener"),
      text("public.sandbox-url", &Config::public_sandbox_url,
           "how browsers reach the sandbox provider"),
      text("secret.master", &Config::master_secret,
           "all token keys are derived from it; default: a random one in the data directory", true),
      text("secret.previous", &Config::previous_master_secret, "tokens signed with it stay valid",
           true),
      number("session.minutes", &Config::session_minutes, 1, 1'440, "life of an access token"),
      number("session.refresh-days", &Config::refresh_days, 1, 365, "life of a sign-in"),
      number("session.order-token-minutes", &Config::order_token_minutes, 1, 1'440,
             "life of a checkout link"),
      number("password.threads", &Config::password_threads, 1, 64, "threads that hash passwords"),
      number("password.queue", &Config::password_queue, 1, 100'000, "sign-ins that may wait"),
      number("limits.address-per-second", &Config::limit_address_per_second, 0, 100'000,
             "hold requests and sign-ins of one network (IPv4 /24, IPv6 /64); 0: no limit"),
      number("limits.address-burst", &Config::limit_address_burst, 1, 1'000'000,
             "how many of them at once, after a rest"),
      number("limits.account-per-second", &Config::limit_account_per_second, 0, 100'000,
             "hold requests of one account; 0: no limit"),
      number("limits.account-burst", &Config::limit_account_burst, 1, 1'000'000,
             "how many of them at once, after a rest"),
      number("limits.server-per-second", &Config::limit_server_per_second, 0, 10'000'000,
             "hold requests of the whole server; 0: no limit"),
      number("limits.server-burst", &Config::limit_server_burst, 1, 10'000'000,
             "how many of them at once, after a rest"),
      number("limits.trusted-proxies", &Config::trusted_proxies, 0, 16,
             "proxies in front whose X-Forwarded-For entries are believed; 0: none"),
      number("engine.intake-rush", &Config::intake_rush, 64, 8'388'608,
             "hold requests that may wait"),
      number("engine.intake-reserved", &Config::intake_reserved, 64, 1'048'576,
             "payments and staff acts that may wait"),
      number("engine.commit-interval-us", &Config::commit_interval_us, 0, 100'000,
             "least time between two syncs under load, in microseconds"),
      number("engine.snapshot-events", &Config::snapshot_events, 1'000, 1'000'000'000,
             "events between two snapshots"),
      number("engine.segment-mib", &Config::segment_mib, 1, 4'096,
             "size of a journal segment in MiB"),
      choice("payment.provider", &Config::payment_provider, {"sandbox"}, "who takes the money"),
      flag("payment.sandbox-beyond-loopback", &Config::sandbox_beyond_loopback,
           "allow play money on a public address"),
      number("payment.ask-again-ms", &Config::payment_ask_again_ms, 100, 3'600'000,
             "ask the provider about a payment without an outcome after this time"),
      text("smtp.url", &Config::smtp_url, "smtp://host:port or smtps://…; empty: no mail is sent"),
      text("smtp.from", &Config::smtp_from, "the sender"),
      text("smtp.user", &Config::smtp_user, "user, if the server wants one"),
      text("smtp.password", &Config::smtp_password, "its password", true),
      flag("smtp.starttls", &Config::smtp_starttls, "insist on STARTTLS"),
      choice("log.level", &Config::log_level, {"debug", "info", "warn", "error"}, "what is logged"),
      choice("log.format", &Config::log_format, {"json", "text"}, "how it is logged"),
      number("drain-seconds", &Config::drain_seconds, 0, 600,
             "how long a stopping server finishes requests"),
  };
  return rows;
}

std::string environment_name(const std::string& setting) {
  std::string name = "ONRUSH_";
  for (const char c : setting) {
    name +=
        c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// A secret may come in a file, so that it is in no process list:
// ONRUSH_SECRET_MASTER_FILE=/run/secrets/…
Result<std::optional<std::pair<std::string, std::string>>> from_environment(const Setting& s) {
  using Found = std::optional<std::pair<std::string, std::string>>;
  const std::string name = environment_name(s.name);
  if (const char* value = std::getenv(name.c_str())) return Found{{value, name}};
  const std::string file_name = name + "_FILE";
  const char* path = std::getenv(file_name.c_str());
  if (path == nullptr) return Found{};
  std::ifstream in(path);
  if (!in) return invalid(fmt::format("{}: cannot read {}", file_name, path));
  std::string value{std::istreambuf_iterator<char>(in), {}};
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return Found{{std::move(value), file_name}};
}

std::string dotted_to_flag(const std::string& name) {
  std::string out = "--" + name;
  std::replace(out.begin() + 2, out.end(), '.', '-');
  return out;
}

std::string toml_value_text(const toml::node& node) {
  if (const auto s = node.value<std::string>(); s && node.is_string()) return *s;
  if (node.is_boolean()) return *node.value<bool>() ? "true" : "false";
  if (node.is_integer()) return std::to_string(*node.value<std::int64_t>());
  return {};
}

// Flattens the file to name → value; keys with '_' are the same as with '-'.
Status flatten(const toml::table& table, const std::string& prefix,
               std::map<std::string, std::string>& values, std::vector<std::string>& sale_files) {
  for (const auto& [key, node] : table) {
    std::string name = prefix + std::string(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    if (name == "sales" && node.is_array()) {
      for (const auto& element : *node.as_array()) sale_files.push_back(toml_value_text(element));
      continue;
    }
    if (const auto* nested = node.as_table()) {
      if (auto s = flatten(*nested, name + ".", values, sale_files); s.has_error()) return s;
      continue;
    }
    if (!node.is_string() && !node.is_boolean() && !node.is_integer()) {
      return invalid(fmt::format("{}: must be a text, a whole number, true or false", name));
    }
    values[name] = toml_value_text(node);
  }
  return {};
}

Result<std::map<std::string, std::string>> read_file(const std::string& path,
                                                     std::vector<std::string>& sale_files) {
  std::map<std::string, std::string> values;
  try {
    const toml::table table = toml::parse_file(path);
    if (auto s = flatten(table, "", values, sale_files); s.has_error()) {
      return invalid(fmt::format("{}: {}", path, s.error().message));
    }
  } catch (const toml::parse_error& e) {
    return invalid(fmt::format("{}:{}: {}", path, e.source().begin.line, e.description()));
  }
  for (const auto& [name, value] : values) {
    const auto known = [&n = name](const Setting& s) { return s.name == n; };
    if (std::none_of(settings().begin(), settings().end(), known)) {
      return invalid(fmt::format("{}: unknown setting {}", path, name));
    }
  }
  return values;
}

}  // namespace

std::string to_string(const Endpoint& e) {
  return e.address.find(':') == std::string::npos ? fmt::format("{}:{}", e.address, e.port)
                                                  : fmt::format("[{}]:{}", e.address, e.port);
}

bool is_loopback(const Endpoint& e) {
  return e.address.starts_with("127.") || e.address == "::1" || e.address == "localhost";
}

std::vector<SettingName> setting_names() {
  std::vector<SettingName> names;
  const Config defaults;
  for (const auto& s : settings())
    names.push_back({s.name, dotted_to_flag(s.name), s.help, s.get(defaults)});
  return names;
}

Result<LoadedConfig> load_config(const std::string& file,
                                 const std::map<std::string, std::string>& flags) {
  LoadedConfig loaded;
  loaded.file = file;
  loaded.flags = flags;
  const std::string path = file.empty() ? "onrush.toml" : file;
  std::map<std::string, std::string> in_file;
  if (!file.empty() || std::filesystem::exists(path)) {
    auto values = read_file(path, loaded.config.sale_files);
    if (values.has_error()) return values.error();
    in_file = std::move(*values);
  }
  for (const auto& s : settings()) {
    auto environment = from_environment(s);
    if (environment.has_error()) return environment.error();
    std::string value, origin = "default";
    if (const auto f = flags.find(s.name); f != flags.end()) {
      value = f->second, origin = dotted_to_flag(s.name);
    } else if (environment->has_value()) {
      value = (*environment)->first, origin = (*environment)->second;
    } else if (const auto t = in_file.find(s.name); t != in_file.end()) {
      value = t->second, origin = path;
    }
    if (origin != "default") {
      if (const auto set = s.set(loaded.config, value); set.has_error()) {
        return invalid(fmt::format("{} (from {}): {}", s.name, origin, set.error().message));
      }
    }
    std::string shown = s.get(loaded.config);
    if (s.secret && !shown.empty()) shown = "********";
    loaded.shown.push_back({s.name, shown, origin, s.help});
  }
  return loaded;
}

}  // namespace onrush::app
