#include "app/server_metrics.h"

#include <prometheus/metric_family.h>

#include "app/version.h"

namespace onrush::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// One family a line: name, help, type, then its values with their labels.
class Families {
 public:
  MetricFamily& add(std::string name, std::string help, MetricType type) {
    MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    out_.push_back(std::move(family));
    return out_.back();
  }
  static void value(MetricFamily& family, double v, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (family.type == MetricType::Counter)
      metric.counter.value = v;
    else
      metric.gauge.value = v;
    family.metric.push_back(std::move(metric));
  }
  void counter(std::string name, std::string help, std::uint64_t v) {
    value(add(std::move(name), std::move(help), MetricType::Counter), static_cast<double>(v));
  }
  void gauge(std::string name, std::string help, double v) {
    value(add(std::move(name), std::move(help), MetricType::Gauge), v);
  }
  std::vector<MetricFamily> take() { return std::move(out_); }

 private:
  std::vector<MetricFamily> out_;
};

void add_sync_histogram(Families& families, const engine::EngineMetrics& m) {
  auto& family = families.add("onrush_journal_sync_seconds", "Time of one journal write and sync.",
                              MetricType::Histogram);
  ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < engine::kSyncBounds.size(); ++i) {
    cumulative += m.sync_buckets[i];
    metric.histogram.bucket.push_back({cumulative, engine::kSyncBounds[i]});
  }
  metric.histogram.sample_count = cumulative + m.sync_buckets.back();
  metric.histogram.sample_sum = m.sync_seconds_sum;
  family.metric.push_back(std::move(metric));
}

void add_engine(Families& families, const engine::EngineMetrics& m) {
  auto& depth =
      families.add("onrush_engine_queue_depth", "Commands that wait, by lane.", MetricType::Gauge);
  Families::value(depth, static_cast<double>(m.rush_depth), {{"lane", "rush"}});
  Families::value(depth, static_cast<double>(m.reserved_depth), {{"lane", "reserved"}});
  auto& capacity = families.add("onrush_engine_queue_capacity", "Commands that may wait, by lane.",
                                MetricType::Gauge);
  Families::value(capacity, static_cast<double>(m.rush_capacity), {{"lane", "rush"}});
  Families::value(capacity, static_cast<double>(m.reserved_capacity), {{"lane", "reserved"}});
  auto& busy = families.add("onrush_engine_busy_total",
                            "Commands refused because their lane was full.", MetricType::Counter);
  Families::value(busy, static_cast<double>(m.busy_rush), {{"lane", "rush"}});
  Families::value(busy, static_cast<double>(m.busy_reserved), {{"lane", "reserved"}});
  auto& answers = families.add("onrush_engine_answers_total",
                               "Answers of the box office, by verdict.", MetricType::Counter);
  for (std::size_t v = 0; v < m.answers.size(); ++v) {
    Families::value(answers, static_cast<double>(m.answers[v]),
                    {{"verdict", std::string(to_string(static_cast<sale::Verdict>(v)))}});
  }
  families.counter("onrush_engine_commands_total", "Commands decided.", m.commands);
  families.counter("onrush_engine_batches_total", "Batches made durable.", m.batches);
  families.counter("onrush_journal_events_total", "Events journaled by this process.", m.events);
  families.gauge("onrush_journal_durable_sequence", "Sequence of the last durable event.",
                 static_cast<double>(m.durable_seq));
  families.gauge("onrush_journal_low_on_space",
                 "1: decisions are refused until there is disk space.", m.low_on_space ? 1 : 0);
  families.counter("onrush_engine_snapshots_total", "Snapshots saved.", m.snapshots);
  families.counter("onrush_engine_snapshot_failures_total", "Snapshots that could not be saved.",
                   m.snapshot_failures);
  add_sync_histogram(families, m);
}

