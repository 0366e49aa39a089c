// `onrush demo`: a real server in a process of its own, the 618 sale with shortened times, a crowd
// over real sockets, and the audit. What ./run shows.
#include <fmt/format.h>
#include <atomic>
#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "accounts/tokens.h"
#include "app/answers.h"
#include "app/child_server.h"
#include "app/commands.h"
#include "app/http_client.h"
#include "app/interrupt.h"
#include "app/master_key.h"
#include "auditor/audit.h"
#include "crowd/crowd.h"
#include "crowd/render.h"
#include "ports/clock.h"

namespace onrush::app {
namespace {

namespace json = boost::json;

constexpr unsigned kHoldSeconds =
    4;  // of the demo's holds, so that lapsed units come round quickly
// The lobby: time to mint the tokens and to connect, and for a person to get there with a browser.
constexpr unsigned kLobbySecondsOnce = 14;
constexpr unsigned kLobbySeconds = 30;
constexpr std::uint16_t kFirstPort = 8080;

struct Demo {
  std::string data_dir;
  std::string log_path;
  std::string token;
  std::map<std::string, std::string> answers;  // to the sale's questions
  ChildServer server;
  [[nodiscard]] std::string url(const std::string& name) const { return server.urls().at(name); }
};

std::string stamp() {
  std::string text = to_rfc3339(ports::SystemClock().now()).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Status start_server(const LoadedConfig& config, Demo& demo) {
  demo.data_dir = config.config.data_dir + "/demo-" + stamp();
  std::filesystem::create_directories(demo.data_dir);
  demo.log_path = demo.data_dir + "/server.log";
  const std::uint16_t port = free_ports(kFirstPort, 4);
  std::vector<std::string> arguments{"--data-dir",  demo.data_dir, "--engine-segment-mib", "16",
                                     "--log-level", "warn",        "--no-setup-link"};
  unsigned offset = 0;
  for (const char* name : {"general", "rush", "admin", "sandbox"}) {
    arguments.push_back(fmt::format("--listen-{}", name));
    arguments.push_back(fmt::format("127.0.0.1:{}", port + offset++));
  }
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  if (auto s = demo.server.start(program, arguments, demo.data_dir, demo.log_path, Millis{30'000});
      s.has_error()) {
    return s;
  }
  Config of_demo = config.config;
  of_demo.data_dir = demo.data_dir;
  auto token = local_staff_token(of_demo);
  if (token.has_error()) return token.error();
  demo.token = *token;
  return {};
}

// Applies a sale file with some of its keys replaced, and announces it.
Status apply_sale(const Demo& demo, const std::string& path, const json::object& changes) {
  std::ifstream in(path);
  if (!in) return rejected(fmt::format("cannot read {}", path));
  boost::system::error_code ec;
  json::value sale = json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, ec);
  if (ec || !sale.is_object()) return invalid(path + " is not a sale file");
  for (const auto& [key, value] : changes) sale.as_object()[key] = value;
  const std::string base =
      demo.url("admin") + "/api/v1/admin/sales/" + json::value_to<std::string>(sale.at("sale"));
  const auto applied = http_call("PUT", base, json::serialize(sale), demo.token);
  if (applied.has_error()) return applied.error();
  if (applied->status / 100 != 2) return rejected(fmt::format("{}: {}", path, applied->body));
  const auto announced = http_call("POST", base + "/acts", R"({"act":"announce"})", demo.token);
  if (announced.has_error()) return announced.error();
  if (announced->status / 100 != 2) return rejected(fmt::format("{}: {}", path, announced->body));
  return {};
}

crowd::CrowdConfig crowd_of(const Demo& demo, const DemoOptions& options) {
  crowd::CrowdConfig c;
  c.answers = demo.answers;
  c.sale = "618";
  c.rush = host_of(demo.url("rush"));
  c.general = host_of(demo.url("general"));
  c.admin = host_of(demo.url("admin"));
  c.staff_token = demo.token;
  c.seed = options.seed;
  c.shoppers = options.shoppers;
  c.listeners = 300;
  c.mix.repeat_clickers = 15;
  c.mix.refreshers = 10;
  c.mix.abandoners = 20;
  c.mix.late_payers = 4;
  c.mix.duplicate_payers = 4;
  c.items = {{"power-bank", 95, 1}, {"phone", 5, 1}};
  c.arrival_window = Millis{12'000};
  c.think_max = Millis{1'500};
  c.leave = 0.1;
  c.standby_poll = Millis{1'500};  // a turn lasts for seconds only
  c.standby_sockets_max = 1'000;
  c.time_limit = Millis{120'000};
  return c;
}

// Runs the crowd with a live line; true if every promise was kept.
bool play(const Demo& demo, const DemoOptions& options) {
  auto report = [&] {
    crowd::LiveLine line(stdout);
    return crowd::run_crowd(
        crowd_of(demo, options), [&](const crowd::Progress& p) { line.show(p); }, &interrupted());
  }();
  if (report.has_error()) {
    std::fprintf(stderr, "onrush: the crowd could not run: %s\n", report.error().message.c_str());
    return false;
  }
  std::printf("%s\n", crowd::render_text(*report, crowd::wants_colour(stdout)).c_str());
  return report->exit_status() == 0;
}

// What the public document says of the draw: the commitment before the opening, all of it after.
Result<json::object> draw_document(const Demo& demo) {
  const auto answer = http_call("GET", demo.url("rush") + "/api/v1/sales/618/draw");
  if (answer.has_error()) return answer.error();
  boost::system::error_code ec;
  json::value value = json::parse(answer->body, ec);
  if (answer->status != 200 || ec || !value.is_object()) return rejected("no document of the draw");
  return value.as_object();
}

std::string_view member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view{value->get_string()} : "";
}

// By what is published alone, as anybody can: the secret is the one that was committed to before
// anybody came, and with the lobby's entries it gives the seed of the places.
bool verify_draw(const Demo& demo, std::string_view committed) {
  const auto document = draw_document(demo);
  if (document.has_error() || member(*document, "commitment") != committed) {
    std::fprintf(stderr, "onrush: the draw is not the one that was committed to\n");
    return false;
  }
  DrawOptions draw;
  draw.url = demo.url("rush");
  draw.sale = "618";
  return run_draw_verify(draw) == kOk;
}

// The sale must end with every unit paid for: none oversold, none left over while people waited.
bool sold_out(const Demo& demo) {
  const auto answer =
      http_call("GET", demo.url("admin") + "/api/v1/admin/sales/618", "", demo.token);
  if (answer.has_error() || answer->status != 200) return false;
  const auto sale = json::parse(answer->body);
  bool all = true;
  for (const auto& item : sale.at("items").as_array())
    all = all && item.at("paid") == item.at("stock");
  return all;
}

Result<std::string> setup_link(const LoadedConfig& config, const Demo& demo) {
  Config of_demo = config.config;
  of_demo.data_dir = demo.data_dir;
  const auto secret = master_secret(of_demo, false);
  if (secret.has_error()) return secret.error();
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::setup;
  claims.role = ports::Role::owner;
  claims.issued_at = ports::SystemClock().now();
  claims.expires_at = claims.issued_at + std::chrono::hours(24);
  accounts::Tokens tokens(accounts::KeyRing::derive(*secret));
  return demo.url("admin") + "/setup?token=" + tokens.sign(claims);
}

int keep_serving(const LoadedConfig& config, Demo& demo, const DemoOptions& options) {
  const auto applied = apply_sale(demo, options.examples_dir + "/concert-general.json",
                                  {{"opens_at", "+1m"}, {"hold_seconds", 120}});
  if (applied.has_error()) std::fprintf(stderr, "onrush: %s\n", applied.error().message.c_str());
  const auto link = setup_link(config, demo);
  std::printf(
      "\nStill serving. A concert opens in a minute: try to get a ticket in your browser.\n\n");
  std::printf("  shop           %s/s/concert-general\n", demo.url("general").c_str());
  std::printf("  admin console  %s\n",
              link.has_value() ? link->c_str() : demo.url("admin").c_str());
  std::printf("  API document   %s/openapi.json\n", demo.url("general").c_str());
  std::printf("  metrics        %s/metrics\n", demo.url("admin").c_str());
  std::printf("  data, log      %s\n\nStop it with Ctrl-C.\n", demo.data_dir.c_str());
  std::fflush(stdout);
  while (!interrupted() && demo.server.running()) std::this_thread::sleep_for(Millis{200});
  return demo.server.stop(Millis{15'000}) == 0 ? kOk : kFailure;
}

}  // namespace

int run_demo(const LoadedConfig& config, const DemoOptions& options) {
  stop_on({SIGINT, SIGTERM});

  Demo demo;
  const unsigned lobby_seconds = options.once ? kLobbySecondsOnce : kLobbySeconds;
  auto ready = start_server(config, demo);
  if (ready.has_value()) {
    ready = apply_sale(
        demo, options.examples_dir + "/618.json",
        {{"opens_at", fmt::format("+{}s", lobby_seconds)}, {"hold_seconds", kHoldSeconds}});
  }
  auto answers = question_answers(options.examples_dir + "/618.json");
  if (ready.has_value() && answers.has_error()) ready = answers.error();
  const auto committed = ready.has_value() ? draw_document(demo) : ready.error();
  if (ready.has_value() && committed.has_error()) ready = committed.error();
  if (ready.has_error())
    return std::fprintf(stderr, "onrush: %s\n", ready.error().message.c_str()), kEnvironment;
  demo.answers = std::move(*answers);

  std::printf(
      "The 618 sale: 1,000 power banks and 10 phones, %u shoppers, %u s to pay.\n"
      "Its lobby is open; it opens in %u s, and then lots are drawn for the places in line.\n"
      "The draw's secret is committed to by SHA-256 %s\n"
      "Be one of them at %s/s/618\n\n",
      options.shoppers, kHoldSeconds, lobby_seconds,
      std::string(member(*committed, "commitment")).c_str(), demo.url("general").c_str());
  std::fflush(stdout);
  const bool kept = play(demo, options);
  if (interrupted()) return demo.server.stop(Millis{15'000}), kFailure;
  const bool all_paid = sold_out(demo);
  if (!all_paid) std::fprintf(stderr, "onrush: not every unit of the sale is paid for\n");
  const bool drawn = verify_draw(demo, member(*committed, "commitment"));
  if (options.once && demo.server.stop(Millis{15'000}) != 0) {
    std::fprintf(stderr, "onrush: the server did not stop cleanly, see %s\n",
                 demo.log_path.c_str());
    return kFailure;
  }
  const int audited = run_audit(demo.data_dir, false);
  if (audited != kOk) return audited;
  if (!kept || !all_paid || !drawn) return kFailure;
  return options.once ? kOk : keep_serving(config, demo, options);
}

}  // namespace onrush::app
