// The settings smtp.* as the mailer wants them.
#pragma once

#include "adapters/smtp/smtp_mailer.h"
#include "app/config.h"
#include "base/result.h"

namespace onrush::app {

// Reads smtp://host:port or smtps://host:port, and "Name <address>". Error: invalid, naming the
// setting.
[[nodiscard]] Result<smtp::SmtpOptions> smtp_options(const Config& config);

}  // namespace onrush::app
