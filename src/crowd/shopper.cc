// What one shopper does with each answer.
#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>

#include "crowd/drive.h"

namespace onrush::crowd {
namespace {

constexpr std::int64_t kNotOpenRetryUs = 200'000;
constexpr std::int64_t kFirstLookUs = 100'000;
constexpr std::uint8_t kLooksMax = 60;
constexpr std::int64_t kDeadlineGraceMs = 5'000;  // of a hold that ought to have ended

bool waits_for_money(const OrderSeen& order) {
  return order.payment_state == "captured" || order.payment_state == "started" ||
         order.payment_state == "unknown";
}

}  // namespace

void Drive::note(std::uint32_t id, std::string_view kind) {
  const Shopper& shopper = shoppers_[id];
  RecordLine line{server_now_ms(), std::string(kind), stage_.buyers[id], shopper.order,
                  shopper.units};
  if (kind == "standby") line.order = 0;
  record_.add(line);
}

void Drive::unexpected(std::string_view what, int status) {
  ++report_.unexpected[fmt::format("{} {}", what, status)];
}

void Drive::violation(std::string text) {
  constexpr std::size_t kViolationsKept = 100;
  if (report_.violations.size() < kViolationsKept) report_.violations.push_back(std::move(text));
}

void Drive::finish(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state == State::done) return;
  if (shopper.state == State::standing_by) --waiting_;
  if (shopper.state == State::in_line) --in_line_;
  shopper.state = State::done;
  shopper.hosted_path = {};
  --active_;
}

void Drive::retry(std::uint32_t id, Action action, std::uint8_t extra, std::int64_t delay_us) {
  const auto jitter = static_cast<std::int64_t>(random_.unit() * static_cast<double>(delay_us) / 2);
  at(now_us_ + delay_us + jitter, id, action, extra);
}

// 429 and 503 say when to come again.
bool Drive::retry_if_busy(std::uint32_t id, Action action, std::uint8_t extra,
                          const Answer& answer) {
  if (answer.status != 503 && answer.status != 429) return false;
  ++(answer.status == 429 ? report_.answers.rate_limited : report_.answers.busy);
  retry(id, action, extra,
        answer.retry_after_s > 0 ? answer.retry_after_s * 1'000'000LL : kBusyRetryUs);
  return true;
}

void Drive::answer_hold(std::uint32_t id, std::uint8_t click, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  const std::int64_t intended =
      click == 0 ? shopper.intended_us : shopper.clicked_us + click * shopper.plan.click_gap_us;
  hold_latency_.record(monotonic_us() - intended);
  if (answer.status == 201 || answer.status == 200) {
    const auto order = read_order(answer.body);
    if (!order) return unexpected("POST holds, unreadable", answer.status);
    ++(order->repeated ? report_.answers.repeated : report_.answers.granted);
    return granted(id, *order, false);
  }
  if (answer.status == 202) {
    ++report_.answers.standby;
    if (shopper.state == State::asked) stand_by(id);
    return;
  }
  refused_hold(id, click, answer);
}

void Drive::refused_hold(std::uint32_t id, std::uint8_t click, const Answer& answer) {
  const bool undecided = shoppers_[id].state == State::asked;
  const std::string_view code = problem_code(answer.body);
  ++report_.refusals[std::string(code.empty() ? "unnamed" : code)];
  if (answer.status == 409 && (code == "sold_out" || code == "limit_reached")) {
    ++(code == "sold_out" ? report_.answers.sold_out : report_.answers.limit_reached);
    // What an earlier click of the same shopper has got stays.
    if (undecided) finish(id);
  } else if (answer.status == 410) {
    ++report_.answers.closed;
    if (undecided) finish(id);
  } else if (answer.status == 425) {
    ++report_.answers.not_open;
    if (undecided && click == 0) {
      const std::int64_t wait = std::max(opening_us_ - now_us_, kNotOpenRetryUs);
      retry(id, Action::hold, 0, wait);
    }
  } else if (answer.status == 503 || answer.status == 429) {
    auto& count = answer.status == 429 ? report_.answers.rate_limited
                  : code == "paused"   ? report_.answers.paused
                                       : report_.answers.busy;
    ++count;
    if (undecided && click == 0) {
      retry(id, Action::hold, 0,
            answer.retry_after_s > 0 ? answer.retry_after_s * 1'000'000LL : kBusyRetryUs);
    }
  } else if (answer.status == 403) {
    ++report_.answers.refused;
    if (undecided && click == 0) guard_refused(id, Action::hold, answer);
  } else if (answer.status >= 400 && answer.status < 500) {
    ++report_.answers.refused;
    ++report_.unexpected[fmt::format("POST holds {} {}", answer.status, code)];
    if (undecided) finish(id);
  } else {
    ++report_.answers.unexpected;
    unexpected("POST holds", answer.status);
    if (undecided) finish(id);
  }
}

