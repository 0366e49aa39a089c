#include "crowd/drive.h"

#include <fmt/format.h>

#include <algorithm>

#include "crowd/fairness.h"

namespace onrush::crowd {
namespace {

constexpr std::int64_t kProgressUs = 200'000;
constexpr std::int64_t kControlUs = 250'000;
constexpr std::int64_t kLoopUs = 50'000;          // longest sleep
constexpr std::int64_t kLateOpeningUs = 300'000;  // for a sale that is open already
constexpr std::int64_t kSettleGraceUs = 20'000'000;
constexpr std::int64_t kVerifyUs = 60'000'000;
constexpr int kTimersAtOnce = 256;  // then sockets are read again
constexpr std::size_t kSecondsMax = 3'600;
constexpr std::uint32_t kWarmAtOnce = 64;

Latency latency_of(const Histogram& h) {
  return {h.percentile(50),   h.percentile(90), h.percentile(99),
          h.percentile(99.9), h.max(),          h.count()};
}

}  // namespace

Drive::Drive(const CrowdConfig& config, Stage stage, std::vector<PlannedShopper> plan,
             RecordWriter record)
    : config_(config),
      stage_(std::move(stage)),
      record_(std::move(record)),
      random_(config.seed ^ 0xc0ffee) {
  shoppers_.resize(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) shoppers_[i].plan = plan[i];
  active_ = shoppers_.size();
  door_ = stage_.door;
  report_.shoppers = config.shoppers;
  prepare_requests();
}

std::int64_t Drive::server_now_ms() const {
  return stage_.server_ms + (monotonic_us() - stage_.at_us) / 1000;
}

std::int64_t Drive::around(Millis interval) {
  const auto us = static_cast<double>(interval.count()) * 1000;
  return static_cast<std::int64_t>(us / 2 + random_.unit() * us);
}

void Drive::at(std::int64_t due_us, std::uint32_t owner, Action action, std::uint8_t extra) {
  timers_.push({due_us, owner, action, extra});
}

void Drive::send(EndpointNo endpoint, std::uint32_t owner, Action action, std::uint8_t extra) {
  const auto tag =
      static_cast<std::uint64_t>(extra) << 40 | static_cast<std::uint64_t>(action) << 32 | owner;
  if (action == Action::listen || action == Action::standby_socket)
    return wire_->open_socket(endpoint, tag);
  wire_->request(endpoint, tag);
}

void Drive::schedule_all() {
  now_us_ = monotonic_us();
  const std::int64_t until_opening_us =
      (stage_.opens_at_ms - stage_.server_ms) * 1000 - (now_us_ - stage_.at_us);
  opening_us_ = now_us_ + std::max(until_opening_us, kLateOpeningUs);
  const auto seconds = static_cast<std::size_t>(config_.arrival_window.count() / 1000 + 2);
  intended_per_second_.resize(std::min(seconds, kSecondsMax));
  sent_per_second_.resize(intended_per_second_.size());
  for (std::uint32_t id = 0; id < shoppers_.size(); ++id) {
    Shopper& shopper = shoppers_[id];
    const PlannedShopper& plan = shopper.plan;
    shopper.intended_us = shopper.clicked_us = opening_us_ + plan.arrive_us;
    if (door_.any()) {
      schedule_door(id);
      if (plan.polls_before) {
        at(std::max(now_us_, opening_us_ + plan.appears_us), id, Action::document);
      }
      continue;
    }
    for (std::uint8_t click = 0; click < plan.clicks; ++click) {
      const std::int64_t due_us = shopper.intended_us + click * plan.click_gap_us;
      at(due_us, id, Action::hold, click);
      ++report_.clicks_intended;
      const auto second = static_cast<std::size_t>((due_us - opening_us_) / 1'000'000);
      if (second < intended_per_second_.size()) ++intended_per_second_[second];
    }
    if (plan.polls_before) {
      at(std::max(now_us_, opening_us_ + plan.appears_us), id, Action::document);
    }
  }
  // Listeners come one after the other until shortly before the opening.
  const std::int64_t span_us =
      std::max<std::int64_t>((opening_us_ - now_us_) * 8 / 10, kLateOpeningUs);
  for (std::uint32_t i = 0; i < config_.listeners; ++i) {
    at(now_us_ + span_us * i / config_.listeners, i, Action::listen);
  }
  at(now_us_, kNobody, Action::control);
}

void Drive::fire(const Timer& timer) {
  if (timer.action == Action::control) {
    send(rush_, kNobody, Action::control);
    return at(now_us_ + kControlUs, kNobody, Action::control);
  }
  if (timer.action == Action::listen) {
    if (!ending_) send(rush_, timer.owner, Action::listen);
    return;
  }
  Shopper& shopper = shoppers_[timer.owner];
  switch (timer.action) {
    case Action::hold:
      if (timer.extra == 0) {
        if (shopper.state == State::before) {
          shopper.state = State::asked;
          ++arrived_;
        } else if (shopper.state != State::asked) {
          return;
        } else {
          shopper.intended_us = timer.due_us;  // a retry
        }
        if (over() && shopper.intended_us > shopper.clicked_us) return finish(timer.owner);
      }
      return send(rush_, timer.owner, Action::hold, timer.extra);
    case Action::document: {
      const bool waits = shopper.state == State::in_line;
      const bool goes_on =
          shopper.plan.kind == Kind::refresher && shopper.state != State::done && !over();
      if (shopper.state != State::before && !goes_on && !waits) return;
      send(rush_, timer.owner, Action::document, timer.extra);
      return at(now_us_ + around(waits && !goes_on ? config_.line_poll : config_.poll_interval),
                timer.owner, Action::document, static_cast<std::uint8_t>(timer.extra + 1));
    }
    case Action::me:
      if (shopper.state != State::standing_by || timer.extra != shopper.poll_chain) return;
      return send(rush_, timer.owner, Action::me, timer.extra);
    case Action::decide:
      return decide(timer.owner);
    case Action::arrive:
      if (shopper.state != State::before) return;
      shopper.state = State::at_door;
      ++arrived_;
      return door_step(timer.owner);
    case Action::step:
      return door_step(timer.owner);
    case Action::sign_up:
    case Action::place:
    case Action::look_place:
    case Action::leave_line:
    case Action::claim:
    case Action::challenge:
    case Action::answer_challenge:
    case Action::path:
      if (shopper.state == State::done && timer.extra == 0) return;
      if (timer.extra == 0) shopper.door.due_us = timer.due_us;
      return send(rush_, timer.owner, timer.action, timer.extra);
    case Action::verify:
      return send(general_, timer.owner, Action::verify);
    default: {
      if (shopper.state == State::done) return;
      const EndpointNo endpoint = timer.action == Action::pay_form ? shopper.hosted : general_;
      return send(endpoint, timer.owner, timer.action, timer.extra);
    }
  }
}

// One turn of the loop: what is due is sent, what has come is read.
void Drive::step(std::int64_t until_us) {
  now_us_ = monotonic_us();
  for (int i = 0; i < kTimersAtOnce && !timers_.empty() && timers_.top().due_us <= now_us_; ++i) {
    const Timer timer = timers_.top();
    timers_.pop();
    fire(timer);
  }
  solve_puzzles();
  std::int64_t wake_us = std::min(until_us, now_us_ + kLoopUs);
  if (!puzzles_.empty()) wake_us = now_us_;
  if (!timers_.empty()) wake_us = std::min(wake_us, timers_.top().due_us);
  wire_->poll(wake_us - monotonic_us());
  now_us_ = monotonic_us();
}

bool Drive::finished(std::int64_t now_us) {
  if (now_us > opening_us_ + config_.time_limit.count() * 1000) {
    report_.ended_by_time_limit = active_ > 0;
    return true;
  }
  if (active_ == 0) return true;
  if (!over()) {
    over_since_us_ = 0;
    return false;
  }
  if (over_since_us_ == 0) over_since_us_ = now_us;
  return now_us - over_since_us_ > kSettleGraceUs;
}

void Drive::tell(const ProgressCallback& progress, std::int64_t now_us) {
  if (!progress) return;
  const Transport& t = report_.transport;
  Progress p;
  p.seconds = static_cast<double>(now_us - opening_us_) / 1e6;
  p.phase = phase_;
  p.arrived = arrived_;
  p.granted = report_.orders.granted;
  p.standby = waiting_;
  p.sold_out = report_.answers.sold_out;
  p.paid = report_.orders.paid;
  p.expired = report_.orders.expired + report_.orders.late_refunded;
  p.errors = t.connect + t.closed + t.timeout + t.malformed;
  for (const auto& [what, count] : report_.unexpected) p.errors += count;
  p.p99_us = hold_latency_.percentile(99);
  p.line = door_.line;
  p.drawn = drawn_;
  p.places = report_.line.places;
  p.in_line = in_line_;
  p.serving = serving_;
  p.passes = report_.line.passes;
  progress(p);
}

Status Drive::run(const ProgressCallback& progress, const std::atomic<bool>* stop) {
  auto wire =
      Wire::create(*this, {config_.connections, config_.source_addresses, config_.request_timeout});
  if (!wire) return wire.error();
  wire_ = std::make_unique<Wire>(std::move(*wire));
  rush_ = wire_->endpoint(stage_.rush);
  general_ = wire_->endpoint(stage_.general);
  schedule_all();
  const std::uint32_t warm_max = std::min(config_.connections, config_.shoppers);
  std::uint32_t warm = 0;
  std::int64_t next_tell_us = now_us_;
  while (!finished(now_us_) && !(stop != nullptr && stop->load(std::memory_order_relaxed))) {
    // Shoppers who are there before the opening are connected by then, a few at a time.
    if (warm < warm_max && now_us_ < opening_us_) {
      warm = std::min(warm + kWarmAtOnce, warm_max);
      wire_->warm(rush_, warm);
    }
    if (now_us_ >= next_tell_us) {
      tell(progress, now_us_);
      next_tell_us = now_us_ + kProgressUs;
    }
    step(warm < warm_max ? now_us_ + 2'000 : next_tell_us);
    if (auto written = record_.flush(); !written) {
      report_.failures.push_back(written.error().message);
      record_ = RecordWriter{};
    }
  }
  ending_ = true;
  complete_report(now_us_);
  verify_orders(stop);
  report_.transport.connections = wire_->counts().connections;
  report_.transport.stale_retries = wire_->counts().stale_retries;
  tell(progress, now_us_);
  return {};
}

// Every order that was acknowledged as paid is asked for once more.
void Drive::verify_orders(const std::atomic<bool>* stop) {
  timers_ = {};
  for (std::uint32_t id = 0; id < shoppers_.size() && verifying_ < config_.verify_orders_max;
       ++id) {
    if (!shoppers_[id].paid) continue;
    ++verifying_;
    shoppers_[id].give_up_us = 0;
    // Spread over time, so that checking is no second rush.
    at(now_us_ + static_cast<std::int64_t>(verifying_) * 100, id, Action::verify);
  }
  const std::int64_t until_us = now_us_ + kVerifyUs;
  while (verifying_ > 0 && now_us_ < until_us &&
         !(stop != nullptr && stop->load(std::memory_order_relaxed))) {
    step(until_us);
  }
  if (verifying_ > 0) {
    report_.failures.push_back(
        fmt::format("{} paid orders could not be asked for again", verifying_));
  }
}

void Drive::complete_groups() {
  std::array<GroupResult, 3> groups;
  groups[static_cast<std::size_t>(Group::person)].group = "people";
  groups[static_cast<std::size_t>(Group::bot)].group = "bots";
  groups[static_cast<std::size_t>(Group::modified)].group = "modified clients";
  std::uint64_t wins = 0;
  for (const Shopper& shopper : shoppers_) {
    GroupResult& group = groups[static_cast<std::size_t>(shopper.plan.group)];
    ++group.accounts;
    group.requests += shopper.requests;
    if (!shopper.won) continue;
    ++group.wins;
    ++wins;
  }
  for (GroupResult& group : groups) {
    if (group.accounts == 0) continue;
    const Advantage a = advantage(group.accounts, group.wins, shoppers_.size(), wins);
    group.ratio = a.ratio;
    group.low = a.low;
    group.high = a.high;
    report_.groups.push_back(std::move(group));
  }
}

void Drive::complete_report(std::int64_t now_us) {
  report_.seconds = static_cast<double>(now_us - opening_us_) / 1e6;
  report_.hold = latency_of(hold_latency_);
  report_.door = latency_of(door_latency_);
  report_.line.on = door_.line;
  report_.line.serving = serving_;
  report_.line.wait_p50_us = line_wait_.percentile(50);
  report_.line.wait_p99_us = line_wait_.percentile(99);
  complete_groups();
  const auto peak = std::max_element(intended_per_second_.begin(), intended_per_second_.end());
  report_.peak_intended_per_s = *peak;
  report_.peak_sent_per_s =
      sent_per_second_[static_cast<std::size_t>(peak - intended_per_second_.begin())];
  report_.still_waiting = waiting_;
  for (const Shopper& shopper : shoppers_) {
    if (shopper.state != State::done && shopper.order != 0) ++report_.orders.unresolved;
  }
  report_.units_paid_acknowledged = paid_units_.size();
  report_.phase = phase_;
  if (hold_latency_.count() == 0 && door_latency_.count() == 0)
    report_.failures.emplace_back("no hold request was ever answered");
}

}  // namespace onrush::crowd
