// The subcommands. Each returns the process's exit code (exit_codes below) and writes errors to
// stderr.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace onrush::app {

enum ExitCode : int { kOk = 0, kFailure = 1, kUsage = 2, kEnvironment = 3, kViolation = 4 };

struct CheckOptions {
  std::vector<std::string> sale_files;
  bool json = false;
};
struct StaffCall {        // sale and orders: calls to the admin listener of a running server
  std::string admin_url;  // "" = from the settings
  std::string token;      // "" = signed with the data directory's own key
  bool json = false;
};
struct TokenOptions {
  std::string kind = "staff";  // staff or buyer
  std::string role = "viewer";
  std::uint64_t buyer = 0;
  unsigned valid_seconds = 3'600;
};
struct DrawOptions {  // from files, or from a running server
  std::string document;
  std::vector<std::string> entries;
  std::string url, sale;
  std::uint64_t buyer = 0;
  bool json = false;
};
struct CrowdOptions {
  std::string sale;
  std::string preset = "mixed";
  unsigned shoppers = 10'000;
  unsigned seconds_max = 120;
  unsigned ramp_ms = 3'000;
  double abandon = 0.3;  // shares, 0..1
  double bots = 0;
  double ignore_filter = 0;
  double leave = 0;
  unsigned bot_speed = 100;
  unsigned lobby_percent = 80;
  unsigned think_ms = 2'000;
  std::string answers;  // a sale file with the questions' answers
  unsigned listeners = 200;
  std::uint64_t seed = 1;
  std::string record;
  unsigned reconnect_seconds = 0;
  StaffCall staff;
  bool json = false;
};
struct DemoOptions {
  std::string examples_dir = "examples";
  bool once = false;
  unsigned shoppers = 50'000;
  std::uint64_t seed = 618;
};

int run_serve(const LoadedConfig& config, const std::vector<std::string>& sale_files,
              bool print_setup_link);
int run_check(const LoadedConfig& config, const CheckOptions& options);
int run_config_show(const LoadedConfig& config, bool json);
int run_token(const LoadedConfig& config, const TokenOptions& options);
int run_audit(const std::string& directory, bool json);
int run_draw_verify(const DrawOptions& options);
int run_rebuild(const LoadedConfig& config);
int run_dump(const LoadedConfig& config);
int run_backup(const LoadedConfig& config, const std::string& target);
int run_crowd_command(const LoadedConfig& config, const CrowdOptions& options);
int run_demo(const LoadedConfig& config, const DemoOptions& options);

int run_sale_list(const LoadedConfig& config, const StaffCall& call);
int run_sale_show(const LoadedConfig& config, const StaffCall& call, const std::string& sale);
int run_sale_apply(const LoadedConfig& config, const StaffCall& call, const std::string& file,
                   bool announce);
int run_sale_act(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                 const std::string& act, const std::string& reason);
int run_sale_restock(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                     const std::string& item, unsigned count);
int run_sale_rate(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                  unsigned rate);
int run_sale_beacon(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& value);
int run_sale_notice(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& en, const std::string& zh);
int run_orders_list(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& state, const std::string& text);
int run_orders_refund(const LoadedConfig& config, const StaffCall& call, const std::string& order,
                      const std::string& reason);

// A staff token signed with the key of the data directory, for calls from the same machine.
[[nodiscard]] Result<std::string> local_staff_token(const Config& config);
[[nodiscard]] std::string admin_url_of(const Config& config, const StaffCall& call);

}  // namespace onrush::app
