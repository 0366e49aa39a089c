#include "fake_shop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "fake_text.h"

namespace onrush::crowd {
FakeShop::FakeShop(std::uint32_t stock, std::int64_t opens_in_ms, std::int64_t hold_ms,
                   FakeFaults faults, FakeDoor door)
    : stock_(stock),
      hold_ms_(hold_ms),
      faults_(faults),
      opens_at_ms_(now_ms() + opens_in_ms),
      door_(std::move(door)) {
  for (std::uint32_t unit = 1; unit <= stock; ++unit) free_.push_back(unit);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  (void)::listen(listener_, 4096);
  (void)::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { loop(); });
}

FakeShop::~FakeShop() {
  stop();
}

void FakeShop::stop() {
  if (!thread_.joinable()) return;
  stop_ = true;
  thread_.join();
  for (auto& [fd, client] : clients_) ::close(fd);
  ::close(listener_);
}

std::string FakeShop::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void FakeShop::loop() {
  while (!stop_) {
    tick();
    polled_.clear();
    polled_.push_back({listener_, POLLIN, 0});
    for (const auto& [fd, client] : clients_) {
      const bool due = !client.out.empty() && client.next_out_ms <= now_ms();
      polled_.push_back({fd, static_cast<short>(due ? POLLIN | POLLOUT : POLLIN), 0});
    }
    if (::poll(polled_.data(), polled_.size(), faults_.split_bytes != 0 ? 1 : 5) < 0) continue;
    for (const pollfd& entry : polled_) {
      if (entry.fd == listener_) continue;
      const auto found = clients_.find(entry.fd);
      if (found == clients_.end()) continue;
      bool gone = false;
      if ((entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        char buffer[16 * 1024];
        const ssize_t n = ::recv(entry.fd, buffer, sizeof buffer, 0);
        if (n > 0) found->second.in.append(buffer, static_cast<std::size_t>(n));
        if (n == 0 || (n < 0 && errno != EAGAIN)) gone = true;
        if (!gone) serve(found->second, gone);
      }
      Client& client = found->second;
      if (!gone && !client.out.empty() && client.next_out_ms <= now_ms()) {
        const std::size_t piece = faults_.split_bytes != 0
                                      ? std::min(faults_.split_bytes, client.out.size())
                                      : client.out.size();
        const ssize_t n = ::send(entry.fd, client.out.data(), piece, MSG_NOSIGNAL);
        if (n > 0) client.out.erase(0, static_cast<std::size_t>(n));
        if (faults_.split_bytes != 0) client.next_out_ms = now_ms() + 1;
      }
      if (client.out.empty() && client.close_after) gone = true;
      if (gone) {
        ::close(entry.fd);
        clients_.erase(entry.fd);
      }
    }
    if ((polled_[0].revents & POLLIN) != 0) {
      for (int fd;
           (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        const int on = 1;
        (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        clients_[fd];
      }
    }
  }
}

void FakeShop::serve(Client& client, bool& gone) {
  if (client.socket) return read_frames(client, gone);
  for (;;) {
    const std::size_t end = client.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = client.in.substr(0, end + 2);
    const std::size_t length = number_after(head, "Content-Length: ");
    if (client.in.size() < end + 4 + length) return;
    const std::string body = client.in.substr(end + 4, length);
    client.in.erase(0, end + 4 + length);
    const std::size_t space = head.find(' ');
    const std::size_t second = head.find(' ', space + 1);
    const std::string method = head.substr(0, space);
    const std::string target = head.substr(space + 1, second - space - 1);
    if (target.starts_with("/api/v1/live")) {
      client.socket = true;
      client.out +=
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
      return;
    }
    ++answers_;
    const bool staff = target.starts_with("/api/v1/admin") || target.ends_with("/live");
    const Reply reply = answer(method, target, head, body);
    if (!staff && faults_.drop_every != 0 && answers_ % faults_.drop_every == 0) {
      gone = true;  // the effect has happened, the answer is lost
      return;
    }
    const bool no_body = reply.status == 204;
    client.out += fmt::format("HTTP/1.1 {} X\r\n{}", reply.status, reply.extra);
    if (!no_body) client.out += fmt::format("Content-Length: {}\r\n", reply.body.size());
    client.out += "\r\n" + reply.body;
    if (faults_.close_every != 0 && answers_ % faults_.close_every == 0) client.close_after = true;
    if (head.find("Connection: close") != std::string::npos) client.close_after = true;
  }
}

void FakeShop::read_frames(Client& client, bool& gone) {
  while (client.in.size() >= 6) {
    std::size_t size = static_cast<std::uint8_t>(client.in[1]) & 0x7f;
    std::size_t head = 2;
    if ((client.in[1] & 0x80) == 0) {
      gone = true;  // a client must mask
      return;
    }
    if (size == 126) {
      size = static_cast<std::size_t>(static_cast<std::uint8_t>(client.in[2])) << 8 |
             static_cast<std::uint8_t>(client.in[3]);
      head = 4;
    }
    if (client.in.size() < head + 4 + size) return;
    std::string text = client.in.substr(head + 4, size);
    for (std::size_t i = 0; i < size; ++i)
      text[i] = static_cast<char>(text[i] ^ client.in[head + i % 4]);
    client.in.erase(0, head + 4 + size);
    if (text.find("\"hello\"") != std::string::npos) {
      ++hellos_;
      client.buyer = number_after(text, "\"token\":\"tok-");
      const std::string welcome = R"({"type":"welcome"})";
      client.out += fmt::format("\x81{}{}", static_cast<char>(welcome.size()), welcome);
    }
  }
}

void FakeShop::push(std::uint64_t buyer, const std::string& json) {
  for (auto& [fd, client] : clients_) {
    if (!client.socket || client.buyer != buyer) continue;
    client.out += "\x81\x7e";
    client.out += static_cast<char>(json.size() >> 8);
    client.out += static_cast<char>(json.size() & 0xff);
    client.out += json;
  }
}

void FakeShop::tick() {
  const std::int64_t now = now_ms();
  call_numbers();
  for (auto& [id, order] : orders_) {
    if (order.money_at_ms != 0 && order.money_at_ms <= now) {
      order.money_at_ms = 0;
      if (order.state == "awaiting_payment") {
        order.state = "paid";
        order.payment = "captured";
        ++paid_;
      } else if (order.payment == "started") {
        order.payment = "refund_due";
      }
    }
    if (order.state == "awaiting_payment" && order.deadline_ms <= now) {
      order.state = "expired";
      live_order_.erase(order.buyer);
      free_unit(order.unit);
    }
  }
  if (!closed_ && paid_ >= stock_) {
    closed_ = true;
    for (const std::uint64_t buyer : standby_)
      push(buyer, R"({"type":"standby_left","how":"sold_out"})");
    standby_.clear();
  }
}

void FakeShop::free_unit(std::uint32_t unit) {
  if (standby_.empty()) return free_.push_back(unit);
  const std::uint64_t buyer = standby_.front();
  standby_.pop_front();
  const std::string text = document(grant(buyer, unit));
  push(buyer, R"({"type":"order","cause":"standby_turn",)" + text.substr(1));
}

FakeShop::Order& FakeShop::grant(std::uint64_t buyer, std::uint32_t unit) {
  Order& order = orders_[++next_order_];
  order.id = next_order_;
  order.buyer = buyer;
  order.unit = unit;
  order.deadline_ms = now_ms() + hold_ms_;
  live_order_[buyer] = order.id;
  return order;
}

std::string FakeShop::document(const Order& order) const {
  const std::string payment =
      order.payment.empty()
          ? "null"
          : fmt::format(R"({{"payment":"{}","state":"{}"}})", order.id, order.payment);
  return fmt::format(
      R"({{"order":"{}","sale":"s","buyer":"{}","state":"{}","deadline":"{}","amount":100,"currency":"EUR",)"
      R"("units":[{{"item":"thing","unit":{}}}],"payment":{},"repeated":false}})",
      order.id, order.buyer, order.state, to_rfc3339(from_millis(order.deadline_ms)), order.unit,
      payment);
}

std::string FakeShop::live() const {
  std::uint64_t held = 0;
  for (const auto& [id, order] : orders_) held += order.state == "awaiting_payment" ? 1 : 0;
  const std::uint64_t free = free_.size() + (faults_.lie_about_stock ? 1 : 0);
  return fmt::format(
      R"({{"type":"live","sale":"s","phase":"{}","reason":"schedule","server_time":"{}","opens_at":"{}",)"
      R"("items":[{{"item":"thing","stock":{},"free":{},"held":{},"paid":{},"standby":{}}}],"sold_out":false,{}}})",
      closed_                   ? "settled"
      : now_ms() < opens_at_ms_ ? "lobby"
                                : "open",
      to_rfc3339(from_millis(now_ms())), to_rfc3339(from_millis(opens_at_ms_)), stock_, free, held,
      paid_, standby_.size(), line_document());
}

FakeShop::Reply FakeShop::hold(std::uint64_t buyer, std::string_view body) {
  ++hold_requests_;
  if (faults_.stall_ms != 0 && hold_requests_ == 10) {
    std::this_thread::sleep_for(Millis{faults_.stall_ms});
  }
  if (faults_.busy_every != 0 && hold_requests_ % faults_.busy_every == 0) {
    return {503, problem("busy"), "Retry-After: 1\r\n"};
  }
  if (now_ms() < opens_at_ms_) return {425, problem("not_open"), ""};
  if (closed_) return {410, problem("closed"), ""};
  if (faults_.sell_twice) return {201, document(grant(buyer, 1)), ""};
  if (const auto has = live_order_.find(buyer); has != live_order_.end() && !faults_.second_order) {
    const Order& order = orders_[has->second];
    if (order.state == "awaiting_payment") return {201, document(order), ""};
    return {409, problem("limit_reached"), ""};
  }
  const bool waits = std::find(standby_.begin(), standby_.end(), buyer) != standby_.end();
  const std::string standby = R"({"state":"standby","standby":"1","position":1,"lines":[]})";
  if (waits) return {202, standby, ""};
  if (!free_.empty()) {
    const std::uint32_t unit = free_.front();
    free_.pop_front();
    return {201, document(grant(buyer, unit)), ""};
  }
  if (body.find("\"standby\":true") == std::string_view::npos)
    return {409, problem("sold_out"), ""};
  standby_.push_back(buyer);
  return {202, standby, ""};
}

FakeShop::Reply FakeShop::order_call(std::string_view method, std::string_view rest,
                                     std::uint64_t buyer) {
  const auto found = orders_.find(number_in(rest));
  if (found == orders_.end() || found->second.buyer != buyer)
    return {404, problem("not_found"), ""};
  Order& order = found->second;
  if (method == "POST") {
    if (order.state != "awaiting_payment") return {409, problem("wrong_state"), ""};
    order.payment = "started";
    return {201,
            fmt::format(R"({{"payment":"{}","url":"http://{}/pay/{}"}})", order.id, address(),
                        order.id),
            ""};
  }
  if (method == "DELETE") {
    if (order.state != "awaiting_payment") return {409, problem("wrong_state"), ""};
    order.state = "released";
    live_order_.erase(buyer);
    free_unit(order.unit);
    return {204, "", ""};
  }
  if (order.state == "paid" && faults_.forget_paid && ++order.asked > 1)
    return {404, problem("not_found"), ""};
  return {200, document(order), ""};
}

FakeShop::Reply FakeShop::page(std::uint64_t id, std::string_view body) {
  Order& order = orders_[id];
  if (body.find("action=decline") != std::string_view::npos) {
    order.payment = "declined";
    if (order.state == "awaiting_payment") {
      order.state = "declined";
      live_order_.erase(order.buyer);
      free_unit(order.unit);
    }
  } else {
    const auto late = static_cast<std::int64_t>(number_after(body, "behaviour=late:"));
    order.money_at_ms = now_ms() + late;
    if (late == 0) order.money_at_ms = now_ms();
  }
  return {303, "", "Location: /\r\n"};
}

FakeShop::Reply FakeShop::answer(std::string_view method, std::string_view target,
                                 std::string_view head, std::string_view body) {
  const std::uint64_t buyer = number_after(head, "Authorization: Bearer tok-");
  if (target == "/api/v1/admin/tokens") {
    if (head.find("Bearer staff\r\n") == std::string_view::npos)
      return {401, problem("unauthorised"), ""};
    const std::uint64_t count = number_after(body, "\"count\":");
    std::string tokens;
    const std::uint64_t first = next_buyer_;
    for (std::uint64_t i = 0; i < count; ++i) {
      tokens += fmt::format("{}\"tok-{}\"", i == 0 ? "" : ",", next_buyer_++);
    }
    return {200, fmt::format(R"({{"first_buyer":"{}","tokens":[{}]}})", first, tokens), ""};
  }
  if (target == "/api/v1/sales/s" && door_.says_so) return {200, door_documents(), ""};
  if (target == "/api/v1/admin/sales/s" || target == "/api/v1/sales/s" ||
      target == "/api/v1/sales/s/live") {
    return {200, live(), ""};
  }
  if (target.starts_with("/api/v1/sales/s/holds")) return guarded_hold(target, head, buyer, body);
  if (target == "/api/v1/sales/s/me") {
    std::string orders;
    for (const auto& [id, order] : orders_) {
      if (order.buyer == buyer) orders += (orders.empty() ? "" : ",") + document(order);
    }
    const bool waits = std::find(standby_.begin(), standby_.end(), buyer) != standby_.end();
    return {200, fmt::format(R"({{"orders":[{}],"standby":[{}]}})", orders, waits ? "{}" : ""), ""};
  }
  if (const auto reply = door_call(method, target, buyer, body);
      reply.status != 404 || !reply.body.empty()) {
    return reply;
  }
  if (target.starts_with("/api/v1/orders/")) return order_call(method, target.substr(15), buyer);
  if (target.starts_with("/pay/")) return page(number_in(target.substr(5)), body);
  return {404, problem("not_found"), ""};
}

}  // namespace onrush::crowd
