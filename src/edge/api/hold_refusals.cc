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
    case sale::Verdict::pass_required:
      return 4;
    default:
      INVARIANT(verdict == sale::Verdict::closed, "no other refusal comes from a latch");
      return 3;
  }
}

std::int64_t number_of(const LatchRefusal& refusal, TimePoint now) {
  if (refusal.verdict == sale::Verdict::sold_out) return refusal.may_return;
  if (refusal.verdict != sale::Verdict::not_open) return 0;
  return std::chrono::ceil<std::chrono::seconds>(refusal.when - now).count();
}

}  // namespace

sale::Outcome LatchRefusal::outcome() const {
  sale::Outcome outcome;
  outcome.verdict = verdict;
  outcome.phase = phase;
  outcome.may_return = may_return;
  outcome.when = when;
  return outcome;
}

std::string_view HoldRefusals::get(sale::SaleNo sale, sale::ItemNo item,
                                   const LatchRefusal& refusal, TimePoint now) {
  if (items_.size() <= sale.value()) items_.resize(sale.value() + std::size_t{1});
  auto& items = items_[sale.value()];
  if (items.size() <= item.value()) items.resize(item.value() + std::size_t{1});
  Prepared& prepared = items[item.value()].by_kind[kind_of(refusal.verdict)];

  const std::int64_t number = number_of(refusal, now);
  const bool same = prepared.number == number && prepared.opens_at == to_millis(refusal.when);
  if (same || (!prepared.bytes.empty() && now - prepared.prepared_at < kNumbersMayLag &&
               now >= prepared.prepared_at)) {
    return prepared.bytes;
  }
  AnswerFrame frame;
  frame.now = now;
  http::Response response = answer(refusal.outcome(), frame);
  response.headers += common_headers_;
  prepared = {http::prepare(response), number, to_millis(refusal.when), now};
  return prepared.bytes;
}

}  // namespace onrush::api