void add_services(Families& families, const MetricSources& s) {
  families.gauge("onrush_projector_lag_events",
                 "Durable events that the read model does not have yet.",
                 static_cast<double>(s.engine.durable_seq() -
                                     std::min(s.engine.durable_seq(), s.projector.position())));
  families.gauge("onrush_projector_failed", "1: the read model has stopped following the journal.",
                 s.projector.failed() ? 1 : 0);
  if (const auto mail = s.outbox.counts(); mail.has_value()) {
    auto& family = families.add("onrush_mail", "Mails by what became of them.", MetricType::Gauge);
    Families::value(family, static_cast<double>(mail->pending), {{"state", "pending"}});
    Families::value(family, static_cast<double>(mail->sent), {{"state", "sent"}});
    Families::value(family, static_cast<double>(mail->in_doubt), {{"state", "in_doubt"}});
    Families::value(family, static_cast<double>(mail->dead), {{"state", "dead"}});
  }
  const auto desk = s.desk.load();
  families.counter("onrush_refunds_total", "Refunds given back by the provider.",
                   desk.refunds_done);
  families.counter("onrush_refund_failures_total", "Refund calls that failed and are tried again.",
                   desk.refunds_failing);
  families.counter("onrush_payments_asked_again_total",
                   "Payments whose outcome had to be asked for.", desk.asked_again);
  families.counter("onrush_provider_errors_total", "Failed calls of the payment provider.",
                   desk.provider_errors);
  families.gauge("onrush_payment_queue_depth", "Payments that wait to be started.",
                 static_cast<double>(desk.waiting));
  const auto passwords = s.accounts.load();
  families.gauge("onrush_password_queue_depth", "Sign-ins that wait.",
                 static_cast<double>(passwords.waiting));
  families.counter("onrush_passwords_hashed_total", "Passwords hashed.", passwords.hashed);
  families.counter("onrush_sign_ins_refused_total", "Sign-ins refused because too many wait.",
                   passwords.refused);
}

void add_servers(Families& families, const MetricSources& s) {
  struct Row {
    const char* name;
    const char* help;
    MetricType type;
    std::uint64_t http::ServerStats::*field;
  };
  static constexpr Row kRows[] = {
      {"onrush_connections_open", "Open connections, WebSockets included.", MetricType::Gauge,
       &http::ServerStats::connections_open},
      {"onrush_websockets_open", "Open WebSockets.", MetricType::Gauge,
       &http::ServerStats::websockets_open},
      {"onrush_connections_accepted_total", "Connections accepted.", MetricType::Counter,
       &http::ServerStats::connections_accepted},
      {"onrush_connections_refused_total", "Connections over the bound.", MetricType::Counter,
       &http::ServerStats::connections_refused},
      {"onrush_bad_requests_total", "Requests that broke the protocol.", MetricType::Counter,
       &http::ServerStats::bad_requests},
      {"onrush_connection_timeouts_total", "Connections closed by a deadline.", MetricType::Counter,
       &http::ServerStats::timeouts},
      {"onrush_websockets_dropped_slow_total", "WebSockets dropped because they read too slowly.",
       MetricType::Counter, &http::ServerStats::websocket_dropped_slow},
  };
  const auto servers = s.servers();
  for (const Row& row : kRows) {
    auto& family = families.add(row.name, row.help, row.type);
    for (const auto& [name, server] : servers) {
      Families::value(family, static_cast<double>(server->stats().*row.field),
                      {{"listener", name}});
    }
  }
  auto& cpu = families.add("onrush_worker_cpu_seconds_total", "CPU time of a listener's threads.",
                           MetricType::Counter);
  for (const auto& [name, server] : servers)
    Families::value(cpu, server->cpu_seconds(), {{"listener", name}});
}

class ServerMetrics final : public prometheus::Collectable {
 public:
  explicit ServerMetrics(MetricSources sources) : sources_(std::move(sources)) {}

  std::vector<MetricFamily> Collect() const override {
    Families families;
    auto& build = families.add("onrush_build_info", "The version that runs.", MetricType::Gauge);
    Families::value(build, 1, {{"version", kVersion}});
    add_engine(families, sources_.engine.metrics());
    add_services(families, sources_);
    add_servers(families, sources_);
    return families.take();
  }

 private:
  MetricSources sources_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> make_server_metrics(MetricSources sources) {
  return std::make_shared<ServerMetrics>(std::move(sources));
}

}  // namespace onrush::app
