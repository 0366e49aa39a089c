#include "edge/api/draw_reader.h"

#include <algorithm>

#include "edge/api/draw_leaves.h"
#include "edge/api/station.h"

namespace onrush::api {
namespace {

constexpr std::uint32_t kBlock = DrawLeaves::kBlock;

sale::Outcome outcome_of(sale::Verdict verdict) {
  sale::Outcome outcome;
  outcome.verdict = verdict;
  return outcome;
}

}  // namespace

void DrawReader::answer(CallPtr call, const live::SaleEntry& sale, std::uint32_t from,
                        std::uint32_t limit) {
  // What lies behind the lobby needs no question.
  const std::uint64_t behind = std::uint64_t{sale.draw->entries} + 1;
  Page page{std::move(call), sale.sale, sale.draw->entries, from,
            std::max<std::uint64_t>(from, std::min(std::uint64_t{from} + limit, behind))};
  std::uint32_t missing = 0;
  if (send(page, missing)) return;
  if (waiting_.size() >= kWaitingMax)
    return station_.answer(*page.call, outcome_of(sale::Verdict::busy), Success::no_content);
  waiting_.push_back(std::move(page));
  go_on();
}

bool DrawReader::send(const Page& page, std::uint32_t& missing) const {
  std::string text = R"({"from":)" + std::to_string(page.from) + R"(,"leaves":[)";
  text.reserve(text.size() + (page.end - page.from) * DrawLeaves::kLeafText + 2);
  for (std::uint64_t entry = page.from; entry < page.end;) {
    const auto block = static_cast<std::uint32_t>((entry - 1) / kBlock);
    const auto leaves = station_.context.draw_leaves.find(page.sale, block);
    if (leaves == nullptr) {
      missing = block;
      return false;
    }
    const std::uint64_t first = std::uint64_t{block} * kBlock + 1;
    const std::uint64_t end = std::min(page.end, first + kBlock);
    text.append(*leaves, (entry - first) * DrawLeaves::kLeafText,
                (end - entry) * DrawLeaves::kLeafText);
    entry = end;
  }
  if (text.ends_with(',')) text.pop_back();
  http::Response response;
  response.body = std::move(text.append("]}"));
  response.headers = "Cache-Control: public, max-age=86400, immutable\r\n";
  page.call->send(std::move(response));
  return true;
}

void DrawReader::go_on() {
  while (!asking_ && !waiting_.empty()) {
    const Page& first = waiting_.front();
    std::uint32_t block = 0;
    if (send(first, block)) {
      waiting_.pop_front();
      continue;
    }
    // The crowd asks here: payments and staff keep their lane.
    asking_ = station_.office.ask(
        sale::command::LobbyLeaves{first.sale, block * kBlock + 1, kBlock}, ports::Lane::rush,
        [this, block](const sale::Outcome& outcome) { take(block, outcome); });
    if (!asking_) fail_first(outcome_of(sale::Verdict::busy));
  }
}

void DrawReader::take(std::uint32_t block, const sale::Outcome& outcome) {
  asking_ = false;
  const Page& page = waiting_.front();
  const std::size_t expected = std::min(kBlock, page.entries - block * kBlock);
  if (outcome.verdict != sale::Verdict::found) {
    fail_first(outcome);
  } else if (outcome.leaves == nullptr || outcome.leaves->leaves.size() != expected) {
    fail_first(outcome_of(sale::Verdict::unavailable));
  } else {
    station_.context.draw_leaves.keep(page.sale, block,
                                      DrawLeaves::text_of(outcome.leaves->leaves));
  }
  go_on();
}

void DrawReader::fail_first(const sale::Outcome& outcome) {
  station_.answer(*waiting_.front().call, outcome, Success::no_content);
  waiting_.pop_front();
}

}  // namespace onrush::api
