// The master secret that all token keys are derived from: from the settings, else a random one that
// is made once and kept in the data directory, readable by its owner only.
#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"

namespace onrush::app {

// `create`: make the key file if there is none (the server); else its absence is an error (tools).
// Errors: rejected, with the path; invalid when the key is too short (32 characters at least).
[[nodiscard]] Result<std::string> master_secret(const Config& config, bool create);

}  // namespace onrush::app
