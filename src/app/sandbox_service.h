// Mounts the sandbox payment provider on a listener of its own.
#pragma once

#include <memory>

#include "adapters/payment_sandbox/sandbox_server.h"
#include "edge/api/blocking_pool.h"
#include "edge/http/server.h"

namespace onrush::app {

// Both outlive the service. Calls run on `pool`, because they wait for the sandbox's file to be
// synced.
[[nodiscard]] std::unique_ptr<http::Service> make_sandbox_service(
    payment_sandbox::SandboxServer& sandbox, api::BlockingPool& pool);

}  // namespace onrush::app
