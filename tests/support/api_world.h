// The whole edge on loopback: real servers and services over BookBoxOffice and in-memory stores.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

#include "edge/api/api_metrics.h"
#include "edge/api/context.h"
#include "edge/api/draw_secret.h"
#include "edge/api/edge_events.h"
#include "edge/api/service.h"
#include "edge/api/staff_roles.h"
#include "sale/sale_file.h"
#include "support/book_box_office.h"
#include "support/http_client.h"

namespace onrush::test {

class ManualClock final : public ports::Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return from_millis(now_.load()); }
  void advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'800'000'000'000};
};

class MemoryAccounts final : public ports::AccountStore {
 public:
  Result<ports::Account> create(ports::Account account) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, known] : accounts_) {
      if (known.email == account.email) return rejected("taken");
    }
    account.id = sale::BuyerId{next_++};
    return accounts_[account.id.value()] = account;
  }
  Result<std::optional<ports::Account>> find_by_email(const std::string& email) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, known] : accounts_) {
      if (known.email == email) return std::optional(known);
    }
    return std::optional<ports::Account>{};
  }
  Result<std::optional<ports::Account>> find(sale::BuyerId id) override {
    const std::lock_guard lock(mutex_);
    const auto at = accounts_.find(id.value());
    return at == accounts_.end() ? std::optional<ports::Account>{} : std::optional(at->second);
  }
  Result<std::vector<ports::Account>> staff() override {
    const std::lock_guard lock(mutex_);
    std::vector<ports::Account> staff;
    for (const auto& [id, known] : accounts_) {
      if (known.role != ports::Role::buyer) staff.push_back(known);
    }
    return staff;
  }
  Status set_role(sale::BuyerId id, ports::Role role) override {
    const std::lock_guard lock(mutex_);
    accounts_[id.value()].role = role;
    return {};
  }
  Status set_password(sale::BuyerId id, const std::string& hash) override {
    const std::lock_guard lock(mutex_);
    accounts_[id.value()].password_hash = hash;
    return {};
  }
  Result<sale::BuyerId> reserve_ids(std::uint64_t count) override {
    const std::lock_guard lock(mutex_);
    next_ += count;
    return sale::BuyerId{next_ - count};
  }

 private:
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, ports::Account> accounts_;
};

// A read model that follows nothing, so that what comes from the box office cannot depend on it: it
// has only the rows that a test puts there, of which it finds those of the wanted buyer.
class PlacedOrders final : public ports::OrderStore {
 public:
  std::vector<ports::OrderRow> rows;  // before the first request

  Result<std::vector<ports::OrderRow>> orders(const ports::OrderQuery& query) override {
    std::vector<ports::OrderRow> found;
    for (const auto& row : rows) {
      if (!query.buyer || row.buyer == *query.buyer) found.push_back(row);
    }
    return found;
  }
  Result<std::optional<ports::OrderRow>> order(sale::OrderId) override {
    return std::optional<ports::OrderRow>{};
  }
  Result<std::vector<ports::PaymentRow>> payments_of(sale::OrderId) override {
    return std::vector<ports::PaymentRow>{};
  }
  Result<std::vector<ports::PaymentRow>> open_payments(TimePoint, std::uint32_t) override {
    return std::vector<ports::PaymentRow>{};
  }
  Result<std::vector<ports::PaymentRow>> refunds_due(std::uint32_t) override {
    return std::vector<ports::PaymentRow>{};
  }
  Result<std::vector<ports::StaffActRow>> staff_acts(const ports::StaffActQuery&) override {
    return std::vector<ports::StaffActRow>{};
  }
  Result<std::uint64_t> position() override { return std::uint64_t{0}; }
};

// A provider whose callbacks are "PAYMENT AMOUNT", signed with the word "right".
class PaperProvider final : public ports::PaymentProvider {
 public:
  [[nodiscard]] std::string name() const override { return "paper"; }
  Result<std::string> create(const ports::PaymentIntent& intent) override {
    return "http://127.0.0.1/pay/" + std::to_string(intent.payment.value());
  }
  Result<ports::ProviderNotice> query(sale::PaymentId payment) override {
    ports::ProviderNotice notice;
    notice.payment = payment;
    return notice;
  }
  Status refund(sale::PaymentId, sale::Money) override { return {}; }
  Result<ports::ProviderNotice> read_callback(std::string_view body, std::string_view signature,
                                              TimePoint) const override {
    if (signature != "right") return invalid("bad signature");
    ports::ProviderNotice notice;
    notice.event_id = "1";
    notice.kind = ports::ProviderNotice::Kind::captured;
    notice.payment = sale::PaymentId{std::strtoull(std::string(body).c_str(), nullptr, 10)};
    notice.amount.minor = std::atoll(std::string(body.substr(body.find(' ') + 1)).c_str());
    return notice;
  }
  [[nodiscard]] std::string signature_header() const override { return "x-onrush-signature"; }
};

inline accounts::PasswordPolicy quick_passwords() {
  accounts::PasswordPolicy policy;
  policy.argon2_operations = 1;
  policy.argon2_memory_bytes = 8192;
  return policy;
}

