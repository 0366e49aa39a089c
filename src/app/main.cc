// The command line: parse, load the settings, hand over to a subcommand.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "app/commands.h"
#include "app/version.h"

namespace onrush::app {
namespace {

struct CommandLine {
  CLI::App app{"Onrush sells limited stock to a crowd, each unit exactly once.", "onrush"};
  std::string config_file;
  std::map<std::string, std::string> flags;  // setting → value, only those that were given
  std::function<int(const LoadedConfig&)> chosen;

  // One flag for each setting; the table in config.cc is the only list of them.
  void add_settings() {
    app.add_option("--config", config_file,
                   "settings file (default: ./onrush.toml if it is there)");
    for (const auto& s : setting_names()) {
      const std::string shown =
          s.default_value.empty() ? s.help : s.help + " [" + s.default_value + "]";
      app.add_option_function<std::string>(
             s.flag, [this, name = s.name](const std::string& value) { flags[name] = value; },
             shown)
          ->group("Settings");
    }
  }
};

void add_staff_options(CLI::App* command, StaffCall& call) {
  command->add_option("--admin", call.admin_url, "URL of the admin listener");
  command
      ->add_option("--token", call.token,
                   "staff token (default: signed with the data directory's key)")
      ->envname("ONRUSH_STAFF_TOKEN");
  command->add_flag("--json", call.json, "print the server's JSON");
}

void add_server_commands(CommandLine& line) {
  static std::vector<std::string> sale_files;
  static bool setup_link = true;
  auto* serve = line.app.add_subcommand("serve", "run the server");
  serve->add_option("--sale", sale_files,
                    "sale file to define and announce, if it is not there yet");
  serve->add_flag("--setup-link,!--no-setup-link", setup_link,
                  "print a one-time link for the first owner");
  serve->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_serve(c, sale_files, setup_link); };
  });

  static DemoOptions demo;
  auto* play =
      line.app.add_subcommand("demo", "play the 618 sale with a synthetic crowd, then audit it");
  play->add_option("--examples", demo.examples_dir, "folder of the sale files");
  play->add_flag("--once", demo.once, "end after the audit instead of serving on");
  play->add_option("--shoppers", demo.shoppers, "size of the crowd")
      ->check(CLI::Range(1'000, 1'000'000));
  play->add_option("--seed", demo.seed, "of the crowd");
  play->callback(
      [&line] { line.chosen = [](const LoadedConfig& c) { return run_demo(c, demo); }; });
}

void add_offline_commands(CommandLine& line) {
  static CheckOptions check;
  auto* command =
      line.app.add_subcommand("check", "check the settings and sale files; starts nothing");
  command->add_option("file", check.sale_files, "sale files");
  command->add_flag("--json", check.json, "as JSON");
  command->callback(
      [&line] { line.chosen = [](const LoadedConfig& c) { return run_check(c, check); }; });

  static bool show_json = false;
  auto* config = line.app.add_subcommand("config", "the settings")->require_subcommand(1);
  auto* show = config->add_subcommand("show", "each setting with its value and where it came from");
  show->add_flag("--json", show_json, "as JSON");
  show->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_config_show(c, show_json); };
  });

  static TokenOptions token;
  auto* mint = line.app.add_subcommand("token", "sign a token with the data directory's key");
  mint->add_option("kind", token.kind, "staff or buyer")->check(CLI::IsMember({"staff", "buyer"}));
  mint->add_option("--role", token.role, "of staff")
      ->check(CLI::IsMember({"viewer", "operator", "owner"}));
  mint->add_option("--buyer", token.buyer, "account id of a buyer");
  mint->add_option("--valid-seconds", token.valid_seconds, "life of the token")
      ->check(CLI::Range(1, 31'536'000));
  mint->callback(
      [&line] { line.chosen = [](const LoadedConfig& c) { return run_token(c, token); }; });

  static std::string directory;
  static bool audit_json = false;
  auto* audit =
      line.app.add_subcommand("audit", "prove from a journal that nothing was sold twice");
  audit->add_option("directory", directory, "data directory (default: the one of the settings)");
  audit->add_flag("--json", audit_json, "as JSON");
  audit->callback([&line] {
    line.chosen = [](const LoadedConfig& c) {
      return run_audit(directory.empty() ? c.config.data_dir : directory, audit_json);
    };
  });

  static DrawOptions draw;
  auto* draws = line.app.add_subcommand("draw", "draws of waiting lines")->require_subcommand(1);
  auto* verify = draws->add_subcommand("verify", "prove a published draw; needs no server");
  auto* document =
      verify->add_option("--document", draw.document, "file: the draw as a sale publishes it");
  verify->add_option("--entries", draw.entries, "files: its entries, page after page");
  auto* url = verify->add_option("--url", draw.url, "or: base URL of the shop to fetch both from")
                  ->excludes(document);
  verify->add_option("--sale", draw.sale, "id of the sale to fetch")->needs(url);
  verify->add_option("--buyer", draw.buyer, "also tell the place of this account");
  verify->add_flag("--json", draw.json, "as JSON");
  verify->callback(
      [&line] { line.chosen = [](const LoadedConfig&) { return run_draw_verify(draw); }; });

  auto* rebuild = line.app.add_subcommand("rebuild", "make the read model anew from the journal");
  rebuild->callback([&line] { line.chosen = run_rebuild; });
  auto* dump = line.app.add_subcommand("dump", "print the rows of the read model, for comparing");
  dump->callback([&line] { line.chosen = run_dump; });
  static std::string target;
  auto* backup = line.app.add_subcommand("backup", "copy journal and databases to an empty folder");
  backup->add_option("target", target, "the folder")->required();
  backup->callback(
      [&line] { line.chosen = [](const LoadedConfig& c) { return run_backup(c, target); }; });
  auto* version = line.app.add_subcommand("version", "print the version");
  version->callback([&line] {
    line.chosen = [](const LoadedConfig&) {
      return std::printf("onrush %s\n", kVersion), int{kOk};
    };
  });
}

