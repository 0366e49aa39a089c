#include "edge/api/channel_gate.h"

#include <algorithm>

#include "edge/live/documents.h"

namespace onrush::api {

bool admits_channel(const sale::AdmissionRules& rules, const http::Request& request) {
  if (rules.channels.empty()) return true;
  const std::string_view named = request.header(http::Header::x_onrush_channel);
  return std::find(rules.channels.begin(), rules.channels.end(), named) != rules.channels.end();
}

Problem channel_problem(const sale::AdmissionRules& rules) {
  Problem problem{problem::kChannelRequired, "This sale is open to other client programs.", 0, {}};
  live::JsonWriter out(problem.members);
  live::write_channels(out, rules, "links");
  return problem;
}

}  // namespace onrush::api
