#include "admission/script_score.h"

#include <algorithm>
#include <array>

namespace onrush::admission {
namespace {

// Lower case. Names of libraries, tools and headless browsers as they announce themselves; none of
// them is a part of what a shopper's browser says.
constexpr std::array<std::string_view, 22> kScripted = {
    "curl/",    "wget/",      "python",   "aiohttp",    "httpx",     "scrapy",
    "go-http",  "java/",      "libwww",   "okhttp",     "axios/",    "node-fetch",
    "undici",   "guzzle",     "headless", "phantomjs",  "puppeteer", "playwright",
    "selenium", "httpclient", "k6/",      "apachebench"};

constexpr std::size_t kAgentRead = 512;  // bytes of the header that are looked at

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

Agent agent_of(std::string_view user_agent) {
  if (user_agent.empty()) return Agent::missing;
  std::array<char, kAgentRead> text;
  const std::size_t size = std::min(user_agent.size(), text.size());
  std::transform(user_agent.begin(), user_agent.begin() + static_cast<std::ptrdiff_t>(size),
                 text.begin(), lower);
  const std::string_view folded(text.data(), size);
  const bool scripted = std::any_of(kScripted.begin(), kScripted.end(), [&](std::string_view name) {
    return folded.find(name) != std::string_view::npos;
  });
  return scripted ? Agent::scripted : Agent::browser;
}

unsigned script_score(const Signs& signs) {
  unsigned score = signs.agent == Agent::browser ? 0 : 40;
  if (signs.regular_clicks > 2) score += std::min(10 * (signs.regular_clicks - 2), 40u);
  score += std::min(5 * signs.fast_clicks, 40u);
  if (signs.first_at_opening) score += 20;
  score += signs.accounts_seen >= 31 ? 20 : signs.accounts_seen >= 24 ? 10 : 0;
  return std::min(score, kScoreMax);
}

std::uint64_t max_number_of(std::uint64_t of_sale, unsigned level) {
  if (level == 0) return of_sale;
  const std::uint64_t raised = of_sale << (level == 1 ? 2 : 4);
  return std::max(of_sale, std::min(raised, kRaisedNumberMax));
}

}  // namespace onrush::admission
