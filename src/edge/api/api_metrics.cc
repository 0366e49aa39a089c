#include "edge/api/api_metrics.h"

#include <algorithm>

namespace onrush::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric::Label label(std::string_view name, std::string_view value) {
  return {std::string(name), std::string(value)};
}

ClientMetric counter(std::vector<ClientMetric::Label> labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

ClientMetric gauge(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

std::size_t status_index(int status) {
  const auto at = std::find(kStatuses.begin(), kStatuses.end(), status);
  return at == kStatuses.end() ? kStatuses.size() - 1
                               : static_cast<std::size_t>(at - kStatuses.begin());
}

std::size_t index_of(const Route* route) {
  return route == nullptr ? kRoutesMax : static_cast<std::size_t>(route - routes().data());
}

struct RouteName {
  std::string_view method = "ANY";
  std::string_view path = "none";
};
RouteName name_of(std::size_t index) {
  if (index >= routes().size()) return {};
  return {to_string(routes()[index].method), routes()[index].path};
}

void add_requests(const RequestCounts& worker, std::size_t index, MetricFamily& family) {
  const RouteName name = name_of(index);
  for (std::size_t s = 0; s < kStatuses.size(); ++s) {
    const std::uint64_t count =
        worker.per_route[index].by_status[s].load(std::memory_order_relaxed);
    if (count == 0) continue;
    const std::string status = kStatuses[s] == 0 ? "other" : std::to_string(kStatuses[s]);
    std::vector<ClientMetric::Label> labels = {label("listener", to_string(worker.listener)),
                                               label("method", name.method),
                                               label("route", name.path), label("status", status)};
    const auto known = std::find_if(family.metric.begin(), family.metric.end(),
                                    [&](const ClientMetric& m) { return m.label == labels; });
    if (known == family.metric.end()) {
      family.metric.push_back(counter(std::move(labels), count));
    } else {
      known->counter.value += static_cast<double>(count);
    }
  }
}

// Always there, so that an alert can tell "none" from "not watched". Only addresses limit those who
// bring no account.
MetricFamily limited_family(const std::vector<std::shared_ptr<RequestCounts>>& workers) {
  MetricFamily family{"onrush_rate_limited_total",
                      "Requests over a rate limit, by limit and call.",
                      MetricType::Counter,
                      {}};
  for (std::size_t call = 0; call < kLimitedCalls; ++call) {
    constexpr std::string_view kCalls[] = {"hold", "sign_in", "line", "registration", "pass_check"};
    const auto what = static_cast<LimitedCall>(call);
    const bool anonymous = what == LimitedCall::sign_in || what == LimitedCall::pass_check;
    for (std::size_t l = 0; l < kLimits; ++l) {
      if (anonymous && static_cast<Limit>(l) != Limit::address) continue;
      std::uint64_t count = 0;
      for (const auto& worker : workers)
        count += worker->limited[call][l].load(std::memory_order_relaxed);
      family.metric.push_back(counter(
          {label("limit", to_string(static_cast<Limit>(l))), label("call", kCalls[call])}, count));
    }
  }
  return family;
}

MetricFamily challenge_family(const std::vector<std::shared_ptr<RequestCounts>>& workers) {
  constexpr std::array<std::string_view, kChallengeCounts> kNames = {
      "issued", "issued_raised", "solved", "failed", "cool_down", "hold_missing", "hold_raised"};
  MetricFamily family{"onrush_challenges_total",
                      "Challenges given out, answers to them, and holds refused for want of one.",
                      MetricType::Counter,
                      {}};
  for (std::size_t c = 0; c < kChallengeCounts; ++c) {
    std::uint64_t count = 0;
    for (const auto& worker : workers)
      count += worker->challenges[c].load(std::memory_order_relaxed);
    family.metric.push_back(counter({label("what", kNames[c])}, count));
  }
  return family;
}

void add_durations(const RequestCounts& worker, std::size_t index, MetricFamily& family) {
  const auto& counts = worker.per_route[index];
  std::uint64_t total = 0;
  for (const auto& bucket : counts.by_duration) total += bucket.load(std::memory_order_relaxed);
  if (total == 0) return;
  const RouteName name = name_of(index);
  std::vector<ClientMetric::Label> labels = {label("listener", to_string(worker.listener)),
                                             label("method", name.method),
                                             label("route", name.path)};
  auto known = std::find_if(family.metric.begin(), family.metric.end(),
                            [&](const ClientMetric& m) { return m.label == labels; });
  if (known == family.metric.end()) {
    ClientMetric metric;
    metric.label = std::move(labels);
    for (const double bound : kDurationBounds) metric.histogram.bucket.push_back({0, bound});
    known = family.metric.insert(family.metric.end(), std::move(metric));
  }
  std::uint64_t cumulative = 0;
  for (std::size_t b = 0; b < kDurationBounds.size(); ++b) {
    cumulative += counts.by_duration[b].load(std::memory_order_relaxed);
    known->histogram.bucket[b].cumulative_count += cumulative;
  }
  known->histogram.sample_count += total;
  known->histogram.sample_sum +=
      static_cast<double>(counts.nanoseconds.load(std::memory_order_relaxed)) / 1e9;
}

// `of`: the member of RequestCounts that counts by who answered and what.
template <class Answers>
void add_answers(const std::vector<std::shared_ptr<RequestCounts>>& workers, Answers of,
                 MetricFamily& family) {
  for (std::size_t by = 0; by < 2; ++by) {
    for (std::size_t v = 0; v < kVerdicts; ++v) {
      std::uint64_t count = 0;
      for (const auto& worker : workers)
        count += ((*worker).*of)[by][v].load(std::memory_order_relaxed);
      if (count == 0) continue;
      family.metric.push_back(
          counter({label("answer", sale::to_string(static_cast<sale::Verdict>(v))),
                   label("by", by == 1 ? "latch" : "queue")},
                  count));
    }
  }
}

}  // namespace

void RequestCounts::count_status(const Route* route, int status) noexcept {
  per_route[index_of(route)].by_status[status_index(status)].fetch_add(1,
                                                                       std::memory_order_relaxed);
}

void RequestCounts::count_duration(const Route* route, std::chrono::steady_clock::duration took,
                                   std::uint64_t times) noexcept {
  PerRoute& counts = per_route[index_of(route)];
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), seconds);
  counts.by_duration[static_cast<std::size_t>(bound - kDurationBounds.begin())].fetch_add(
      times, std::memory_order_relaxed);
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
  counts.nanoseconds.fetch_add(static_cast<std::uint64_t>(nanos) * times,
                               std::memory_order_relaxed);
}

