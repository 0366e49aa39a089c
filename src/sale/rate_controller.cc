#include "sale/rate_controller.h"

#include <algorithm>

namespace onrush::sale {
namespace {

// Never fewer than one in twenty is expected to come, so that a bad minute does not call everybody.
constexpr std::int64_t kShowMin = RateController::kWhole / 20;
// As many as came in full are believed in before anybody was seen.
constexpr std::uint64_t kPrior = 8;
// Beyond so many seconds' worth of calls, what came before counts half.
constexpr std::uint64_t kMemorySeconds = 20;
constexpr std::uint64_t kMemoryMin = 200;
// Claims that could not be had (nothing free, nobody there) are made up for this long, no longer,
// and claims in advance are paid back for this long.
constexpr std::int64_t kCatchUpMillis = 1'000;
constexpr std::int64_t kPayBackMillis = 10'000;
// No sum of these leaves 64 bits, however long nothing happened.
constexpr std::int64_t kAccrualMillis = 86'400'000;
// What was called or claimed at about one time lapses together: so many parts of a life.
constexpr std::int64_t kGrains = 64;
constexpr std::int64_t kWindowMin = 2'000;
// The share of the newest claim in the mean of their delays.
constexpr std::int64_t kDelayMemory = 16;

}  // namespace

// How long a called place is expected to claim: at most as the rules say, less when claims are seen
// to come sooner, so that those who stay away are replaced soon.
std::int64_t RateController::window() const {
  const std::int64_t most = claim_.count();
  if (delay_ < 0) return most;
  return std::min(most, std::max(kWindowMin, 4 * delay_ + 1'000));
}

std::int64_t RateController::grain(Millis life) const {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(life.count()) / kGrains);
}

// A pass counts as active until the end of its grain of time.
std::int64_t RateController::until_of(TimePoint expires) const {
  const std::int64_t size = grain(pass_);
  return (to_millis(expires) + size - 1) / size * size;
}

void RateController::count_shown(Shown& shown, const Call& call) const {
  shown.present += call.present;
  shown.claimed += call.claimed;
  if (shown.present > std::max(kMemoryMin, kMemorySeconds * rate_)) {
    shown.present /= 2;
    shown.claimed /= 2;
  }
}

std::int64_t RateController::show_of(const Shown& shown) {
  const auto share =
      static_cast<std::int64_t>((shown.claimed + kPrior) * kWhole / (shown.present + kPrior));
  return std::clamp(share, kShowMin, kWhole);
}

RateController::View RateController::view(TimePoint now) const {
  const std::int64_t at = to_millis(now);
  View view;
  Shown shown = shown_;
  const auto lapses = [&view](std::int64_t when) {
    if (!view.next_lapse || from_millis(when) < *view.next_lapse)
      view.next_lapse = from_millis(when);
  };
  for (const Call& call : calls_) {
    if (call.at + window() <= at) {
      count_shown(shown, call);
      continue;
    }
    const std::uint32_t expected = call.present - call.claimed - call.away;
    if (expected > 0) lapses(call.at + window());
    view.pending += expected;
  }
  for (const Passes& passes : passes_) {
    if (passes.until <= at || passes.count == 0) continue;
    view.active += passes.count;
    lapses(passes.until);
  }
  view.show = show_of(shown);
  view.credit = credit_;
  // A recovered book is asked before it has looked at its line: at no time at all.
  const std::int64_t passed = std::clamp<std::int64_t>(at - since_, 0, kAccrualMillis);
  if (running_) view.credit += passed * rate_ * (kWhole / 1'000);
  const std::int64_t second = std::int64_t{rate_} * kWhole / 1'000;
  view.credit = std::clamp(view.credit, -kPayBackMillis * second,
                           view.show * view.pending + kCatchUpMillis * second);
  return view;
}

std::uint32_t RateController::to_call(TimePoint now, std::int64_t expected,
                                      std::int64_t places) const {
  if (!running_ || (last_call_ != 0 && to_millis(now) < last_call_ + kCallEvery.count())) return 0;
  const View v = view(now);
  const std::int64_t wanted = std::min(v.owed(), expected * kWhole - v.show * v.pending);
  if (wanted < v.show || places <= 0) return 0;
  return static_cast<std::uint32_t>(std::min(wanted / v.show, places));
}

TimePoint RateController::call_due(const View& v) const {
  const std::int64_t step = std::int64_t{rate_} * (kWhole / 1'000);  // credit of a millisecond
  const std::int64_t missing = v.show * (1 + std::int64_t{v.pending}) - credit_;
  const std::int64_t when = since_ + (missing > 0 ? (missing + step - 1) / step : 0);
  return from_millis(std::max(when, last_call_ + static_cast<std::int64_t>(kCallEvery.count())));
}

// What is over by then is over for good.
void RateController::settle(TimePoint now) {
  const std::int64_t at = to_millis(now);
  credit_ = view(now).credit;
  since_ = at;
  while (!calls_.empty() && calls_.front().at + window() <= at) {
    count_shown(shown_, calls_.front());
    settled_upto_ = calls_.front().upto;
    calls_.pop_front();
  }
  while (!passes_.empty() && passes_.front().until <= at) passes_.pop_front();
}

void RateController::run(TimePoint at) {
  settle(at);
  running_ = true;
  if (first_second_ == 0) first_second_ = to_millis(at) / 1'000;
}

void RateController::pause(TimePoint at) {
  settle(at);
  running_ = false;
}

void RateController::set_rate(std::uint32_t rate, TimePoint at) {
  settle(at);
  rate_ = rate;
  settle(at);  // what was too much at the other rate is bounded by this one
}

void RateController::called(std::uint32_t upto, std::uint32_t present, TimePoint now) {
  settle(now);
  const std::int64_t at = to_millis(now);
  last_call_ = at;
  if (calls_.empty() || at - calls_.back().at >= grain(Millis{window()})) {
    calls_.push_back({at, upto, present, 0, 0});
  } else {
    calls_.back().upto = upto;
    calls_.back().present += present;
  }
}

// nullptr: its time is over.
RateController::Call* RateController::call_of(std::uint32_t number) {
  if (number <= settled_upto_) return nullptr;
  const auto found =
      std::lower_bound(calls_.begin(), calls_.end(), number,
                       [](const Call& call, std::uint32_t n) { return call.upto < n; });
  return found == calls_.end() ? nullptr : &*found;
}

void RateController::claimed(std::uint32_t number, bool first, TimePoint now, TimePoint expires) {
  settle(now);
  const std::int64_t at = to_millis(now);
  credit_ -= kWhole;
  if (Call* call = first ? call_of(number) : nullptr) {
    ++call->claimed;
    const std::int64_t delay = at - call->at;
    delay_ = delay_ < 0 ? delay : delay_ + (delay - delay_) / kDelayMemory;
  } else if (first && shown_.claimed < shown_.present) {
    ++shown_.claimed;  // later than expected, but he came
  }
  const std::int64_t until = until_of(expires);
  if (passes_.empty() || passes_.back().until < until) passes_.push_back({until, 0});
  ++passes_.back().count;
  count_second(at / 1'000);
}

void RateController::stayed_away(std::uint32_t number, TimePoint at) {
  settle(at);
  if (Call* call = call_of(number)) ++call->away;
}

void RateController::pass_ended(TimePoint expires, TimePoint at) {
  settle(at);
  const std::int64_t until = until_of(expires);
  for (Passes& passes : passes_) {
    if (passes.until == until && passes.count > 0) --passes.count;
  }
}

void RateController::count_second(std::int64_t second) {
  for (; second_ < second; ++second_) {
    if (second - second_ > static_cast<std::int64_t>(claims_.size())) {
      second_ = second - static_cast<std::int64_t>(claims_.size());
    }
    claims_[static_cast<std::size_t>(second_ + 1) % claims_.size()] = 0;
  }
  ++claims_[static_cast<std::size_t>(second) % claims_.size()];
}

std::uint32_t RateController::claim_rate_milli(TimePoint now) const {
  const std::int64_t second = to_millis(now) / 1'000;
  std::uint64_t claims = 0;
  for (std::int64_t s = second - std::int64_t{kSeconds}; s < second; ++s) {
    if (s <= second_ && s > second_ - static_cast<std::int64_t>(claims_.size()) && s >= 0)
      claims += claims_[static_cast<std::size_t>(s) % claims_.size()];
  }
  const std::int64_t seconds =
      std::clamp<std::int64_t>(second - first_second_, 1, std::int64_t{kSeconds});
  return static_cast<std::uint32_t>(claims * 1'000 / static_cast<std::uint64_t>(seconds));
}

std::uint32_t RateController::pending() const {
  std::uint32_t sum = 0;
  for (const Call& call : calls_) sum += call.present - call.claimed - call.away;
  return sum;
}

std::uint32_t RateController::active() const {
  std::uint32_t sum = 0;
  for (const Passes& passes : passes_) sum += passes.count;
  return sum;
}

bool RateController::counts(TimePoint expires) const {
  const std::int64_t until = until_of(expires);
  return std::any_of(passes_.begin(), passes_.end(),
                     [until](const Passes& passes) { return passes.until == until; });
}

void RateController::save(ByteWriter& out) const {
  out.put(rate_);
  out.put(static_cast<std::uint8_t>(running_));
  out.put_all(since_, credit_, last_call_, delay_, settled_upto_, shown_.present, shown_.claimed,
              second_, first_second_);
  for (const std::uint32_t claims : claims_) out.put(claims);
  out.put(static_cast<std::uint32_t>(calls_.size()));
  for (const Call& call : calls_)
    out.put_all(call.at, call.upto, call.present, call.claimed, call.away);
  out.put(static_cast<std::uint32_t>(passes_.size()));
  for (const Passes& passes : passes_) out.put_all(passes.until, passes.count);
}

bool RateController::load(ByteReader& in) {
  rate_ = in.get<std::uint32_t>();
  running_ = in.get<std::uint8_t>() != 0;
  for (std::int64_t* field : {&since_, &credit_, &last_call_, &delay_})
    *field = in.get<std::int64_t>();
  settled_upto_ = in.get<std::uint32_t>();
  shown_.present = in.get<std::uint64_t>();
  shown_.claimed = in.get<std::uint64_t>();
  second_ = in.get<std::int64_t>();
  first_second_ = in.get<std::int64_t>();
  for (std::uint32_t& claims : claims_) claims = in.get<std::uint32_t>();
  for (auto n = in.get<std::uint32_t>(); n > 0 && in.ok(); --n) {
    Call& call = calls_.emplace_back();
    call.at = in.get<std::int64_t>();
    for (std::uint32_t* field : {&call.upto, &call.present, &call.claimed, &call.away})
      *field = in.get<std::uint32_t>();
  }
  for (auto n = in.get<std::uint32_t>(); n > 0 && in.ok(); --n) {
    Passes& passes = passes_.emplace_back();
    passes.until = in.get<std::int64_t>();
    passes.count = in.get<std::uint32_t>();
  }
  return in.ok();
}

}  // namespace onrush::sale
