#include "app/shop.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "accounts/accounts.h"
#include "accounts/tokens.h"
#include "adapters/journal_file/posix_storage.h"
#include "adapters/payment_sandbox/sandbox_provider.h"
#include "adapters/payment_sandbox/sandbox_server.h"
#include "adapters/smtp/smtp_mailer.h"
#include "adapters/sql/sql_stores.h"
#include "app/child_server.h"
#include "app/master_key.h"
#include "app/openapi_document.h"
#include "app/page_store.h"
#include "app/public_urls.h"
#include "app/rate_limit_settings.h"
#include "app/sandbox_service.h"
#include "app/server_metrics.h"
#include "app/smtp_settings.h"
#include "app/text_file.h"
#include "app/version.h"
#include "base/hex.h"
#include "base/hkdf.h"
#include "checkout/payment_desk.h"
#include "edge/api/api_metrics.h"
#include "edge/api/blocking_pool.h"
#include "edge/api/draw_secret.h"
#include "edge/api/edge_events.h"
#include "edge/api/service.h"
#include "edge/api/staff_roles.h"
#include "edge/http/server.h"
#include "engine/engine.h"
#include "engine/projector.h"
#include "notify/mail_sender.h"
#include "sale/sale_file.h"

namespace onrush::app {
namespace {

constexpr Millis kOfficeTimeout{10'000};
constexpr std::uint64_t kReadinessLagMax = 200'000;  // events that the read model may be behind

// Keys of the sandbox provider and of challenges, made from the master secret so that there is
// nothing to configure.
std::string derived_key(const std::string& master, std::string_view purpose,
                        std::string_view salt = "onrush sandbox") {
  std::array<std::byte, 32> key{};
  hkdf_sha256(std::as_bytes(std::span(master)), std::as_bytes(std::span(salt)), purpose, key);
  return to_hex(key);
}

Status write_private_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    std::filesystem::permissions(
        temporary, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    out << text;
    if (!out.flush()) return rejected(fmt::format("cannot write {}", temporary));
  }
  std::error_code ec;
  std::filesystem::rename(temporary, path, ec);
  if (ec) return rejected(fmt::format("cannot rename to {}: {}", path, ec.message()));
  return {};
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Shop::Parts {
  Parts(const Config& c, Log& l) : config(c), log(l) {}

  const Config config;
  Log& log;
  ports::SystemClock clock;
  std::string master;
  accounts::KeyRing keys;
  std::unique_ptr<adapters::PosixStorage> storage;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<sql::ReadModel> read_model;
  std::unique_ptr<sql::Accounts> account_store;
  std::unique_ptr<ports::MailOutbox> outbox;
  std::unique_ptr<engine::Projector> projector;

  std::unique_ptr<live::SaleDirectory> directory;
  std::unique_ptr<live::LiveHub> hub;
  api::KnownBuyers known_buyers;
  std::unique_ptr<api::FrontDoor> front_door;  // when the master secret is known
  api::SaleRates rates;
  api::DrawLeaves draw_leaves;
  std::unique_ptr<api::EdgeEvents> edge_events;

  // Before what answers through them, so after it in destruction: late answers still name their
  // workers.
  std::unique_ptr<http::Server> general, rush, admin, sandbox_listener;
  std::string general_url, rush_url, admin_url, sandbox_url;

  std::unique_ptr<accounts::Accounts> accounts;
  std::unique_ptr<payment_sandbox::SandboxServer> sandbox;
  std::unique_ptr<ports::PaymentProvider> provider;
  std::unique_ptr<checkout::PaymentDesk> desk;
  std::unique_ptr<ports::Mailer> mailer;
  std::unique_ptr<notify::MailSender> mail_sender;
  std::unique_ptr<api::BlockingPool> blocking, sandbox_pool;

  api::ApiConfig api_config;
  api::ApiMetrics api_metrics;
  api::StaffRoles staff_roles;
  api::RateLimits rate_limits{rate_limits_of(config), random_seed()};
  std::unique_ptr<api::Challenges> challenges;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables;
  std::unique_ptr<api::ApiContext> context;
  std::atomic<bool> draining{false};
  bool started = false;
  bool stopped = false;

  Status recover(const std::function<void(const std::string&)>& on_failure);
  Status open_databases();
  void fill_known_buyers();
  Status listen();
  Status open_payments();
  Status open_mail();
  void make_context();
  Status listen_one(std::unique_ptr<http::Server>& server, std::string name,
                    const Endpoint& endpoint, unsigned workers, http::Server::MakeService make);
  [[nodiscard]] api::Readiness readiness() const;
  [[nodiscard]] Result<sale::SaleSummary> summary(sale::SaleNo sale) const;
};

Status Shop::Parts::recover(const std::function<void(const std::string&)>& on_failure) {
  std::error_code ec;
  std::filesystem::create_directories(config.data_dir, ec);
  if (ec) return rejected(fmt::format("cannot make {}: {}", config.data_dir, ec.message()));
  auto opened = adapters::PosixStorage::open_directory(config.data_dir);
  if (opened.has_error()) return opened.error();
  storage = std::move(*opened);

  engine::EngineConfig ec_config;
  ec_config.rush_capacity = config.intake_rush;
  ec_config.reserved_capacity = config.intake_reserved;
  ec_config.sync_interval = std::chrono::microseconds(config.commit_interval_us);
  ec_config.segment_bytes = std::uint64_t{config.segment_mib} << 20;
  ec_config.snapshot_every_events = config.snapshot_events;
  ec_config.on_failure = on_failure;
  auto engine_opened = engine::Engine::open(std::move(ec_config), *storage, clock);
  if (engine_opened.has_error()) return engine_opened.error();
  engine = std::move(*engine_opened);

  const auto& r = engine->recovery();
  log.info("recovered", {{"events", std::to_string(r.last_seq)},
                         {"replayed", std::to_string(r.events_replayed)},
                         {"snapshot", std::to_string(r.snapshot_seq)},
                         {"milliseconds", std::to_string(r.took.count())}});
  if (r.torn) {
    log.write(LogLevel::warn, "torn_tail_dropped",
              {{"file", r.torn->file},
               {"offset", std::to_string(r.torn->offset)},
               {"bytes", std::to_string(r.torn->bytes)}});
  }
  for (const auto& problem : r.snapshot_problems)
    log.write(LogLevel::warn, "snapshot_not_used", {{"why", problem}});

  // The key is made under the engine's lock on the directory, so that two processes cannot make
  // two.
  auto secret = master_secret(config, true);
  if (secret.has_error()) return secret.error();
  master = *secret;
  keys = accounts::KeyRing::derive(master, config.previous_master_secret);
  return {};
}

Status Shop::Parts::open_databases() {
  const sql::SqlOptions options{config.data_dir, 4, Millis{3'000}};
  auto model = sql::open_read_model(options);
  if (model.has_error()) return model.error();
  read_model = std::move(*model);
  auto stored_accounts = sql::open_accounts(options);
  if (stored_accounts.has_error()) return stored_accounts.error();
  account_store = std::move(*stored_accounts);
  auto mails = sql::open_mail_outbox(options, *read_model, *account_store);
  if (mails.has_error()) return mails.error();
  outbox = std::move(*mails);
  return {};
}

// Whoever has something already must never be told "sold out" from a latch; see known_buyers.h.
void Shop::Parts::fill_known_buyers() {
  const auto reader = engine->reader(1);
  ports::JournalBatch batch;
  while (true) {
    const auto more = reader->next(batch);
    if (more.has_error() || !*more) return;
    known_buyers.on_events(batch.first_seq, batch.at, batch.events);
  }
}

Status Shop::Parts::listen_one(std::unique_ptr<http::Server>& server, std::string name,
                               const Endpoint& endpoint, unsigned workers,
                               http::Server::MakeService make) {
  http::ServerConfig c;
  c.name = std::move(name);
  c.address = endpoint.address;
  c.port = endpoint.port;
  c.workers = workers;
  auto listening = http::Server::listen(std::move(c), std::move(make));
  if (listening.has_error()) return listening.error();
  server = std::move(*listening);
  return {};
}

Status Shop::Parts::listen() {
  if (auto s =
          listen_one(general, "general", config.general, config.general_workers,
                     [this](http::Worker& w) { return api::make_general_service(*context, w); });
      s.has_error()) {
    return s;
  }
  if (auto s = listen_one(rush, "rush", config.rush, config.rush_workers,
                          [this](http::Worker& w) { return api::make_rush_service(*context, w); });
      s.has_error()) {
    return s;
  }
  if (auto s = listen_one(admin, "admin", config.admin, 1,
                          [this](http::Worker& w) { return api::make_admin_service(*context, w); });
      s.has_error()) {
    return s;
  }
  if (auto s = listen_one(
          sandbox_listener, "sandbox", config.sandbox, 1,
          [this](http::Worker&) { return make_sandbox_service(*sandbox, *sandbox_pool); });
      s.has_error()) {
    return s;
  }
  general_url = url_of(config.public_general_url, config.general, general->port());
  rush_url = url_of(config.public_rush_url, config.rush, rush->port());
  admin_url = url_of(config.public_admin_url, config.admin, admin->port());
  sandbox_url = url_of(config.public_sandbox_url, config.sandbox, sandbox_listener->port());
  return {};
}

Status Shop::Parts::open_payments() {
  const std::string api_key = derived_key(master, "sandbox api key");
  const std::string callback_secret = derived_key(master, "sandbox callback secret");
  // The provider's own address, not the public one: the two ends of it are in this process.
  const std::string local =
      "http://" + to_string(Endpoint{config.sandbox.address, sandbox_listener->port()});

  payment_sandbox::ServerConfig server;
  server.api_key = api_key;
  server.public_url = sandbox_url;
  server.file = config.data_dir + "/sandbox.payments";
  server.courier.url = "http://" + to_string(Endpoint{config.general.address, general->port()}) +
                       "/api/v1/payments/sandbox/callback";
  server.courier.secret = callback_secret;
  auto opened = payment_sandbox::SandboxServer::open(std::move(server), clock);
  if (opened.has_error()) return opened.error();
  sandbox = std::move(*opened);
  // For whoever compares the provider's books with the journal's.
  if (auto s = write_private_file(config.data_dir + "/sandbox.key", api_key + "\n"); s.has_error())
    return s;

  provider = std::make_unique<payment_sandbox::SandboxProvider>(
      payment_sandbox::ProviderConfig{local, api_key, callback_secret, Millis{5'000}});
  checkout::PaymentDesk::Describe describe;
  const auto sale_of = [this](sale::SaleNo no) { return directory->current()->find(no); };
  describe.description = [sale_of](const sale::OrderView& order) {
    const auto* entry = sale_of(order.sale);
    if (entry == nullptr) return std::string("Order");
    // The provider's page shows it to a shopper whose language we do not know here.
    const sale::Text& title = entry->rules->title;
    return title.zh.empty() || title.zh == title.en ? title.en
                                                    : fmt::format("{} · {}", title.en, title.zh);
  };
  describe.return_url = [this](const sale::OrderView& order) {
    return fmt::format("{}/order/{}", general_url, order.order.value());
  };
  describe.currency = [sale_of](sale::SaleNo no) {
    const auto* entry = sale_of(no);
    return entry == nullptr ? std::string("EUR") : entry->rules->currency;
  };
  checkout::DeskPolicy policy;
  policy.ask_again_after = Millis{config.payment_ask_again_ms};
  desk = std::make_unique<checkout::PaymentDesk>(*engine, *provider, *read_model, clock,
                                                 std::move(describe), policy);
  return {};
}

Status Shop::Parts::open_mail() {
  if (config.smtp_url.empty()) return {};
  auto options = smtp_options(config);
  if (options.has_error()) return options.error();
  auto opened = smtp::open_smtp_mailer(std::move(*options), clock);
  if (opened.has_error()) return opened.error();
  mailer = std::move(*opened);
  notify::MailPolicy policy;
  policy.shop_url = general_url;
  policy.report = [this](const std::string& line) { log.info("mail", {{"what", line}}); };
  mail_sender = std::make_unique<notify::MailSender>(*outbox, *account_store, *mailer, clock,
                                                     std::move(policy));
  return {};
}

api::Readiness Shop::Parts::readiness() const {
  if (draining) return {false, "draining"};
  if (!started) return {false, "starting"};
  const auto m = engine->metrics();
  if (m.failed) return {false, "the journal cannot be written"};
  if (m.low_on_space) return {false, "no disk space for the journal"};
  if (projector->failed()) return {false, "the read model does not follow the journal"};
  if (engine->durable_seq() > projector->position() + kReadinessLagMax)
    return {false, "the read model is behind"};
  return {true, ""};
}

Result<sale::SaleSummary> Shop::Parts::summary(sale::SaleNo sale) const {
  for (auto& s : engine->summaries()) {
    if (s.sale == sale) return std::move(s);
  }
  return invalid("there is no such sale");
}

void Shop::Parts::make_context() {
  challenges = std::make_unique<api::Challenges>(
      derived_key(master, "proof of work v1", "onrush challenge"), random_seed());
  api_config.public_origin = origin_of(general_url);
  api_config.rush_origin = origin_of(rush_url);
  api_config.admin_origin = origin_of(admin_url);
  // The same listeners by the name that people type.
  api_config.more_origins = localhost_alias(api_config.public_origin);
  api_config.more_admin_origins = localhost_alias(api_config.admin_origin);
  api_config.buyer_token_valid = std::chrono::minutes(config.session_minutes);
  api_config.staff_token_valid = std::chrono::minutes(config.session_minutes);
  api_config.refresh_token_valid = std::chrono::hours(24 * config.refresh_days);
  api_config.order_token_valid = std::chrono::minutes(config.order_token_minutes);
  api_config.version = kVersion;
  api_config.openapi_json = kOpenApiDocument;

  const auto servers = [this] {
    return std::vector<std::pair<std::string, const http::Server*>>{
        {"general", general.get()},
        {"rush", rush.get()},
        {"admin", admin.get()},
        {"sandbox", sandbox_listener.get()}};
  };
  collectables = {make_server_metrics({*engine, *projector, *outbox, *desk, *accounts, servers}),
                  std::make_shared<api::SaleMetrics>(*directory, *engine),
                  std::make_shared<api::BucketMetrics>(*directory, *front_door),
                  std::make_shared<api::LiveMetrics>(*hub)};

  const auto assets = [](api::Listener listener, std::string_view path) {
    return find_page_or_asset(listener, path);
  };
  const auto request_log = [this](const api::RequestLine& line) {
    // Refusals of the rush come by the hundred thousand; the metrics count them, the log shows
    // faults.
    const LogLevel level =
        line.status >= 500 && line.status != 503 ? LogLevel::error : LogLevel::debug;
    if (!log.enabled(level)) return;
    log.write(level, "request",
              {{"listener", std::string(to_string(line.listener))},
               {"method", std::string(line.method)},
               {"route", std::string(line.route)},
               {"status", std::to_string(line.status)},
               {"microseconds", std::to_string(line.duration.count())},
               {"trace_id", std::string(line.trace_id)},
               {"account", std::to_string(line.account)},
               {"code", std::string(line.code)}});
  };
  context = std::make_unique<api::ApiContext>(
      api::ApiContext{api_config,
                      *engine,
                      *read_model,
                      *accounts,
                      keys,
                      *desk,
                      *provider,
                      clock,
                      *directory,
                      *hub,
                      known_buyers,
                      rates,
                      *blocking,
                      assets,
                      [this](sale::SaleNo no) { return summary(no); },
                      [this] { return readiness(); },
                      request_log,
                      [this] { return collectables; },
                      api_metrics,
                      staff_roles,
                      rate_limits,
                      *front_door,
                      *challenges,
                      draw_leaves});
}

Shop::Shop(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Shop::~Shop() {
  stop();
}

Result<std::unique_ptr<Shop>> Shop::open(const Config& config, Log& log,
                                         std::function<void(const std::string&)> on_failure) {
  auto parts = std::make_unique<Parts>(config, log);
  Parts& p = *parts;
  if (auto s = p.recover(on_failure); s.has_error()) return s.error();
  std::filesystem::remove(config.data_dir + "/" + kEndpointsFile);
  if (auto s = p.open_databases(); s.has_error()) return s.error();

  p.directory = std::make_unique<live::SaleDirectory>(p.engine->summaries());
  p.hub = std::make_unique<live::LiveHub>(*p.engine, *p.directory, p.clock);
  p.fill_known_buyers();
  p.front_door = std::make_unique<api::FrontDoor>(derived_key(p.master, "front door"));
  p.edge_events = std::make_unique<api::EdgeEvents>(*p.directory, p.known_buyers, *p.hub, p.rates);
  p.engine->add_listener(*p.edge_events);
  p.blocking = std::make_unique<api::BlockingPool>(2, 1'024);
  p.sandbox_pool = std::make_unique<api::BlockingPool>(4, 8'192);
  accounts::PasswordPolicy passwords;
  passwords.threads = config.password_threads;
  passwords.queue_max = config.password_queue;
  p.accounts = std::make_unique<accounts::Accounts>(*p.account_store, p.clock, passwords);

  if (auto s = p.listen(); s.has_error()) return s.error();
  if (auto s = p.open_payments(); s.has_error()) return s.error();
  if (auto s = p.open_mail(); s.has_error()) return s.error();
  engine::ProjectorConfig projector;
  // Lists may lag a blink behind; many events in one transaction cost a third of one by one.
  projector.poll = Millis{50};
  projector.chunk_events_max = 20'000;
  projector.on_error = [&log](const Error& e) { log.error("projector", {{"error", e.message}}); };
  p.projector = std::make_unique<engine::Projector>(
      *p.read_model, [&p](std::uint64_t from) { return p.engine->reader(from); }, projector);
  p.make_context();
  p.engine->start();
  return std::unique_ptr<Shop>(new Shop(std::move(parts)));
}

Status Shop::apply_sale_files(const std::vector<std::string>& paths) {
  std::vector<sale::SaleRules> all;
  for (const auto& path : paths) {
    const auto text = read_text_file(path);
    if (text.has_error()) return text.error();
    auto rules = sale::parse_sale_file(*text, parts_->clock.now());
    if (rules.has_error()) return invalid(fmt::format("{}: {}", path, rules.error().message));
    all.push_back(std::move(*rules));
  }
  for (const auto& file : all) {
    if (parts_->directory->current()->find(file.key) != nullptr) continue;
    const sale::RulesPtr rules = api::with_draw_secret(file);
    const auto defined =
        ports::call(*parts_->engine, sale::command::DefineSale{rules, "start"}, kOfficeTimeout);
    if (defined.verdict != sale::Verdict::done)
      return rejected(fmt::format("{}: {}", rules->key, defined.message));
    const auto announced = ports::call(
        *parts_->engine,
        sale::command::ChangePhase{defined.sale, sale::command::PhaseAct::announce, "start", ""},
        kOfficeTimeout);
    if (announced.verdict != sale::Verdict::done)
      return rejected(fmt::format("{}: {}", rules->key, announced.message));
    parts_->log.info("sale_announced",
                     {{"sale", rules->key}, {"opens_at", to_rfc3339(rules->opens_at)}});
  }
  return {};
}

Status Shop::start() {
  Parts& p = *parts_;
  p.hub->start();
  p.desk->start();
  if (p.mail_sender) p.mail_sender->start();
  for (auto* server : {p.sandbox_listener.get(), p.general.get(), p.rush.get(), p.admin.get()})
    server->start();
  p.started = true;
  const boost::json::object urls{{"general", p.general_url},
                                 {"rush", p.rush_url},
                                 {"admin", p.admin_url},
                                 {"sandbox", p.sandbox_url}};
  p.log.info("serving", {{"general", p.general_url},
                         {"rush", p.rush_url},
                         {"admin", p.admin_url},
                         {"sandbox", p.sandbox_url}});
  return write_private_file(p.config.data_dir + "/" + kEndpointsFile, boost::json::serialize(urls));
}

void Shop::stop() {
  Parts& p = *parts_;
  if (std::exchange(p.stopped, true)) return;
  p.draining = true;
  const Millis grace = std::chrono::seconds(p.config.drain_seconds);
  std::error_code ec;
  std::filesystem::remove(p.config.data_dir + "/" + kEndpointsFile, ec);
  if (p.started) p.hub->say_goodbye(Millis{1'000});
  for (auto* server : {p.rush.get(), p.general.get(), p.admin.get()}) {
    if (server != nullptr) server->stop(grace);
  }
  if (p.mail_sender) p.mail_sender->stop();
  if (p.desk) p.desk->stop();
  if (p.sandbox_listener) p.sandbox_listener->stop(grace);
  p.hub->stop();
  p.blocking->stop();
  p.sandbox_pool->stop();
  p.accounts.reset();
  p.engine->stop();
  if (p.projector && !p.projector->wait_for(p.engine->durable_seq(), Millis{10'000})) {
    p.log.write(LogLevel::warn, "read_model_behind", {{"why", "it catches up at the next start"}});
  }
  if (p.projector) p.projector->stop();
  p.log.info("stopped", {{"events", std::to_string(p.engine->durable_seq())}});
}

std::string Shop::setup_link() {
  Parts& p = *parts_;
  const auto staff = p.account_store->staff();
  if (staff.has_error()) return "";
  for (const auto& account : *staff) {
    if (account.role == ports::Role::owner) return "";
  }
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::setup;
  claims.role = ports::Role::owner;
  claims.issued_at = p.clock.now();
  claims.expires_at = claims.issued_at + std::chrono::hours(24);
  accounts::Tokens tokens(p.keys);
  return p.admin_url + "/setup?token=" + tokens.sign(claims);
}

}  // namespace onrush::app
