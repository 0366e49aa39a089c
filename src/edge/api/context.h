// What the API stands on: references to everything behind it, made and owned by the wiring in app/.
//
// Lifetime: all of it outlives the servers. Order of stopping: servers (Server::stop), then the
// blocking pool, the payment desk and the accounts' pool, then the box office; the Server objects
// are destroyed after all of these, because late answers still name their workers.
#pragma once

#include <prometheus/collectable.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"
#include "accounts/tokens.h"
#include "checkout/payment_desk.h"
#include "edge/api/blocking_pool.h"
#include "edge/api/challenges.h"
#include "edge/api/draw_leaves.h"
#include "edge/api/front_door.h"
#include "edge/api/known_buyers.h"
#include "edge/api/rate_limits.h"
#include "edge/api/sale_rates.h"
#include "edge/assets/assets.h"
#include "edge/live/live_hub.h"
#include "edge/live/sale_directory.h"
#include "ports/account_store.h"
#include "ports/box_office.h"
#include "ports/clock.h"
#include "ports/payment_provider.h"
#include "ports/read_model.h"

namespace onrush::api {

enum class Listener : std::uint8_t { rush = 1, general = 2, admin = 4 };
[[nodiscard]] std::string_view to_string(Listener);

struct ApiConfig {
  std::string public_origin;  // of the pages, "https://shop.example": CORS and cookies trust it
  std::vector<std::string>
      more_origins;          // further origins that may call with CORS or open the WebSocket
  std::string rush_origin;   // where pages find the rush listener
  std::string admin_origin;  // of the admin console
  std::vector<std::string> more_admin_origins;  // further names of the console's own listener
  Millis buyer_token_valid = std::chrono::hours{12};
  Millis staff_token_valid = std::chrono::hours{8};
  Millis refresh_token_valid = std::chrono::hours{24 * 30};
  Millis staff_refresh_token_valid = std::chrono::hours{12};  // a working day, then sign in again
  Millis order_token_valid = std::chrono::hours{24};
  Millis box_office_timeout{15'000};  // an answer that takes longer is given up: 503 unavailable
  // In a leaky bucket; who would wait longer is told so at once. Below the deadline of clients.
  Millis bucket_wait_max{10'000};
  std::string version;       // of the program, for /api/v1/config and /healthz
  std::string openapi_json;  // the file docs/openapi.json
};

// A page of this listener or a file under /assets/; null if there is none. Any thread, quick; what
// it points to lives as long as the process. A page (not immutable: its name holds no hash) gets
// the strict Content-Security-Policy.
using AssetStore = std::function<const assets::Asset*(Listener listener, std::string_view path)>;

// One answered request, for the structured log. Views are valid during the call only.
struct RequestLine {
  Listener listener;
  std::string_view method;
  std::string_view route;  // the template, never the path: it may hold ids
  int status;
  std::chrono::microseconds duration;
  std::string_view trace_id;
  std::uint64_t account;  // 0: anonymous
  std::string_view code;  // of the problem, "" if none
};
using RequestLog = std::function<void(const RequestLine&)>;

struct Readiness {
  bool ready = false;
  std::string detail;  // what is missing, for the operator
};

struct ApiContext {
  const ApiConfig& config;
  ports::BoxOffice& office;
  ports::OrderStore& orders;
  accounts::Accounts& accounts;
  const accounts::KeyRing& keys;
  checkout::PaymentDesk& desk;
  ports::PaymentProvider& provider;
  const ports::Clock& clock;
  live::SaleDirectory& directory;
  live::LiveHub& hub;
  KnownBuyers& known_buyers;
  const SaleRates& rates;
  BlockingPool& blocking;
  AssetStore assets;
  // The money and counts of one sale, exact; may block for a moment. Called on the blocking pool.
  std::function<Result<sale::SaleSummary>(sale::SaleNo)> summary;
  std::function<Readiness()> readiness;  // any thread, quick
  RequestLog log;                        // any worker thread, quick; may be empty
  // What /metrics shows. Filled before the servers start; the API adds its own as services are
  // made.
  std::function<std::vector<std::shared_ptr<prometheus::Collectable>>()> metrics;
  class ApiMetrics& api_metrics;
  class StaffRoles& staff_roles;
  RateLimits& rate_limits;
  FrontDoor& front_door;
  Challenges& challenges;
  DrawLeaves& draw_leaves;
  // A file of orders is being put together; one at a time, so that others find the pool free.
  std::shared_ptr<std::atomic<bool>> exporting = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace onrush::api
