// The channel gate: a sale may be open to some client programs only, e.g. the app; others are shown
// where to get it.
//
// A client names its channel in X-Onrush-Channel. That is its own word, so the gate leads people to
// the right door; it keeps nobody out who writes his own client.
#pragma once

#include "edge/api/problems.h"
#include "sale/rules.h"

namespace onrush::api {

[[nodiscard]] bool admits_channel(const sale::AdmissionRules& rules, const http::Request& request);

// 403 channel_required with `channels` and `links`.
[[nodiscard]] Problem channel_problem(const sale::AdmissionRules& rules);

}  // namespace onrush::api
