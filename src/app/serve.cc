// `onrush serve`: the settings that may not be, signals, and a Shop.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "app/commands.h"
#include "app/log.h"
#include "app/shop.h"
#include "app/version.h"

namespace onrush::app {
namespace {

// As many files as the system gives: each shopper is one.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Status refuse_unsafe(const Config& c) {
  const bool beyond = !is_loopback(c.general) || !is_loopback(c.rush) || !is_loopback(c.sandbox);
  if (beyond && c.payment_provider == "sandbox" && !c.sandbox_beyond_loopback) {
    return invalid(
        "play money (payment.provider = sandbox) beyond loopback: anybody could pay nothing; "
        "set payment.sandbox-beyond-loopback = true if that is meant");
  }
  return {};
}

// Signals are waited for by the main thread only; every other thread inherits them blocked.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

int exit_code_of(const Error& error) {
  return error.kind == ErrorKind::invalid ? kUsage : kEnvironment;
}

// Until a signal ends it. SIGUSR1 is our own: the engine has failed, and what is in memory is worth
// nothing.
int wait_and_stop(const sigset_t& signals, Shop& shop, Log& log,
                  const std::function<void()>& reload) {
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGHUP) {
      reload();
      continue;
    }
    if (signal == SIGUSR1) {
      log.flush();
      std::_Exit(kFailure);
    }
    break;
  }
  log.info("stopping");
  std::atomic<bool> done{false};
  std::thread stopper([&] {
    shop.stop();
    done = true;
  });
  while (!done) {
    const timespec tick{0, 20'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &tick);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGUSR1) {
      log.error("forced");
      log.flush();
      std::_Exit(kFailure);
    }
  }
  stopper.join();
  return kOk;
}

}  // namespace

int run_serve(const LoadedConfig& loaded, const std::vector<std::string>& sale_files,
              bool print_setup_link) {
  const Config& config = loaded.config;
  if (const auto safe = refuse_unsafe(config); safe.has_error()) {
    return std::fprintf(stderr, "onrush: %s\n", safe.error().message.c_str()), kUsage;
  }
  raise_file_limit();
  const sigset_t signals = block_signals();
  Log log(config.log_level, config.log_format);
  log.info("starting", {{"version", kVersion}, {"data_dir", config.data_dir}});

  const auto main_thread = pthread_self();
  auto shop = Shop::open(config, log, [&log, main_thread](const std::string& why) {
    log.error("journal_failed", {{"why", why}});
    pthread_kill(main_thread, SIGUSR1);
  });
  const auto fail = [&log](const Error& e) {
    log.flush();
    std::fprintf(stderr, "onrush: %s\n", e.message.c_str());
    return exit_code_of(e);
  };
  if (shop.has_error()) return fail(shop.error());
  std::vector<std::string> files = config.sale_files;
  files.insert(files.end(), sale_files.begin(), sale_files.end());
  if (const auto s = (*shop)->apply_sale_files(files); s.has_error()) return fail(s.error());
  if (const auto s = (*shop)->start(); s.has_error()) return fail(s.error());
  if (print_setup_link) {
    if (const std::string link = (*shop)->setup_link(); !link.empty()) {
      std::printf("first owner: %s\n", link.c_str());
      std::fflush(stdout);
    }
  }
  // What can change while it runs: the log level. A file that has become wrong changes nothing.
  const auto reload = [&] {
    const auto again = load_config(loaded.file, loaded.flags);
    if (again.has_error()) return log.error("reload_refused", {{"why", again.error().message}});
    log.set_level(again->config.log_level);
    log.info("reloaded", {{"log_level", again->config.log_level}});
  };
  return wait_and_stop(signals, **shop, log, reload);
}

}  // namespace onrush::app
