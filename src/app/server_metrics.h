// What /metrics shows of the parts behind the API: engine, journal, projector, mail, payments,
// sign-in.
#pragma once

#include <prometheus/collectable.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "checkout/payment_desk.h"
#include "edge/http/server.h"
#include "engine/engine.h"
#include "engine/projector.h"
#include "ports/read_model.h"

namespace onrush::app {

// Everything that is read outlives the collectable.
struct MetricSources {
  const engine::Engine& engine;
  const engine::Projector& projector;
  ports::MailOutbox& outbox;
  const checkout::PaymentDesk& desk;
  const accounts::Accounts& accounts;
  std::function<std::vector<std::pair<std::string, const http::Server*>>()> servers;
};

[[nodiscard]] std::shared_ptr<prometheus::Collectable> make_server_metrics(MetricSources sources);

}  // namespace onrush::app