void add_crowd_command(CommandLine& line) {
  static CrowdOptions o;
  auto* crowd = line.app.add_subcommand(
      "crowd", "a synthetic crowd against a running server on this machine");
  crowd->add_option("--sale", o.sale, "id of the sale")->required();
  crowd->add_option("--shoppers", o.shoppers, "how many")->check(CLI::Range(1, 2'000'000));
  crowd->add_option("--seconds-max", o.seconds_max, "end at the latest")
      ->check(CLI::Range(1, 86'400));
  crowd->add_option("--ramp-ms", o.ramp_ms, "arrivals spread after the opening")
      ->check(CLI::Range(1, 3'600'000));
  const auto share = [crowd](const char* name, double& value, const char* help) {
    crowd->add_option(name, value, help)->check(CLI::Range(0.0, 1.0));
  };
  share("--abandon", o.abandon, "share who hold and never pay");
  share("--leave", o.leave, "share who leave the line or never claim their turn");
  share("--bots", o.bots, "share of accounts run by scripts: first, and each request many times");
  share("--ignore-filter", o.ignore_filter,
        "share of changed clients that ask in every slot of the filter");
  crowd->add_option("--bot-speed", o.bot_speed, "how often these ask, a second")
      ->check(CLI::Range(1, 200));
  crowd->add_option("--lobby-percent", o.lobby_percent, "of the people: in line before the opening")
      ->check(CLI::Range(0, 100));
  crowd->add_option("--think-ms", o.think_ms, "people act within this time at the latest")
      ->check(CLI::Range(200, 600'000));
  crowd->add_option("--answers", o.answers, "sale file that has the answers to its questions")
      ->check(CLI::ExistingFile);
  crowd->add_option("--listeners", o.listeners, "WebSocket listeners")
      ->check(CLI::Range(0, 15'000));
  crowd->add_option("--seed", o.seed, "of everything random");
  crowd->add_option("--preset", o.preset, "mixed, or honest (everybody pays)")
      ->check(CLI::IsMember({"mixed", "honest"}));
  crowd->add_option("--record", o.record, "file for one JSON line per acknowledged answer");
  crowd->add_option("--reconnect-seconds", o.reconnect_seconds,
                    "keep trying a server that went away");
  add_staff_options(crowd, o.staff);
  crowd->callback([&line] {
    line.chosen = [](const LoadedConfig& c) {
      o.json = o.staff.json;
      return run_crowd_command(c, o);
    };
  });
}

void add_line_commands(CommandLine& line, CLI::App& group, const StaffCall& call) {
  static std::string sale, value, en, zh;
  static unsigned rate = 0;
  auto* set_rate = group.add_subcommand("rate", "passes a second that the sale's line aims at");
  set_rate->add_option("sale", sale, "its id")->required();
  set_rate->add_option("rate", rate, "passes a second")->required();
  set_rate->callback([&line, &call] {
    line.chosen = [&call](const LoadedConfig& c) { return run_sale_rate(c, call, sale, rate); };
  });
  auto* beacon = group.add_subcommand("beacon", "a public value that goes into the sale's draw");
  beacon->add_option("sale", sale, "its id")->required();
  beacon->add_option("value", value, "the value")->required();
  beacon->callback([&line, &call] {
    line.chosen = [&call](const LoadedConfig& c) { return run_sale_beacon(c, call, sale, value); };
  });
  auto* notice = group.add_subcommand("notice", "what everybody in the sale is shown");
  notice->add_option("sale", sale, "its id")->required();
  notice->add_option("text", en, "English; \"\" takes the notice away")->required();
  notice->add_option("--zh", zh, "Chinese");
  notice->callback([&line, &call] {
    line.chosen = [&call](const LoadedConfig& c) { return run_sale_notice(c, call, sale, en, zh); };
  });
}

void add_sale_commands(CommandLine& line) {
  static StaffCall call;
  static std::string sale, file, reason, item;
  static unsigned count = 0;
  static bool announce = false;
  auto* group = line.app.add_subcommand("sale", "sales of a running server")->require_subcommand(1);
  add_staff_options(group, call);
  group->add_subcommand("list", "all sales")->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_sale_list(c, call); };
  });
  auto* show = group->add_subcommand("show", "live numbers of one sale");
  show->add_option("sale", sale, "its id")->required();
  show->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_sale_show(c, call, sale); };
  });
  auto* apply = group->add_subcommand("apply", "define a sale from its file");
  apply->add_option("file", file, "sale file")->required();
  apply->add_flag("--announce", announce, "and announce it");
  apply->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_sale_apply(c, call, file, announce); };
  });
  for (const char* act : {"announce", "open", "pause", "resume", "close", "cancel"}) {
    auto* command = group->add_subcommand(act, std::string(act) + " a sale");
    command->add_option("sale", sale, "its id")->required();
    command->add_option("--reason", reason, "for the log of acts");
    command->callback([&line, act] {
      line.chosen = [act](const LoadedConfig& c) {
        return run_sale_act(c, call, sale, act, reason);
      };
    });
  }
  auto* restock = group->add_subcommand("restock", "add units to an item");
  restock->add_option("sale", sale, "its id")->required();
  restock->add_option("item", item, "the item's id")->required();
  restock->add_option("count", count, "how many")->required()->check(CLI::Range(1, 10'000'000));
  restock->callback([&line] {
    line.chosen = [](const LoadedConfig& c) {
      return run_sale_restock(c, call, sale, item, count);
    };
  });
  add_line_commands(line, *group, call);
}

