// The wiring of a server: build → recover → start → wait → stop in reverse. No container, no
// globals.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/log.h"
#include "base/result.h"

namespace onrush::app {

class Shop {
 public:
  // Locks the data directory, recovers, binds the listeners; serves nothing yet. `log` outlives the
  // shop. `on_failure` is called once, on a thread of the engine, after a failed journal write: the
  // process must end then. Errors: rejected (directory in use, address in use), corrupt, retryable.
  [[nodiscard]] static Result<std::unique_ptr<Shop>> open(
      const Config& config, Log& log, std::function<void(const std::string&)> on_failure);
  ~Shop();  // stop()

  // Defines and announces the sales of these files that are not there yet.
  // Error: invalid, naming file and place; nothing of any file has taken effect then.
  [[nodiscard]] Status apply_sale_files(const std::vector<std::string>& paths);

  // Serves; writes the URLs to data_dir/endpoints.json when every listener answers.
  [[nodiscard]] Status start();
  // Readiness off, goodbye to WebSockets, requests under way answered, everything durable.
  // Idempotent.
  void stop();

  // A one-time link for the first owner; "" when there is one already.
  [[nodiscard]] std::string setup_link();

 private:
  struct Parts;
  explicit Shop(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace onrush::app