std::shared_ptr<RequestCounts> ApiMetrics::join(Listener listener) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(std::make_shared<RequestCounts>(listener));
  return workers_.back();
}

std::vector<MetricFamily> ApiMetrics::Collect() const {
  MetricFamily requests{
      "onrush_http_requests_total", "Answered requests.", MetricType::Counter, {}};
  MetricFamily durations{"onrush_http_request_duration_seconds",
                         "From the request read to the answer given.",
                         MetricType::Histogram,
                         {}};
  MetricFamily holds{"onrush_hold_answers_total",
                     "Hold requests by answer; by=latch: without the queue.",
                     MetricType::Counter,
                     {}};
  MetricFamily line{"onrush_line_answers_total",
                    "Calls for a place or a pass by answer; by=latch: without the queue.",
                    MetricType::Counter,
                    {}};
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) {
    for (std::size_t index = 0; index <= kRoutesMax; ++index) {
      add_requests(*worker, index, requests);
      add_durations(*worker, index, durations);
    }
  }
  FunnelCounts all;
  for (const auto& worker : workers_) all += worker->funnel.all();
  const std::uint64_t wrong_channel = all.of(Layer::channel_required);
  MetricFamily funnel{"onrush_funnel_total",
                      "Hold requests by the layer that answered them.",
                      MetricType::Counter,
                      {}};
  for (std::size_t l = 0; l < kLayers; ++l) {
    const auto layer = static_cast<Layer>(l);
    funnel.metric.push_back(counter({label("layer", to_string(layer))}, all.of(layer)));
  }
  MetricFamily channel{"onrush_channel_refused_total",
                       "Hold requests by a client program that the sale is not open to.",
                       MetricType::Counter,
                       {counter({}, wrong_channel)}};
  add_answers(workers_, &RequestCounts::holds, holds);
  add_answers(workers_, &RequestCounts::line, line);
  return {std::move(requests),      std::move(durations), std::move(holds),
          limited_family(workers_), std::move(channel),   challenge_family(workers_),
          std::move(line),          std::move(funnel)};
}