// The same order may be heard of several times; another one than before is a second purchase.
void Drive::granted(std::uint32_t id, const OrderSeen& order, bool from_standby) {
  Shopper& shopper = shoppers_[id];
  if (shopper.order == order.order) return;
  if (shopper.order != 0) {
    const bool first_still_held = !shopper.submitted && shopper.plan.kind != Kind::quitter &&
                                  server_now_ms() < shopper.deadline_ms;
    if (first_still_held && shopper.state == State::holding) {
      violation(
          fmt::format("buyer {} asked repeatedly for the same and holds both order {} and order {}",
                      stage_.buyers[id], shopper.order, order.order));
    }
    return;
  }
  if (order.buyer != 0 && order.buyer != stage_.buyers[id]) {
    violation(fmt::format("order {} of buyer {} was given to buyer {}", order.order, order.buyer,
                          stage_.buyers[id]));
  }
  if (shopper.state == State::standing_by) --waiting_;
  if (shopper.state == State::done) ++active_;  // an answer after the shopper had gone
  shopper.state = State::holding;
  shopper.won = true;
  shopper.order = order.order;
  shopper.deadline_ms = order.deadline_ms;
  shopper.units = order.units;
  ++report_.orders.granted;
  if (from_standby) ++report_.orders.from_standby;
  note(id, "hold");
  at(now_us_ + think_us(), id, Action::decide);
}

void Drive::stand_by(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  shopper.state = State::standing_by;
  ++waiting_;
  note(id, "standby");
  at(now_us_ + around(config_.standby_poll), id, Action::me, ++shopper.poll_chain);
  if (shopper.plan.waits_by_socket && !shopper.socket_open &&
      standby_sockets_ < config_.standby_sockets_max) {
    ++standby_sockets_;
    shopper.socket_open = true;
    send(rush_, id, Action::standby_socket);
  }
}

void Drive::answer_me(std::uint32_t id, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state != State::standing_by) return;
  if (answer.status == 200) {
    const auto me = read_me(answer.body);
    if (!me) {
      unexpected("GET me, unreadable", answer.status);
    } else {
      for (const OrderSeen& order : me->orders) {
        if (order.state == "awaiting_payment") return granted(id, order, true);
      }
      // Neither a place nor an order to pay: the line has ended for this shopper, or the turn came
      // and went while nobody listened.
      if (me->standby == 0) {
        if (!me->orders.empty()) {
          ++report_.orders.granted;
          ++report_.orders.from_standby;
          ++report_.orders.expired;
          shopper.won = true;
        }
        return finish(id);
      }
    }
  } else if (answer.status != 503 && answer.status != 429) {
    unexpected("GET me", answer.status);
  }
  const Millis interval = shopper.socket_open ? config_.standby_poll * 10 : config_.standby_poll;
  at(now_us_ + around(interval), id, Action::me, shopper.poll_chain);
}

void Drive::decide(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state != State::holding) return;
  if (shopper.plan.kind == Kind::abandoner) {
    // Looks once more after the deadline, only to see that the hold has really ended.
    shopper.state = State::watching;
    const std::int64_t left_ms = std::max<std::int64_t>(0, shopper.deadline_ms - server_now_ms());
    return at(now_us_ + (left_ms + 1500) * 1000, id, Action::look_up);
  }
  shopper.state = State::paying;
  send(general_, id, shopper.plan.kind == Kind::quitter ? Action::release : Action::pay_start);
}

void Drive::answer_pay_start(std::uint32_t id, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  if (retry_if_busy(id, Action::pay_start, 0, answer)) return;
  if (answer.status == 409) return look_again(id);  // most likely it has expired meanwhile
  const auto url =
      answer.status == 201 || answer.status == 200 ? read_payment_url(answer.body) : std::nullopt;
  const auto parsed =
      url ? boost::urls::parse_uri(*url)
          : boost::system::result<boost::urls::url_view>{boost::urls::error::not_a_base};
  const auto address = parsed ? parse_address(std::string_view(parsed->encoded_host_and_port()))
                              : Result<sockaddr_in>{invalid("no address")};
  if (!address || parsed->scheme() != "http" || (!config_.allow_remote && !is_loopback(*address))) {
    unexpected("POST payments", answer.status);
    return look_again(id);
  }
  shopper.hosted = wire_->endpoint(*address);
  hosts_.emplace(shopper.hosted, std::string_view(parsed->encoded_host_and_port()));
  shopper.hosted_path = std::string_view(parsed->encoded_target());
  if (shopper.hosted_path.empty()) shopper.hosted_path = "/";
  shopper.submitted = true;
  send(shopper.hosted, id, Action::pay_form, 0);
  if (shopper.plan.kind == Kind::duplicate_payer) send(shopper.hosted, id, Action::pay_form, 1);
}

