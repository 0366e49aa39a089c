// Sales as the staff see and change them.
#include <boost/json/object.hpp>

#include "edge/api/draw_secret.h"
#include "edge/api/handlers.h"
#include "edge/api/staff_roles.h"
#include "edge/api/station.h"
#include "edge/api/strict_json.h"
#include "edge/live/documents.h"
#include "edge/live/line_documents.h"
#include "sale/rules_check.h"
#include "sale/sale_file.h"

namespace onrush::api::handle {
namespace {

using sale::command::PhaseAct;

void write_money(live::JsonWriter& out, const sale::MoneyTotals& money) {
  out.begin_object()
      .key("captured")
      .number(money.captured.minor)
      .key("fulfilled")
      .number(money.fulfilled.minor);
  out.key("standby").number(money.standby.minor).key("refund_due").number(money.refund_due.minor);
  out.key("refunded").number(money.refunded.minor).end_object();
}

void write_rates(live::JsonWriter& out, const SaleRates::Rates& rates) {
  constexpr std::string_view kNames[] = {"granted", "standby", "paid", "ended"};
  out.begin_object();
  for (std::size_t k = 0; k < SaleRates::kKinds; ++k) {
    out.key(kNames[k]).begin_object().key("total").number(
        static_cast<std::int64_t>(rates.total[k]));
    out.key("per_second").decimal(rates.per_second[k]).end_object();
  }
  out.end_object();
}

// Decisions of this sale, and how long the server's decisions take: they share one writer.
void write_decisions(live::JsonWriter& out, const SaleRates::Rates& rates,
                     const LatencyWindow::Sums& latency) {
  out.key("decision_rate")
      .decimal(rates.per_second[SaleRates::granted] + rates.per_second[SaleRates::standby]);
  out.key("latency").begin_object();
  for (const auto& [name, q] : {std::pair{"p50_ms", 0.5}, std::pair{"p99_ms", 0.99}}) {
    const auto quantile = latency.quantile_ms(q);
    out.key(name);
    if (quantile) {
      out.decimal(*quantile);
    } else {
      out.null();
    }
  }
  out.key("decisions").number(static_cast<std::int64_t>(latency.total)).end_object();
}

void write_funnel(live::JsonWriter& out, const FunnelCounts& counts) {
  out.begin_array();
  for (std::size_t l = 0; l < kLayers; ++l) {
    const auto layer = static_cast<Layer>(l);
    const auto count = static_cast<std::int64_t>(counts.of(layer));
    out.begin_object().key("layer").text(to_string(layer));
    out.key(l < kRefusingLayers ? "refused" : "given").number(count).end_object();
  }
  out.end_array();
}

void write_line(live::JsonWriter& out, const sale::LineSummary& line) {
  out.key("line");
  if (line.mode == sale::LineMode::off) {
    out.null();
    return;
  }
  out.begin_object();
  live::write_line_members(out, line);
  out.key("left").number(line.left).key("capacity").number(line.capacity).end_object();
}

void write_admin_sale(live::JsonWriter& out, const sale::SaleSummary& sale,
                      const ApiContext& context, const LatencyWindow::Sums& latency,
                      TimePoint now) {
  const sale::SaleRules& rules = *sale.rules;
  out.begin_object().key("sale").text(rules.key);
  live::write_text(out, "title", rules.title);
  out.key("phase")
      .text(sale::to_string(sale.phase))
      .key("reason")
      .text(sale::to_string(sale.reason));
  write_line(out, sale.line);
  out.key("registrations").number(sale.line.registrations);
  live::write_notice(out, sale.notice);
  out.key("currency").text(rules.currency).key("lobby_at").time(rules.lobby_at);
  out.key("opens_at").time(rules.opens_at).key("closes_at").time(rules.closes_at);
  out.key("server_time").time(now).key("items").begin_array();
  for (std::size_t i = 0; i < sale.items.size(); ++i) {
    const sale::ItemCounts& item = sale.items[i];
    out.begin_object().key("item").text(rules.items[i].key);
    live::write_text(out, "title", rules.items[i].title);
    out.key("price").number(rules.items[i].price.minor).key("stock").number(item.stock);
    out.key("free").number(item.free).key("held").number(item.held);
    out.key("paid").number(item.paid).key("standby").number(item.standby).end_object();
  }
  out.end_array().key("money");
  write_money(out, sale.money);
  out.key("rates");
  const SaleRates::Rates rates = context.rates.rates(sale.sale, now);
  write_rates(out, rates);
  write_decisions(out, rates, latency);
  out.key("funnel");
  write_funnel(out, context.api_metrics.funnel(sale.sale));
  out.end_object();
}

void send_act_answer(Station& station, Call& call, const sale::Outcome& outcome, int status) {
  const sale::SaleRules* rules =
      station.context.directory.current()->find(outcome.sale) == nullptr
          ? nullptr
          : station.context.directory.current()->find(outcome.sale)->rules.get();
  if (outcome.verdict != sale::Verdict::done)
    return station.answer(call, outcome, Success::no_content);
  std::string text;
  live::JsonWriter out(text);
  out.begin_object();
  if (rules != nullptr) out.key("sale").text(rules->key);
  out.key("number").number(outcome.sale.value()).key("phase").text(sale::to_string(outcome.phase));
  out.key("repeated").boolean(outcome.repeated).end_object();
  call.send_json(status, std::move(text));
}

struct Act {
  std::string_view name;
  PhaseAct act;
};
constexpr Act kPhaseActs[] = {{"announce", PhaseAct::announce}, {"open", PhaseAct::open},
                              {"pause", PhaseAct::pause},       {"resume", PhaseAct::resume},
                              {"close", PhaseAct::close},       {"cancel", PhaseAct::cancel}};

TimePoint time_or(Fields& fields, std::string_view name, TimePoint absent) {
  if (!fields.has(name)) return absent;
  const auto time = parse_rfc3339(fields.text(name, 1, 40));
  if (time) return *time;
  fields.fail(name, time.error().message);
  return absent;
}

// The command that an act's body asks for; faults are in `fields`.
std::optional<sale::Command> read_act(Fields& fields, const live::SaleEntry& sale,
                                      const std::string& actor) {
  const std::string name = fields.text("act", 1, 32);
  for (const Act& known : kPhaseActs) {
    if (name != known.name) continue;
    return sale::command::ChangePhase{sale.sale, known.act, actor,
                                      fields.text_or("reason", "", 500)};
  }
  if (name == "restock") {
    const auto item = sale.item(fields.text("item", 1, 64));
    if (!item) fields.fail("item", "there is no such item in this sale");
    const auto count = fields.integer("count", 1, 10'000'000);
    return sale::command::Restock{sale.sale, item.value_or(sale::ItemNo{}),
                                  static_cast<std::uint32_t>(count), actor};
  }
  if (name == "reschedule") {
    const sale::SaleRules& rules = *sale.rules;
    const TimePoint opens = time_or(fields, "opens_at", rules.opens_at);
    // A lobby that began with the opening still does.
    const TimePoint lobby =
        time_or(fields, "lobby_at", rules.lobby_at == rules.opens_at ? opens : rules.lobby_at);
    return sale::command::Reschedule{sale.sale, lobby, opens,
                                     time_or(fields, "closes_at", rules.closes_at), actor};
  }
  if (name == "rate") {
    return sale::command::SetLineRate{
        sale.sale, static_cast<std::uint32_t>(fields.integer("rate", 1, sale::kLineRateMax)),
        actor};
  }
  if (name == "beacon") {
    return sale::command::SetBeacon{sale.sale, fields.text("value", 1, sale::kBeaconMax), actor};
  }
  if (name == "notice") {
    return sale::command::SetNotice{sale.sale, fields.two_languages("notice", sale::kNoticeMax),
                                    actor};
  }
  fields.fail("act",
              "must be announce, open, pause, resume, close, cancel, restock, reschedule, rate, "
              "beacon or notice");
  return std::nullopt;
}

bool is_cancel(const sale::Command& command) {
  const auto* change = std::get_if<sale::command::ChangePhase>(&command);
  return change != nullptr && change->act == PhaseAct::cancel;
}

using Summaries = Result<std::vector<sale::SaleSummary>>;

Summaries read_summaries(const ApiContext& context, const std::vector<sale::SaleNo>& sales) {
  std::vector<sale::SaleSummary> summaries;
  for (const sale::SaleNo sale : sales) {
    auto summary = context.summary(sale);
    if (!summary) return summary.error();
    summaries.push_back(std::move(*summary));
  }
  return summaries;
}

}  // namespace

void admin_list_sales(Station& station, const http::Request&, const PathParams&, CallPtr call) {
  std::vector<sale::SaleNo> sales;
  for (const auto& entry : station.sales->by_number) sales.push_back(entry->sale);
  station.block<Summaries>(
      std::move(call),
      [&context = station.context, sales] { return read_summaries(context, sales); },
      [&station](const CallPtr& asked, const Summaries& summaries) {
        if (!summaries)
          return asked->fail(Problem{problem::kUnavailable, summaries.error().message, 2, {}});
        const TimePoint now = station.context.clock.now();
        std::string text;
        live::JsonWriter out(text);
        out.begin_object().key("sales").begin_array();
        const LatencyWindow::Sums latency = station.context.api_metrics.decisions();
        for (const auto& sale : *summaries)
          write_admin_sale(out, sale, station.context, latency, now);
        out.end_array().end_object();
        asked->send_json(200, std::move(text));
      });
}

void admin_get_sale(Station& station, const http::Request&, const PathParams& params,
                    CallPtr call) {
  const live::SaleEntry* sale = station.sales->find(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  station.block<Summaries>(
      std::move(call),
      [&context = station.context, no = sale->sale] { return read_summaries(context, {no}); },
      [&station](const CallPtr& asked, const Summaries& summaries) {
        if (!summaries)
          return asked->fail(Problem{problem::kUnavailable, summaries.error().message, 2, {}});
        const TimePoint now = station.context.clock.now();
        std::string text;
        live::JsonWriter out(text);
        const sale::SaleSummary& found = summaries->front();
        write_admin_sale(out, found, station.context, station.context.api_metrics.decisions(), now);
        asked->send_json(200, std::move(text));
      });
}

void admin_put_sale(Station& station, const http::Request& request, const PathParams& params,
                    CallPtr call) {
  auto rules = sale::parse_sale_file(request.body, station.context.clock.now());
  if (!rules) return call->fail(problem::kInvalid, rules.error().message);
  if (rules->key != params[0])
    return call->fail(problem::kInvalid, "sale: must be the same as in the path");
  const bool known = station.context.directory.current()->find(rules->key) != nullptr;
  sale::command::DefineSale command{with_draw_secret(std::move(*rules)), actor_of(*call)};
  station.ask(std::move(call), std::move(command),
              [&station, known](const CallPtr& asked, const sale::Outcome& outcome) {
                send_act_answer(station, *asked, outcome, known ? 200 : 201);
              });
}

void admin_act(Station& station, const http::Request& request, const PathParams& params,
               CallPtr call) {
  const live::SaleEntry* sale = station.sales->find(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  const auto body = parse_object(request.body);
  if (!body) return call->fail(problem::kMalformed, body.error().message);
  Fields fields(*body);
  const auto command = read_act(fields, *sale, actor_of(*call));
  if (!fields.finish().empty()) return call->fail(problem::kInvalid, fields.finish());
  const ports::Role role =
      station.context.staff_roles.effective(call->claims.subject, call->claims.role);
  if (is_cancel(*command) && role < ports::Role::owner) {
    return call->fail(problem::kForbidden, "Cancelling a sale needs the role owner.");
  }
  station.ask(std::move(call), *command,
              [&station, no = sale->sale](const CallPtr& asked, sale::Outcome outcome) {
                outcome.sale = no;
                send_act_answer(station, *asked, outcome, 200);
              });
}

}  // namespace onrush::api::handle