class ApiWorld {
 public:
  explicit ApiWorld(std::string openapi = "{}", const api::RateLimitConfig& rate_limits = {})
      : limits(rate_limits, 42) {
    config.public_origin = "http://shop.test";
    config.rush_origin = "http://rush.test";
    config.admin_origin = "http://admin.test";
    config.openapi_json = std::move(openapi);
    office.listen(events);
    hub.start();
    rush = serve("rush", api::make_rush_service);
    general = serve("general", api::make_general_service);
    admin = serve("admin", api::make_admin_service);
  }
  ~ApiWorld() {
    for (auto* server : {&rush, &general, &admin}) (*server)->stop(std::chrono::milliseconds(50));
    blocking.stop();
    desk.stop();
    hub.stop();
  }

  // Defines a sale and lets it be open.
  void open_sale(std::string_view items, std::string_view more = "") {
    define(items, more);
    act(sale::command::PhaseAct::open);
  }
  void define(std::string_view items, std::string_view more = "") {
    const std::string file = R"({"sale":"s","title":"S","opens_at":"+1h","closes_at":"+9h")" +
                             std::string(more) + R"(,"items":[)" + std::string(items) + "]}";
    const auto rules = sale::parse_sale_file(file, clock.now());
    ASSERT_TRUE(rules) << rules.error().message;
    const auto defined = ports::call(
        office, sale::command::DefineSale{api::with_draw_secret(*rules), "t"}, Millis{5000});
    ASSERT_EQ(defined.verdict, sale::Verdict::done) << defined.message;
    act(sale::command::PhaseAct::announce);
  }
  void act(sale::command::PhaseAct what) {
    const auto done = ports::call(
        office, sale::command::ChangePhase{sale::SaleNo{1}, what, "t", ""}, Millis{5000});
    ASSERT_EQ(done.verdict, sale::Verdict::done) << done.message;
    settle();
  }
  // Waits until the workers have taken the newest directory: one round trip after the change is
  // posted.
  void settle() const {
    for (const auto* server : {&rush, &general, &admin})
      (void)http_call((*server)->port(), "GET", "/healthz");
  }

  [[nodiscard]] std::string token(accounts::TokenKind kind, std::uint64_t subject,
                                  ports::Role role = ports::Role::buyer, std::uint64_t order = 0,
                                  Millis valid = Millis{3'600'000}) {
    accounts::Claims claims;
    claims.kind = kind;
    claims.subject = sale::BuyerId{subject};
    claims.role = role;
    claims.order = sale::OrderId{order};
    claims.issued_at = clock.now();
    claims.expires_at = clock.now() + valid;
    return accounts::Tokens(keys).sign(claims);
  }
  static std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
  }
  std::string buyer(std::uint64_t id) { return bearer(token(accounts::TokenKind::buyer, id)); }
  std::string staff(ports::Role role) {
    return bearer(token(accounts::TokenKind::staff, 900, role));
  }

  HttpAnswer hold(std::uint64_t buyer_id, std::string_view body,
                  std::string_view more_headers = "") {
    return http_call(general->port(), "POST", "/api/v1/sales/s/holds", body,
                     buyer(buyer_id).append(more_headers));
  }

  // Destroyed last: late answers of the pools below still name their workers.
  std::unique_ptr<http::Server> rush, general, admin;

  ManualClock clock;
  BookBoxOffice office{clock};
  PlacedOrders orders;
  MemoryAccounts account_store;
  accounts::KeyRing keys = accounts::KeyRing::derive("a master secret for tests, long enough");
  accounts::Accounts accounts{account_store, clock, quick_passwords()};
  PaperProvider provider;
  live::SaleDirectory directory{{}};
  live::LiveHub hub{office, directory, clock};
  api::KnownBuyers known{16};
  api::SaleRates rates;
  api::EdgeEvents events{directory, known, hub, rates};
  checkout::PaymentDesk desk{office,
                             provider,
                             orders,
                             clock,
                             {[](const sale::OrderView&) { return "order"; },
                              [](const sale::OrderView&) { return "http://shop.test/"; },
                              [](sale::SaleNo) { return "EUR"; }},
                             {}};
  api::BlockingPool blocking{2, 64};
  api::ApiConfig config;
  api::ApiMetrics metrics;
  api::StaffRoles roles;
  api::RateLimits limits;
  api::Challenges challenges{"the key of the tests", 42};
  api::FrontDoor front_door{"a front door secret for tests"};
  api::DrawLeaves draw_leaves;
  api::ApiContext context{
      config,
      office,
      orders,
      accounts,
      keys,
      desk,
      provider,
      clock,
      directory,
      hub,
      known,
      rates,
      blocking,
      {},
      [this](sale::SaleNo sale) -> Result<sale::SaleSummary> { return office.summary(sale); },
      [] {
        return api::Readiness{true, "ready"};
      },
      {},
      {},
      metrics,
      roles,
      limits,
      front_door,
      challenges,
      draw_leaves};

 private:
  template <class Make>
  std::unique_ptr<http::Server> serve(const char* name, Make make) {
    http::ServerConfig server;
    server.name = name;
    auto listening = http::Server::listen(
        server, [this, make](http::Worker& worker) { return make(context, worker); });
    if (!listening) throw std::runtime_error(listening.error().message);
    (*listening)->start();
    return std::move(*listening);
  }
};

}  // namespace onrush::test
