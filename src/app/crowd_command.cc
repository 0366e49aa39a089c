// `onrush crowd`: a synthetic crowd against a running server on this machine.
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>

#include "app/answers.h"
#include "app/child_server.h"
#include "app/commands.h"
#include "app/http_client.h"
#include "app/interrupt.h"
#include "crowd/crowd.h"
#include "crowd/render.h"

namespace onrush::app {
namespace {

// Where the listeners are: what the server with this data directory says, else what the settings
// say.
void find_listeners(const Config& config, const StaffCall& staff, crowd::CrowdConfig& c) {
  c.general = to_string(config.general);
  c.rush = to_string(config.rush);
  c.admin = to_string(config.admin);
  std::ifstream in(config.data_dir + "/" + kEndpointsFile);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code ec;
  const auto value = boost::json::parse(text, ec);
  if (!ec && value.is_object()) {
    const auto take = [&](const char* name, std::string& host) {
      if (const auto* url = value.as_object().if_contains(name))
        host = host_of(boost::json::value_to<std::string>(*url));
    };
    take("general", c.general);
    take("rush", c.rush);
    take("admin", c.admin);
  }
  if (!staff.admin_url.empty()) c.admin = host_of(staff.admin_url);
}

constexpr unsigned kAbandonersBesideOthers = 74;  // of 100, with the default mix

crowd::CrowdConfig crowd_config(const Config& config, const CrowdOptions& o) {
  crowd::CrowdConfig c;
  find_listeners(config, o.staff, c);
  c.sale = o.sale;
  c.shoppers = o.shoppers;
  c.listeners = o.listeners;
  c.seed = o.seed;
  c.record_path = o.record;
  c.reconnect_seconds = o.reconnect_seconds;
  c.time_limit = std::chrono::seconds(o.seconds_max);
  c.arrival_window = Millis{o.ramp_ms};
  c.bots = o.bots;
  c.bot_speed = o.bot_speed;
  c.ignore_filter = o.ignore_filter;
  c.leave = o.leave;
  c.lobby_percent = o.lobby_percent;
  c.think_max = Millis{o.think_ms};
  if (o.preset == "honest") {
    c.mix = {0, 0, 0, 0, 0, 0, 0};
  } else {
    // The other kinds make way when more abandon than there is room for beside them.
    const auto abandoners = static_cast<unsigned>(std::lround(o.abandon * 100));
    if (abandoners > kAbandonersBesideOthers) c.mix = {0, 0, 0, 0, 0, 0, 0};
    c.mix.abandoners = abandoners;
  }
  return c;
}

}  // namespace

int run_crowd_command(const LoadedConfig& loaded, const CrowdOptions& options) {
  stop_on({SIGINT});
  crowd::CrowdConfig config = crowd_config(loaded.config, options);
  config.staff_token = options.staff.token;
  if (config.staff_token.empty()) {
    auto token = local_staff_token(loaded.config);
    if (token.has_error())
      return std::fprintf(stderr, "onrush: %s\n", token.error().message.c_str()), kEnvironment;
    config.staff_token = *token;
  }
  if (!options.answers.empty()) {
    auto answers = question_answers(options.answers);
    if (answers.has_error())
      return std::fprintf(stderr, "onrush: %s\n", answers.error().message.c_str()), kUsage;
    config.answers = std::move(*answers);
  }
  auto report = [&] {
    crowd::LiveLine line(stderr);
    return crowd::run_crowd(
        config, [&](const crowd::Progress& p) { line.show(p); }, &interrupted());
  }();
  if (report.has_error()) {
    std::fprintf(stderr, "onrush: %s\n", report.error().message.c_str());
    return report.error().kind == ErrorKind::invalid ? kUsage : kEnvironment;
  }
  std::printf("%s\n", (options.json ? crowd::render_json(*report)
                                    : crowd::render_text(*report, crowd::wants_colour(stdout)))
                          .c_str());
  return report->exit_status();
}

}  // namespace onrush::app