void Drive::answer_pay_form(std::uint32_t id, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state != State::paying) return;  // the second copy of a duplicate payer
  if (retry_if_busy(id, Action::pay_form, 0, answer)) return;
  if (answer.status != 303 && answer.status != 302 && answer.status != 200) {
    unexpected("POST payment page", answer.status);
  }
  shopper.state = State::watching;
  at(now_us_ + kFirstLookUs, id, Action::look_up);
}

void Drive::answer_release(std::uint32_t id, const Answer& answer) {
  if (retry_if_busy(id, Action::release, 0, answer)) return;
  if (answer.status == 204) {
    ++report_.orders.released;
    note(id, "released");
    return finish(id);
  }
  if (answer.status != 409) unexpected("DELETE order", answer.status);
  look_again(id);
}

void Drive::look_again(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  if (++shopper.looks > kLooksMax) {
    ++report_.orders.unresolved;
    return finish(id);
  }
  shopper.state = State::watching;
  const std::int64_t step = std::min<std::int64_t>(kFirstLookUs << std::min<int>(shopper.looks, 6),
                                                   config_.poll_interval.count() * 2000);
  at(now_us_ + step / 2 + static_cast<std::int64_t>(random_.unit() * static_cast<double>(step)), id,
     Action::look_up);
}

void Drive::keep_paid(std::uint32_t id, const OrderSeen& order) {
  Shopper& shopper = shoppers_[id];
  shopper.paid = true;
  shopper.units = order.units;
  for (const UnitSeen& unit : order.units) {
    const auto [owner, first] = paid_units_.emplace(unit, order.order);
    if (!first && owner->second != order.order) {
      violation(fmt::format("unit {} of {} was acknowledged as paid in order {} and in order {}",
                            unit.unit, unit.item, owner->second, order.order));
    }
  }
  note(id, "paid");
}

// True: nothing more will happen to this order.
bool Drive::settle_order(std::uint32_t id, const OrderSeen& order) {
  const Shopper& shopper = shoppers_[id];
  const bool late = server_now_ms() > shopper.deadline_ms && shopper.plan.kind == Kind::late_payer;
  if (order.state == "paid") {
    ++report_.orders.paid;
    if (late) ++report_.orders.late_paid;
    keep_paid(id, order);
    return true;
  }
  if (order.state == "refunded") {
    ++report_.orders.refunded;
    note(id, "refunded");
    return true;
  }
  if (order.state == "released" || order.state == "declined") {
    ++(order.state == "released" ? report_.orders.released : report_.orders.declined);
    note(id, order.state);
    return true;
  }
  if (order.state == "expired") {
    if (shopper.submitted && waits_for_money(order)) return false;
    const bool money_back =
        order.payment_state == "refund_due" || order.payment_state == "refunded";
    ++(money_back ? report_.orders.late_refunded : report_.orders.expired);
    note(id, "expired");
    return true;
  }
  if (order.state == "awaiting_payment") {
    if (shopper.submitted && order.payment_state == "declined") {
      ++report_.orders.declined;  // the sale allows another try; this shopper does not want one
      return true;
    }
    if (order.deadline_ms != 0 && server_now_ms() > order.deadline_ms + kDeadlineGraceMs) {
      violation(fmt::format("order {} still holds its units {} ms after its deadline", order.order,
                            server_now_ms() - order.deadline_ms));
      return true;
    }
  }
  return false;
}

void Drive::answer_look_up(std::uint32_t id, const Answer& answer) {
  const Shopper& shopper = shoppers_[id];
  if (shopper.state != State::watching) return;
  if (retry_if_busy(id, Action::look_up, 0, answer)) return;
  if (answer.status == 404) {
    violation(fmt::format("order {} was acknowledged to buyer {} and is not found", shopper.order,
                          stage_.buyers[id]));
    return finish(id);
  }
  const auto order = answer.status == 200 ? read_order(answer.body) : std::nullopt;
  if (!order) {
    unexpected("GET order", answer.status);
    return look_again(id);
  }
  if (settle_order(id, *order)) return finish(id);
  look_again(id);
}

void Drive::answer_verify(std::uint32_t id, const Answer& answer) {
  const Shopper& shopper = shoppers_[id];
  if (answer.status == 503 || answer.status == 429) {
    return retry(id, Action::verify, 0, kAwayRetryUs);
  }
  --verifying_;
  const auto order = answer.status == 200 ? read_order(answer.body) : std::nullopt;
  if (!order || (order->state != "paid" && order->state != "refunded")) {
    return violation(
        fmt::format("order {} was acknowledged as paid and is now {}", shopper.order,
                    order ? order->state : fmt::format("answered with {}", answer.status)));
  }
  ++report_.orders_verified;
  auto now = order->units;
  auto then = shopper.units;
  std::sort(now.begin(), now.end());
  std::sort(then.begin(), then.end());
  if (now != then) {
    violation(
        fmt::format("order {} has other units than were acknowledged as paid", shopper.order));
  }
}

}  // namespace onrush::crowd