void add_order_commands(CommandLine& line) {
  static StaffCall call;
  static std::string sale, state, text, order, reason;
  auto* group =
      line.app.add_subcommand("orders", "orders of a running server")->require_subcommand(1);
  add_staff_options(group, call);
  auto* list = group->add_subcommand("list", "orders, newest first");
  list->add_option("--sale", sale, "of one sale");
  list->add_option("--state", state, "awaiting_payment, paid, refunded, …");
  list->add_option("--text", text, "words to find");
  list->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_orders_list(c, call, sale, state, text); };
  });
  auto* refund = group->add_subcommand("refund", "refund a paid order; its units come back");
  refund->add_option("order", order, "its id")->required();
  refund->add_option("--reason", reason, "for the log of acts")->required();
  refund->callback([&line] {
    line.chosen = [](const LoadedConfig& c) { return run_orders_refund(c, call, order, reason); };
  });
}

int main_checked(int argc, char** argv) {
  CommandLine line;
  line.app.require_subcommand(1);
  line.app.fallthrough();
  line.add_settings();
  add_server_commands(line);
  add_offline_commands(line);
  add_crowd_command(line);
  add_sale_commands(line);
  add_order_commands(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return line.app.exit(e) == 0 ? kOk : kUsage;
  }
  const auto config = load_config(line.config_file, line.flags);
  if (config.has_error()) {
    std::fprintf(stderr, "onrush: %s\n", config.error().message.c_str());
    return kUsage;
  }
  return line.chosen(*config);
}

}  // namespace
}  // namespace onrush::app

int main(int argc, char** argv) {
  try {
    return onrush::app::main_checked(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "onrush: %s\n", e.what());
    return onrush::app::kFailure;
  }
}
