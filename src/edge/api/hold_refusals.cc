#include "edge/api/hold_refusals.h"

#include "base/invariant.h"
#include "edge/http/message.h"

namespace onrush::api {
namespace {

constexpr Millis kNumbersMayLag{5};

std::size_t kind_of(sale::Verdict verdict) {
  switch (verdict) {
    case sale::Verdict::sold_out:
      return 0;
    case sale::Verdict::not_open:
      return 1;
    case sale::Verdict::paused:
      return 2;
    default:
      INVARIANT(verdict == sale::Verdict::closed, "no other refusal comes from a latch");
      return 3;
  }
}

std::int64_t number_of(const sale::Outcome& outcome, TimePoint now) {
  if (outcome.verdict == sale::Verdict::sold_out) return outcome.may_return;
  if (outcome.verdict != sale::Verdict::not_open) return 0;
  return std::chrono::ceil<std::chrono::seconds>(outcome.when - now).count();
}

}  // namespace

std::string_view HoldRefusals::get(sale::SaleNo sale, sale::ItemNo item,
                                   const sale::Outcome& outcome, TimePoint now) {
  if (items_.size() <= sale.value()) items_.resize(sale.value() + std::size_t{1});
  auto& items = items_[sale.value()];
  if (items.size() <= item.value()) items.resize(item.value() + std::size_t{1});
  Prepared& prepared = items[item.value()].by_kind[kind_of(outcome.verdict)];

  const std::int64_t number = number_of(outcome, now);
  const bool same = prepared.number == number && prepared.opens_at == to_millis(outcome.when);
  if (same || (!prepared.bytes.empty() && now - prepared.prepared_at < kNumbersMayLag &&
               now >= prepared.prepared_at)) {
    return prepared.bytes;
  }
  AnswerFrame frame;
  frame.now = now;
  http::Response response = answer(outcome, frame);
  response.headers += common_headers_;
  prepared = {http::prepare(response), number, to_millis(outcome.when), now};
  return prepared.bytes;
}

}  // namespace onrush::api
