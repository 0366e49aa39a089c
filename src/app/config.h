// The configuration of a process: every setting in one row of one table (config.cc), each with its
// name, help, default and bounds. Precedence: flag > environment (ONRUSH_*, ONRUSH_*_FILE) >
// onrush.toml > default.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace onrush::app {

struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
};

struct Config {
  std::string data_dir = "onrush-data";
  std::vector<std::string> sale_files;  // applied and announced at start, if not there yet

  Endpoint general{"127.0.0.1", 8080};
  Endpoint rush{"127.0.0.1", 8081};
  Endpoint admin{"127.0.0.1", 8082};
  Endpoint sandbox{"127.0.0.1", 8083};
  unsigned rush_workers = 1;
  unsigned general_workers = 1;

  std::string public_general_url;  // "" = http://<listen.general>
  std::string public_rush_url;     // "" = http://<listen.rush>
  std::string public_admin_url;
  std::string public_sandbox_url;

  std::string master_secret;           // "" = a random one, kept in data_dir/master.key
  std::string previous_master_secret;  // tokens signed with it stay valid
  unsigned session_minutes = 60;
  unsigned refresh_days = 14;
  unsigned order_token_minutes = 30;
  unsigned password_threads = 1;
  unsigned password_queue = 256;

  // Requests a second, and at once after a rest; 0 a second: no limit.
  unsigned limit_address_per_second = 0;  // a proxy that is not declared would be one address
  unsigned limit_address_burst = 400;
  unsigned limit_account_per_second = 20;
  unsigned limit_account_burst = 40;
  unsigned limit_server_per_second = 0;
  unsigned limit_server_burst = 10'000;
  unsigned trusted_proxies = 0;

  unsigned intake_rush = 65'536;
  unsigned intake_reserved = 16'384;
  unsigned commit_interval_us = 1'500;
  unsigned snapshot_events = 2'000'000;
  unsigned segment_mib = 64;

  std::string payment_provider = "sandbox";
  bool sandbox_beyond_loopback = false;
  unsigned payment_ask_again_ms = 5'000;

  std::string smtp_url;  // "" = no mail
  std::string smtp_from = "Onrush <noreply@localhost>";
  std::string smtp_user;
  std::string smtp_password;
  bool smtp_starttls = false;

  std::string log_level = "info";
  std::string log_format = "json";
  unsigned drain_seconds = 10;
};

// Where the value of a setting came from, for `config show`.
struct ShownSetting {
  std::string name;
  std::string value;   // secrets masked
  std::string origin;  // "default", "onrush.toml", "ONRUSH_…", "--flag"
  std::string help;
};

struct LoadedConfig {
  Config config;
  std::vector<ShownSetting> shown;
  std::string file;                          // as given, for reading it again
  std::map<std::string, std::string> flags;  // likewise
};

// The names of all settings and their help, for the command line.
struct SettingName {
  std::string name;  // e.g. "listen.general"
  std::string flag;  // e.g. "--listen-general"
  std::string help;
  std::string default_value;
};
[[nodiscard]] std::vector<SettingName> setting_names();

// `file`: "" = ./onrush.toml if it is there. `flags`: name → value, as given on the command line.
// Error invalid: names the setting, where it came from, and what is allowed.
[[nodiscard]] Result<LoadedConfig> load_config(const std::string& file,
                                               const std::map<std::string, std::string>& flags);

[[nodiscard]] bool is_loopback(const Endpoint& endpoint);
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace onrush::app
