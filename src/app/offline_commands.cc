// Subcommands that need no running server: check, config show, token, audit.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "accounts/tokens.h"
#include "app/commands.h"
#include "app/master_key.h"
#include "auditor/audit.h"
#include "ports/clock.h"
#include "sale/sale_file.h"

namespace onrush::app {
namespace {

namespace json = boost::json;

struct Checked {
  std::string file;
  std::string error;  // "" = good
  sale::SaleRules rules;
};

Checked check_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return {path, "cannot be read", {}};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto rules = sale::parse_sale_file(text, ports::SystemClock().now());
  if (rules.has_error()) return {path, rules.error().message, {}};
  return {path, "", *rules};
}

std::string summary(const sale::SaleRules& rules) {
  std::uint64_t units = 0;
  for (const auto& item : rules.items) units += item.stock;
  return fmt::format("sale {}: {} units in {} items, opens {}, {} s to pay", rules.key, units,
                     rules.items.size(), to_rfc3339(rules.opens_at), rules.hold.count() / 1'000);
}

}  // namespace

int run_check(const LoadedConfig&, const CheckOptions& options) {
  // The settings were checked before we came here; what is left are the sale files.
  bool good = true;
  json::array results;
  for (const auto& path : options.sale_files) {
    const Checked checked = check_file(path);
    good = good && checked.error.empty();
    if (options.json) {
      results.push_back({{"file", path}, {"ok", checked.error.empty()}, {"error", checked.error}});
    } else if (checked.error.empty()) {
      std::printf("%s: ok: %s\n", path.c_str(), summary(checked.rules).c_str());
    } else {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), checked.error.c_str());
    }
  }
  if (options.json)
    std::printf("%s\n", json::serialize(json::object{{"ok", good}, {"files", results}}).c_str());
  else if (options.sale_files.empty())
    std::printf("settings: ok\n");
  return good ? kOk : kUsage;
}

int run_config_show(const LoadedConfig& config, bool as_json) {
  if (as_json) {
    json::array rows;
    for (const auto& s : config.shown) {
      rows.push_back(
          {{"name", s.name}, {"value", s.value}, {"origin", s.origin}, {"help", s.help}});
    }
    std::printf("%s\n", json::serialize(rows).c_str());
    return kOk;
  }
  for (const auto& s : config.shown) {
    std::printf("%-32s %-28s %s\n", s.name.c_str(), s.value.empty() ? "-" : s.value.c_str(),
                s.origin.c_str());
  }
  return kOk;
}

int run_token(const LoadedConfig& config, const TokenOptions& options) {
  const auto secret = master_secret(config.config, false);
  if (secret.has_error())
    return std::fprintf(stderr, "onrush: %s\n", secret.error().message.c_str()), kEnvironment;
  accounts::Claims claims;
  claims.issued_at = ports::SystemClock().now();
  claims.expires_at = claims.issued_at + std::chrono::seconds(options.valid_seconds);
  if (options.kind == "buyer") {
    if (options.buyer == 0) return std::fprintf(stderr, "onrush: --buyer is needed\n"), kUsage;
    claims.kind = accounts::TokenKind::buyer;
    claims.subject = sale::BuyerId{options.buyer};
  } else {
    claims.kind = accounts::TokenKind::staff;
    claims.subject = accounts::kConsole;
    claims.role = options.role == "owner"      ? ports::Role::owner
                  : options.role == "operator" ? ports::Role::operator_
                                               : ports::Role::viewer;
  }
  accounts::Tokens tokens(accounts::KeyRing::derive(*secret, config.config.previous_master_secret));
  std::printf("%s\n", tokens.sign(claims).c_str());
  return kOk;
}

int run_audit(const std::string& directory, bool as_json) {
  const auto report = auditor::audit(directory);
  if (report.has_error()) {
    std::fprintf(stderr, "onrush: %s\n", report.error().message.c_str());
    return kEnvironment;
  }
  std::printf("%s\n",
              (as_json ? auditor::render_json(*report) : auditor::render_text(*report)).c_str());
  return report->exit_status();
}

}  // namespace onrush::app
