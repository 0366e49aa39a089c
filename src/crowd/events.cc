// What the wire hands over goes to the shopper whom it concerns.
#include "crowd/drive.h"

namespace onrush::crowd {

void Drive::on_answer(std::uint64_t tag, const Answer& answer) {
  const auto id = static_cast<std::uint32_t>(tag);
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  const auto extra = static_cast<std::uint8_t>(tag >> 40 & 0xff);
  if (action == Action::listen) {
    unexpected("WebSocket", answer.status);
    return at(now_us_ + kBusyRetryUs, id, Action::listen);
  }
  if (action == Action::control) {
    if (const auto live = answer.status == 200 ? read_live(answer.body) : std::nullopt; live) {
      phase_ = live->phase;
      if (door_.line) {
        if (const auto line = read_line(answer.body); line) follow_line(*line);
        if (over()) leave_all_lines();
      }
    }
    return;
  }
  if (action == Action::document) {
    if (answer.status != 200 && answer.status != 304 && answer.status != 503) {
      unexpected("GET document", answer.status);
    }
    return;
  }
  shoppers_[id].give_up_us = 0;
  switch (action) {
    case Action::hold:
      return answer_hold(id, extra, answer);
    case Action::me:
      return answer_me(id, answer);
    case Action::pay_start:
      return answer_pay_start(id, answer);
    case Action::pay_form:
      return answer_pay_form(id, answer);
    case Action::look_up:
      return answer_look_up(id, answer);
    case Action::release:
      return answer_release(id, answer);
    case Action::verify:
      return answer_verify(id, answer);
    case Action::standby_socket:
      unexpected("WebSocket", answer.status);
      return on_socket_closed(tag);
    default:
      answer_at_door(id, action, extra, answer);
      return;
  }
}

void Drive::on_failure(std::uint64_t tag, Failure failure) {
  const auto id = static_cast<std::uint32_t>(tag);
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  const auto extra = static_cast<std::uint8_t>(tag >> 40 & 0xff);
  switch (failure) {
    case Failure::connect:
      ++report_.transport.connect;
      break;
    case Failure::closed:
      ++report_.transport.closed;
      break;
    case Failure::timeout:
      ++report_.transport.timeout;
      break;
    case Failure::malformed:
      ++report_.transport.malformed;
      break;
  }
  if (action == Action::control || action == Action::document) return;
  if (action == Action::listen) {
    if (!ending_) at(now_us_ + around(Millis{1'000}), id, Action::listen);
    return;
  }
  if (action == Action::standby_socket) return on_socket_closed(tag);
  Shopper& shopper = shoppers_[id];
  if (shopper.state == State::done && action != Action::verify) return;
  // Copies that nothing depends on.
  if (extra > 0 &&
      (action == Action::hold || action == Action::pay_form || action == Action::place)) {
    return;
  }
  if (action == Action::hold && shopper.state != State::asked) return;
  if (shopper.give_up_us == 0) {
    shopper.give_up_us = now_us_ + std::int64_t{config_.reconnect_seconds} * 1'000'000;
  }
  if (now_us_ < shopper.give_up_us) return retry(id, action, extra, kAwayRetryUs);
  ++report_.transport.gave_up;
  if (action == Action::verify) {
    --verifying_;
    return;
  }
  finish(id);
}

bool Drive::on_socket_text(std::uint64_t tag, std::string_view text) {
  const auto id = static_cast<std::uint32_t>(tag);
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  ++report_.live_messages;
  if (action == Action::listen) return true;
  Shopper& shopper = shoppers_[id];
  // The cheap test first: broadcasts are many.
  if (text.find("\"order\"") != std::string_view::npos ||
      text.find("\"standby_left\"") != std::string_view::npos) {
    const auto message = read_message(text);
    if (message && message->type != "live") ++report_.personal_messages;
    if (message && message->order && shopper.state == State::standing_by &&
        message->order->state == "awaiting_payment") {
      granted(id, *message->order, true);
    } else if (message && message->type == "standby_left" && shopper.state == State::standing_by) {
      finish(id);
    }
  }
  if (shopper.state == State::standing_by || shopper.state == State::in_line) return true;
  shopper.socket_open = false;
  --standby_sockets_;
  return false;
}

void Drive::on_socket_closed(std::uint64_t tag) {
  const auto id = static_cast<std::uint32_t>(tag);
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  if (!ending_) ++report_.websockets_lost;
  if (action == Action::listen) {
    if (!ending_) at(now_us_ + around(Millis{2'000}), id, Action::listen);
    return;
  }
  Shopper& shopper = shoppers_[id];
  if (!shopper.socket_open) return;
  shopper.socket_open = false;
  --standby_sockets_;
  if (shopper.state == State::standing_by) {
    at(now_us_ + around(Millis{500}), id, Action::me, ++shopper.poll_chain);
  } else if (shopper.state == State::in_line) {
    at(now_us_ + around(config_.line_poll), id, Action::document);
  }
}

}  // namespace onrush::crowd