HoldFunnel ApiMetrics::funnel() const {
  HoldFunnel sum;
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) {
    sum.layers += worker->funnel.all();
    const auto& holds = worker->limited[static_cast<std::size_t>(LimitedCall::hold)];
    for (std::size_t l = 0; l < kLimits; ++l)
      sum.limited[l] += holds[l].load(std::memory_order_relaxed);
    sum.challenge_raised +=
        worker->challenges[static_cast<std::size_t>(ChallengeCount::hold_raised)].load(
            std::memory_order_relaxed);
  }
  return sum;
}

LatencyWindow::Sums ApiMetrics::decisions() const {
  LatencyWindow::Sums sums;
  const auto now = LatencyWindow::Clock::now();
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) worker->decisions.add_to(sums, now);
  return sums;
}

FunnelCounts ApiMetrics::funnel(sale::SaleNo sale) const {
  FunnelCounts sum;
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) sum += worker->funnel.of(sale);
  return sum;
}

std::vector<MetricFamily> SaleMetrics::Collect() const {
  MetricFamily units{"onrush_units", "Units by state.", MetricType::Gauge, {}};
  MetricFamily standby{
      "onrush_standby_entries", "Entries waiting for units.", MetricType::Gauge, {}};
  MetricFamily oversold{
      "onrush_oversold_units", "Units sold beyond the stock; must be 0.", MetricType::Gauge, {}};
  MetricFamily phase{
      "onrush_sale_phase", "1 for the phase that the sale is in.", MetricType::Gauge, {}};
  MetricFamily line{"onrush_line",
                    "The line: places issued, numbers called, passes claimed, passes live.",
                    MetricType::Gauge,
                    {}};
  const live::SaleListPtr list = directory_.current();
  double too_many = 0;
  for (const auto& entry : list->by_number) {
    const auto sale = label("sale", entry->rules->key);
    phase.metric.push_back(gauge({sale, label("phase", sale::to_string(entry->phase))}, 1));
    if (const auto now = office_.line(entry->sale); entry->rules->line.on()) {
      line.metric.push_back(gauge({sale, label("what", "entries")}, now.entries));
      line.metric.push_back(gauge({sale, label("what", "serving")}, now.serving));
      line.metric.push_back(gauge({sale, label("what", "claimed")}, now.claimed));
      line.metric.push_back(gauge({sale, label("what", "active")}, now.active));
    }
    for (std::size_t i = 0; i < entry->rules->items.size(); ++i) {
      const auto item = label("item", entry->rules->items[i].key);
      const ports::ItemStatus now =
          office_.status(entry->sale, sale::ItemNo{static_cast<std::uint16_t>(i)});
      units.metric.push_back(gauge({sale, item, label("state", "free")}, now.free));
      units.metric.push_back(gauge({sale, item, label("state", "held")}, now.held));
      units.metric.push_back(gauge({sale, item, label("state", "paid")}, now.paid));
      standby.metric.push_back(gauge({sale, item}, now.standby));
      too_many += std::max(0.0, static_cast<double>(now.held) + now.paid - now.stock);
    }
  }
  oversold.metric.push_back(gauge({}, too_many));
  return {std::move(units), std::move(standby), std::move(oversold), std::move(phase),
          std::move(line)};
}

std::vector<MetricFamily> BucketMetrics::Collect() const {
  MetricFamily waiting{"onrush_bucket_waiting",
                       "Hold requests that wait for their turn in the sale's bucket.",
                       MetricType::Gauge,
                       {}};
  const auto now = std::chrono::steady_clock::now();
  const live::SaleListPtr list = directory_.current();
  for (const auto& entry : list->by_number) {
    if (!entry->rules->admission.bucket.on()) continue;
    waiting.metric.push_back(gauge({label("sale", entry->rules->key)},
                                   static_cast<double>(front_door_.waiting(entry->sale, now))));
  }
  return {std::move(waiting)};
}

std::vector<MetricFamily> LiveMetrics::Collect() const {
  const live::LiveStats now = hub_.stats();
  MetricFamily messages{
      "onrush_live_messages_total", "Messages built for push.", MetricType::Counter, {}};
  messages.metric.push_back(counter({label("kind", "broadcast")}, now.broadcasts));
  messages.metric.push_back(counter({label("kind", "personal")}, now.personal_messages));
  MetricFamily dropped{"onrush_live_dropped_total",
                       "Personal messages given up under overload.",
                       MetricType::Counter,
                       {}};
  dropped.metric.push_back(counter({label("why", "inbox_full")}, now.events_dropped));
  dropped.metric.push_back(counter({label("why", "box_office_busy")}, now.lookups_refused));
  return {std::move(messages), std::move(dropped)};
}

}  // namespace onrush::api
