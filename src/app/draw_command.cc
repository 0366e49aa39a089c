// draw verify: a published draw, from files or from a server, proved by the auditor.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "app/commands.h"
#include "app/http_client.h"
#include "app/text_file.h"
#include "auditor/draw.h"

namespace onrush::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 10'000;
constexpr Millis kPatience{30'000};

struct Evidence {
  auditor::PublishedDraw draw;
  std::vector<auditor::DrawLeaf> leaves;
};

Result<Evidence> from_files(const DrawOptions& options) {
  const auto document = read_text_file(options.document);
  if (document.has_error()) return document.error();
  const auto draw = auditor::parse_draw(*document);
  if (draw.has_error()) return draw.error();
  Evidence evidence{*draw, {}};
  for (const std::string& path : options.entries) {
    const auto page = read_text_file(path);
    if (page.has_error()) return page.error();
    if (const Status read = auditor::parse_leaves(*page, evidence.leaves); read.has_error())
      return invalid(path + ": " + read.error().message);
  }
  return evidence;
}

Result<std::string> fetch(const std::string& url) {
  const auto answer = http_call("GET", url, {}, {}, kPatience);
  if (answer.has_error()) return answer.error();
  if (answer->status != 200) return rejected(fmt::format("{}: status {}", url, answer->status));
  return answer->body;
}

Result<Evidence> from_server(const DrawOptions& options) {
  std::string base = options.url;
  while (base.ends_with('/')) base.pop_back();
  base += "/api/v1/sales/" + options.sale + "/draw";
  const auto document = fetch(base);
  if (document.has_error()) return document.error();
  const auto draw = auditor::parse_draw(*document);
  if (draw.has_error()) return draw.error();
  Evidence evidence{*draw, {}};
  while (draw->revealed && evidence.leaves.size() < draw->entries) {
    const std::size_t before = evidence.leaves.size();
    const auto page = fetch(fmt::format("{}/entries?from={}&limit={}", base, before + 1, kPage));
    if (page.has_error()) return page.error();
    if (const Status read = auditor::parse_leaves(*page, evidence.leaves); read.has_error())
      return read.error();
    if (evidence.leaves.size() == before) break;  // fewer than took part: the verifier says so
  }
  return evidence;
}

std::string text_of(const auditor::DrawReport& report, std::uint64_t buyer) {
  std::string out = fmt::format("Draw      {}: {} entries\n", report.sale, report.entries);
  for (const auto& finding : report.findings)
    out += fmt::format("WRONG     {}: {}\n", finding.code, finding.text);
  for (const auto& [entry, place] : report.own)
    out += fmt::format("Buyer     {}: entry {} has place {}\n", buyer, entry, place);
  if (buyer != 0 && report.own.empty())
    out += fmt::format("Buyer     {}: not in the draw\n", buyer);
  return out + (report.passed() ? "draw: PASS\n" : "draw: FAIL\n");
}

std::string json_of(const auditor::DrawReport& report) {
  json::array findings;
  for (const auto& finding : report.findings)
    findings.push_back(json::object{{"code", finding.code}, {"text", finding.text}});
  json::array own;
  for (const auto& [entry, place] : report.own)
    own.push_back(json::object{{"entry", entry}, {"place", place}});
  return json::serialize(json::object{{"passed", report.passed()},
                                      {"sale", report.sale},
                                      {"entries", report.entries},
                                      {"findings", std::move(findings)},
                                      {"own", std::move(own)}}) +
         "\n";
}

}  // namespace

int run_draw_verify(const DrawOptions& options) {
  if (options.document.empty() == options.url.empty() ||
      (!options.url.empty() && options.sale.empty())) {
    std::fprintf(stderr, "onrush: --document with --entries, or --url with --sale, is needed\n");
    return kUsage;
  }
  const auto evidence = options.url.empty() ? from_files(options) : from_server(options);
  if (evidence.has_error()) {
    std::fprintf(stderr, "onrush: %s\n", evidence.error().message.c_str());
    return kEnvironment;
  }
  const auto report = auditor::verify_draw(evidence->draw, evidence->leaves, options.buyer);
  std::fputs((options.json ? json_of(report) : text_of(report, options.buyer)).c_str(), stdout);
  return report.passed() ? kOk : kViolation;
}

}  // namespace onrush::app
