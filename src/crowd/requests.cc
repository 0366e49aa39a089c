// The bytes of the crowd's requests; the parts that never change are made once.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "crowd/drive.h"
#include "crowd/frames.h"

namespace onrush::crowd {
namespace {

constexpr std::uint32_t kMask = 0x1badcafe;

std::string_view behaviour_of(Kind kind) {
  switch (kind) {
    case Kind::decliner:
      return "action=decline";
    default:
      return "action=pay";
  }
}

}  // namespace

void Drive::prepare_requests() {
  const std::string sale = "/api/v1/sales/" + config_.sale;
  host_rush_ = config_.rush;
  host_general_ = config_.general;
  const std::string channel =
      stage_.channel.empty() ? "" : "X-Onrush-Channel: " + stage_.channel + "\r\n";
  sale_path_ = sale;
  guard_head_ = fmt::format(
      " HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{}Authorization: Bearer ",
      host_rush_, channel);
  hold_head_ = fmt::format("POST {}/holds{}", sale, guard_head_);
  document_head_[0] = fmt::format("GET {}/live HTTP/1.1\r\nHost: {}\r\n\r\n", sale, host_rush_);
  document_head_[1] = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", sale, host_rush_);
  me_head_ = fmt::format("GET {}/me", sale);
  socket_head_ = fmt::format(
      "GET /api/v1/live?sale={} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: {}\r\n\r\n",
      config_.sale, host_rush_, kSocketKey);
}

// `line` is method and target.
void Drive::put_head(std::string& out, std::string_view line, std::uint32_t id,
                     std::string_view host) const {
  out.append(line).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\nAuthorization: Bearer ");
  out.append(stage_.tokens[id]).append("\r\n");
}

void Drive::write_hold(const Shopper& shopper, std::uint32_t id, std::string& out) const {
  const PlannedShopper& plan = shopper.plan;
  char body[192];
  const auto end =
      fmt::format_to_n(body, sizeof body, R"({{"item":"{}","quantity":{},"standby":{}}})",
                       stage_.items[plan.item].item, plan.quantity, plan.joins_standby);
  const std::size_t size = std::min(end.size, sizeof body);
  const AtDoor& door = shopper.door;
  if (door.path.empty()) {
    out.append(hold_head_);
  } else {
    out.append("POST ").append(door.path).append(guard_head_);
  }
  out.append(stage_.tokens[id]);
  if (!door.pass.empty()) out.append("\r\nOnrush-Pass: ").append(door.pass);
  if (!door.challenge.empty()) out.append("\r\nOnrush-Challenge: ").append(door.challenge);
  // Half of the repeat clickers send no key: the server must know them by buyer and item.
  if (plan.kind != Kind::repeat_clicker || plan.seed % 2 == 0) {
    fmt::format_to(std::back_inserter(out), "\r\nIdempotency-Key: crowd-{}-{}", config_.seed, id);
  }
  fmt::format_to(std::back_inserter(out), "\r\nContent-Length: {}\r\n\r\n", size);
  out.append(body, size);
}

void Drive::write_form(const Shopper& shopper, std::string& out) const {
  std::string body{behaviour_of(shopper.plan.kind)};
  if (shopper.plan.kind == Kind::late_payer) {
    // The provider's message is to come after the hold's deadline.
    const std::int64_t left_ms = std::max<std::int64_t>(0, shopper.deadline_ms - server_now_ms());
    body += fmt::format("&behaviour=late:{}",
                        left_ms + 500 + static_cast<std::int64_t>(shopper.plan.seed % 1000));
  } else if (shopper.plan.kind == Kind::duplicate_payer && shopper.plan.seed % 2 == 0) {
    body += "&behaviour=duplicate:2";
  }
  const auto host = hosts_.find(shopper.hosted);
  fmt::format_to(
      std::back_inserter(out),
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: {}\r\n\r\n{}",
      shopper.hosted_path, host->second, body.size(), body);
}

void Drive::write_reply(std::uint32_t id, std::string& out) const {
  const std::string& reply = shoppers_[id].door.reply;
  fmt::format_to(std::back_inserter(out), "POST {}/challenge{}{}\r\nContent-Length: {}\r\n\r\n{}",
                 sale_path_, guard_head_, stage_.tokens[id], reply.size(), reply);
}

// True: it was one of the door's.
bool Drive::write_door_request(Action action, std::uint32_t id, std::string& out) const {
  const AtDoor& door = shoppers_[id].door;
  const auto call = [&](std::string_view method, std::string_view resource) {
    out.append(method).append(" ").append(sale_path_).append(resource).append(guard_head_);
    out.append(stage_.tokens[id]);
    if (!door.pass.empty()) out.append("\r\nOnrush-Pass: ").append(door.pass);
    if (!door.challenge.empty()) out.append("\r\nOnrush-Challenge: ").append(door.challenge);
    if (method == "POST") out.append("\r\nContent-Length: 0");
    out.append("\r\n\r\n");
    return true;
  };
  switch (action) {
    case Action::sign_up:
      return call("POST", "/registration");
    case Action::place:
      return call("POST", "/place");
    case Action::look_place:
      return call("GET", "/place");
    case Action::leave_line:
      return call("DELETE", "/place");
    case Action::claim:
      return call("POST", "/pass");
    case Action::challenge:
      return call("GET", "/challenge");
    case Action::path:
      return call("GET", "/path");
    case Action::answer_challenge:
      write_reply(id, out);
      return true;
    default:
      return false;
  }
}

void Drive::write_request(std::uint64_t tag, std::string& out) {
  const auto id = static_cast<std::uint32_t>(tag);
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  const auto extra = static_cast<std::uint8_t>(tag >> 40 & 0xff);
  ++report_.requests;
  switch (action) {
    case Action::document:
      out.append(document_head_[extra % 2]);
      return;
    case Action::control:
      out.append(document_head_[0]);
      return;
    case Action::listen:
    case Action::standby_socket:
      out.append(socket_head_);
      return;
    default:
      break;
  }
  ++shoppers_[id].requests;
  if (write_door_request(action, id, out)) return;
  const Shopper& shopper = shoppers_[id];
  const auto order_line = [&](std::string_view method, std::string_view more) {
    return fmt::format("{} /api/v1/orders/{}{}", method, shopper.order, more);
  };
  switch (action) {
    case Action::hold:
      if (const auto second = (now_us_ - opening_us_) / 1'000'000;
          second >= 0 && static_cast<std::size_t>(second) < sent_per_second_.size()) {
        ++sent_per_second_[static_cast<std::size_t>(second)];
      }
      ++report_.clicks_sent;
      return write_hold(shopper, id, out);
    case Action::me:
      put_head(out, me_head_, id, host_rush_);
      break;
    case Action::pay_start:
      put_head(out, order_line("POST", "/payments"), id, host_general_);
      out.append("Content-Length: 0\r\n\r\n");
      return;
    case Action::pay_form:
      return write_form(shopper, out);
    case Action::release:
      put_head(out, order_line("DELETE", ""), id, host_general_);
      break;
    default:
      put_head(out, order_line("GET", ""), id, host_general_);
      break;
  }
  out.append("\r\n");
}

void Drive::on_socket_open(std::uint64_t tag, std::string& out) {
  ++report_.websockets;
  const auto action = static_cast<Action>(tag >> 32 & 0xff);
  std::string hello = R"({"type":"hello"})";
  if (action == Action::standby_socket) {
    hello = fmt::format(R"({{"type":"hello","token":"{}"}})",
                        stage_.tokens[static_cast<std::uint32_t>(tag)]);
  }
  write_frame(Opcode::text, hello, kMask, out);
}

}  // namespace onrush::crowd
