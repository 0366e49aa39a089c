// Sends one e-mail. Blocks, bounded by its own deadline.
#pragma once

#include <string>

#include "base/result.h"

namespace onrush::ports {

struct Mail {
  std::string to;          // one address; CR, LF and list syntax are refused as invalid
  std::string subject;     // UTF-8
  std::string text;        // UTF-8, plain
  std::string message_id;  // without <>, the same at every try, so that receivers can tell repeats
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // Errors: invalid or rejected (5xx, never try again), retryable (4xx, not connected: certainly
  // not sent), unknown_outcome (the connection broke after the text was on its way).
  [[nodiscard]] virtual Status send(const Mail& mail) = 0;
};

}  // namespace onrush::ports
