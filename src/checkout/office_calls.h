// Commands to the box office whose answers come back as calls, without a blocked thread each. A
// call that is not answered in time is answered `unavailable` (it may still take effect), and its
// late reply is dropped.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "ports/box_office.h"

namespace onrush::checkout {

class OfficeCalls {
 public:
  using Done = std::function<void(sale::Outcome)>;

  OfficeCalls(ports::BoxOffice& office, Millis timeout);
  ~OfficeCalls();

  // False: the lane is full or this has stopped; nothing was done and `done` is not called. True:
  // `done` is called exactly once, on this object's thread, which no provider ever blocks.
  // Thread-safe.
  [[nodiscard]] bool submit(sale::Command command, Done done);
  // Answers what is under way `unavailable` and waits for the calls of `done`. Idempotent.
  void stop();

 private:
  struct Core;  // shared with the replies that may come after stop()
  class OneReply;

  ports::BoxOffice& office_;
  const Millis timeout_;
  std::shared_ptr<Core> core_;
  std::thread thread_;
};

}  // namespace onrush::checkout
