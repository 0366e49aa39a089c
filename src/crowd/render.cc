#include "crowd/render.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <iterator>

namespace onrush::crowd {
namespace {

namespace json = boost::json;
constexpr double kLineEverySeconds = 5;

std::string duration(std::int64_t us) {
  if (us < 1'000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{:.1f} ms", static_cast<double>(us) / 1e3);
  return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6);
}

// "label      123  label      456 …", three to a line, zeros left out.
void table(std::string& out, std::string_view title,
           std::initializer_list<std::pair<std::string_view, std::uint64_t>> cells) {
  fmt::format_to(std::back_inserter(out), "{:<14}", title);
  int column = 0;
  for (const auto& [label, value] : cells) {
    if (value == 0) continue;
    if (column > 0 && column % 3 == 0) out += "\n              ";
    fmt::format_to(std::back_inserter(out), "{:<14}{:>10}  ", label, value);
    ++column;
  }
  if (column == 0) out += "none";
  while (out.back() == ' ') out.pop_back();
  out += '\n';
}

json::object latency_json(const Latency& l) {
  return {{"count", l.count},   {"p50_us", l.p50_us},   {"p90_us", l.p90_us},
          {"p99_us", l.p99_us}, {"p999_us", l.p999_us}, {"max_us", l.max_us}};
}

json::object answers_json(const Answers& a) {
  return {{"granted", a.granted},
          {"repeated", a.repeated},
          {"standby", a.standby},
          {"sold_out", a.sold_out},
          {"limit_reached", a.limit_reached},
          {"closed", a.closed},
          {"not_open", a.not_open},
          {"paused", a.paused},
          {"busy", a.busy},
          {"rate_limited", a.rate_limited},
          {"refused", a.refused},
          {"unexpected", a.unexpected}};
}

json::object orders_json(const Orders& o) {
  return {{"granted", o.granted},      {"from_standby", o.from_standby},   {"paid", o.paid},
          {"expired", o.expired},      {"declined", o.declined},           {"released", o.released},
          {"late_paid", o.late_paid},  {"late_refunded", o.late_refunded}, {"refunded", o.refunded},
          {"unresolved", o.unresolved}};
}

json::object transport_json(const Transport& t) {
  return {{"connections", t.connections},
          {"connect", t.connect},
          {"closed", t.closed},
          {"timeout", t.timeout},
          {"malformed", t.malformed},
          {"gave_up", t.gave_up},
          {"stale_retries", t.stale_retries}};
}

std::string verdict(const Report& report, bool colour) {
  const bool good = report.exit_status() == 0;
  const std::string_view word = good ? "PASS" : "FAIL";
  if (!colour) return std::string(word);
  return fmt::format("\x1b[1;{}m{}\x1b[0m", good ? 32 : 31, word);
}

// The line, who won, and what the guards said.
void line_text(std::string& out, const Report& report) {
  const LineResult& l = report.line;
  if (l.on) {
    table(out, "Line",
          {{"places", l.places},
           {"before opening", l.lobby_entries},
           {"numbers", l.drawn_numbers},
           {"called", l.serving},
           {"passes", l.passes},
           {"left it", l.left},
           {"never claimed", l.never_claimed}});
    fmt::format_to(std::back_inserter(out),
                   "{:<14}{:.1f} % of those called have claimed; waited p50 {}  p99 {}\n", "",
                   l.claim_rate * 100, duration(l.wait_p50_us), duration(l.wait_p99_us));
  }
  if (report.groups.size() > 1) {
    for (const GroupResult& g : report.groups) {
      fmt::format_to(std::back_inserter(out),
                     "{:<14}{}: {} accounts, {} requests, {} wins: {:.3f} x an even chance "
                     "(95 %: {:.3f} to {:.3f})\n",
                     "Group", g.group, g.accounts, g.requests, g.wins, g.ratio, g.low, g.high);
    }
  }
  for (const auto& [code, count] : report.refusals) {
    fmt::format_to(std::back_inserter(out), "{:<14}{:<22}{:>10}\n", "Refused", code, count);
  }
}

json::object line_json(const LineResult& l) {
  return {{"places", l.places},
          {"lobby_entries", l.lobby_entries},
          {"numbers", l.drawn_numbers},
          {"called", l.serving},
          {"passes", l.passes},
          {"left", l.left},
          {"never_claimed", l.never_claimed},
          {"claim_rate", l.claim_rate},
          {"wait_p50_us", l.wait_p50_us},
          {"wait_p99_us", l.wait_p99_us}};
}

json::array groups_json(const Report& report) {
  json::array groups;
  for (const GroupResult& g : report.groups) {
    groups.push_back(json::object{{"group", g.group},
                                  {"accounts", g.accounts},
                                  {"requests", g.requests},
                                  {"wins", g.wins},
                                  {"ratio", g.ratio},
                                  {"low", g.low},
                                  {"high", g.high}});
  }
  return groups;
}

}  // namespace

std::string render_line(const Progress& p) {
  if (p.line && p.seconds < 0) {
    return fmt::format("{:>6.1f} s  {:<9}  {:>7} places taken in the lobby  errors {:>4}",
                       p.seconds, p.phase, p.places, p.errors);
  }
  if (p.line) {
    return fmt::format(
        "{:>6.1f} s  {:<9}  in line {:>7}  called {:>6}  passes {:>6}  granted {:>6}  standby "
        "{:>5}  "
        "paid {:>6}  expired {:>5}  errors {:>4}  p99 {}",
        p.seconds, p.phase, p.in_line, p.serving, p.passes, p.granted, p.standby, p.paid, p.expired,
        p.errors, duration(p.p99_us));
  }
  return fmt::format(
      "{:>6.1f} s  {:<9}  arrived {:>7}  granted {:>6}  standby {:>6}  sold out {:>7}  paid {:>6}  "
      "expired {:>5}  errors {:>4}  p99 {}",
      p.seconds, p.phase, p.arrived, p.granted, p.standby, p.sold_out, p.paid, p.expired, p.errors,
      duration(p.p99_us));
}

std::string render_text(const Report& report, bool colour) {
  const Answers& a = report.answers;
  const Orders& o = report.orders;
  const Transport& t = report.transport;
  std::string out;
  table(out, "Shoppers",
        {{"came", report.shoppers},
         {"clicks", report.clicks_intended},
         {"requests", report.requests},
         {"still waiting", report.still_waiting}});
  fmt::format_to(std::back_inserter(out),
                 "{:<14}fullest second: {:.0f} clicks intended, {:.0f} sent\n", "Rate",
                 report.peak_intended_per_s, report.peak_sent_per_s);
  table(out, "Answers",
        {{"granted", a.granted},
         {"repeated", a.repeated},
         {"standby", a.standby},
         {"sold out", a.sold_out},
         {"limit reached", a.limit_reached},
         {"closed", a.closed},
         {"not open", a.not_open},
         {"paused", a.paused},
         {"busy", a.busy},
         {"rate limited", a.rate_limited},
         {"refused", a.refused},
         {"unexpected", a.unexpected}});
  table(out, "Orders",
        {{"granted", o.granted},
         {"from standby", o.from_standby},
         {"paid", o.paid},
         {"expired", o.expired},
         {"declined", o.declined},
         {"released", o.released},
         {"late, paid", o.late_paid},
         {"late, refunded", o.late_refunded},
         {"refunded", o.refunded},
         {"unresolved", o.unresolved}});
  fmt::format_to(
      std::back_inserter(out),
      "{:<14}hold request, from its intended time: p50 {}  p90 {}  p99 {}  p99.9 {}  max {}\n",
      "Latency", duration(report.hold.p50_us), duration(report.hold.p90_us),
      duration(report.hold.p99_us), duration(report.hold.p999_us), duration(report.hold.max_us));
  if (report.door.count > 0) {
    fmt::format_to(
        std::back_inserter(out), "{:<14}requests on the way to it: p50 {}  p99 {}  max {}\n", "",
        duration(report.door.p50_us), duration(report.door.p99_us), duration(report.door.max_us));
  }
  line_text(out, report);
  table(out, "WebSockets",
        {{"opened", report.websockets},
         {"messages", report.live_messages},
         {"personal", report.personal_messages},
         {"lost", report.websockets_lost}});
  table(out, "Transport",
        {{"connections", t.connections},
         {"not connected", t.connect},
         {"closed", t.closed},
         {"timed out", t.timeout},
         {"malformed", t.malformed},
         {"gave up", t.gave_up},
         {"sent again", t.stale_retries}});
  for (const auto& [what, count] : report.unexpected) {
    fmt::format_to(std::back_inserter(out), "{:<14}{} x {}\n", "Unexpected", count, what);
  }
  for (const ItemNumbers& i : report.items) {
    fmt::format_to(std::back_inserter(out),
                   "{:<14}{}: stock {} = paid {} + held {} + free {}, standby {}\n", "Item", i.item,
                   i.stock, i.paid, i.held, i.free, i.standby);
  }
  fmt::format_to(std::back_inserter(out),
                 "{:<14}{} after {:.1f} s{}; {} units paid, {} paid orders asked for again\n",
                 "End", report.phase.empty() ? "unknown" : report.phase, report.seconds,
                 report.ended_by_time_limit ? " (time limit)" : "", report.units_paid_acknowledged,
                 report.orders_verified);
  for (const std::string& text : report.violations) out += "VIOLATION     " + text + '\n';
  for (const std::string& text : report.failures) out += "FAILURE       " + text + '\n';
  out += verdict(report, colour) + '\n';
  return out;
}

std::string render_json(const Report& report) {
  json::array items, violations, failures;
  for (const ItemNumbers& i : report.items) {
    items.push_back(json::object{{"item", i.item},
                                 {"stock", i.stock},
                                 {"free", i.free},
                                 {"held", i.held},
                                 {"paid", i.paid},
                                 {"standby", i.standby}});
  }
  for (const std::string& text : report.violations) violations.emplace_back(text);
  for (const std::string& text : report.failures) failures.emplace_back(text);
  json::object unexpected, refusals;
  for (const auto& [code, count] : report.refusals) refusals[code] = count;
  for (const auto& [what, count] : report.unexpected) unexpected[what] = count;
  const json::object all{{"exit_status", report.exit_status()},
                         {"shoppers", report.shoppers},
                         {"requests", report.requests},
                         {"clicks_intended", report.clicks_intended},
                         {"clicks_sent", report.clicks_sent},
                         {"peak_intended_per_s", report.peak_intended_per_s},
                         {"peak_sent_per_s", report.peak_sent_per_s},
                         {"seconds", report.seconds},
                         {"phase", report.phase},
                         {"answers", answers_json(report.answers)},
                         {"orders", orders_json(report.orders)},
                         {"transport", transport_json(report.transport)},
                         {"hold_latency", latency_json(report.hold)},
                         {"door_latency", latency_json(report.door)},
                         {"line", report.line.on ? json::value(line_json(report.line)) : nullptr},
                         {"groups", groups_json(report)},
                         {"refusals", refusals},
                         {"puzzles_solved", report.puzzles_solved},
                         {"websockets", report.websockets},
                         {"websockets_lost", report.websockets_lost},
                         {"live_messages", report.live_messages},
                         {"personal_messages", report.personal_messages},
                         {"still_waiting", report.still_waiting},
                         {"units_paid_acknowledged", report.units_paid_acknowledged},
                         {"orders_verified", report.orders_verified},
                         {"ended_by_time_limit", report.ended_by_time_limit},
                         {"items", items},
                         {"unexpected", unexpected},
                         {"violations", violations},
                         {"failures", failures}};
  return json::serialize(all);
}

bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(::fileno(stream)) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

LiveLine::LiveLine(std::FILE* stream)
    : stream_(stream), terminal_(::isatty(::fileno(stream)) == 1) {}

LiveLine::~LiveLine() {
  if (terminal_ && written_) std::fputc('\n', stream_);
}

void LiveLine::show(const Progress& progress) {
  if (terminal_) {
    // Erase to the end of the line, so that a shorter text leaves nothing of a longer one.
    fmt::print(stream_, "\r{}\x1b[K", render_line(progress));
  } else {
    if (progress.seconds < next_) return;
    next_ = progress.seconds + kLineEverySeconds;
    fmt::print(stream_, "{}\n", render_line(progress));
  }
  written_ = true;
  std::fflush(stream_);
}

}  // namespace onrush::crowd
