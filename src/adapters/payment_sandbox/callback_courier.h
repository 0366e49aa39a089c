// Delivers callbacks: one thread, many transfers at once over kept-alive connections, each with a
// deadline, again with back-off until a 2xx comes or the tries are used up. What waits is in memory
// only: after a restart the merchant finds out by asking, as with a real provider that was down.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "ports/clock.h"

namespace onrush::payment_sandbox {

struct CourierConfig {
  std::string url;
  std::string secret;
  Millis timeout{5'000};
  Millis retry_min{200};
  Millis retry_max{30'000};
  unsigned tries_max = 20;
  unsigned parallel = 16;  // transfers at once
  std::uint64_t seed = 0;  // of the jitter
};

class CallbackCourier {
 public:
  CallbackCourier(CourierConfig config, const ports::Clock& clock);
  ~CallbackCourier();  // drops what waits, breaks off what is under way

  // Sends `body` after `delay`; signed with the time at which it is sent. Thread-safe.
  void send(std::string body, Millis delay);

  struct Load {
    std::uint64_t delivered = 0, failed_tries = 0, given_up = 0;
    std::size_t waiting = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::payment_sandbox
