#include "edge/live/live_room.h"

#include <algorithm>
#include <boost/json.hpp>
#include <random>

#include "edge/live/json_writer.h"

namespace onrush::live {
namespace {

namespace json = boost::json;

// Topics of replaceable messages: an unsent live document gives way to a newer one.
constexpr std::uint64_t kLiveTopic = 1;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::size_t kEchoMax = 64;

struct ClientMessage {
  std::string type;
  std::string token;
  std::string echo;
};

bool take_text(const json::object& message, std::string_view name, std::string& out) {
  const json::value* value = message.if_contains(name);
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_string()) return false;
  out.assign(value->get_string().c_str(), value->get_string().size());
  return true;
}

// Frames are at most 4 KiB; nothing a client says is nested.
std::optional<ClientMessage> read_message(std::string_view text) {
  json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code error;
  unsigned char space[4096];
  json::monotonic_resource memory(space, sizeof space);
  const json::value value = json::parse(text, error, &memory, options);
  if (error || !value.is_object()) return std::nullopt;
  ClientMessage message;
  const json::object& object = value.get_object();
  if (!take_text(object, "type", message.type) || !take_text(object, "token", message.token) ||
      !take_text(object, "echo", message.echo)) {
    return std::nullopt;
  }
  return message;
}

}  // namespace

LiveRoom::LiveRoom(LiveHub& hub, http::Worker& worker, Verify verify)
    : hub_(hub), worker_(worker), verify_(std::move(verify)), random_(std::random_device{}()) {}

void LiveRoom::admit(http::Responder responder, const http::Request& request, sale::SaleNo sale) {
  const LiveDocumentPtr now = hub_.document(sale);
  http::WebSocket* socket = responder.upgrade(request, *this);
  if (socket == nullptr) return;
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(sessions_.size());
    sessions_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  auto& listeners = listeners_[sale];
  sessions_[slot] = {socket, sale, static_cast<std::uint32_t>(listeners.size()), {}};
  listeners.push_back(slot);
  socket->user_slot = slot;
  welcome(*socket, false);
  if (now) socket->send(now->frame, kLiveTopic);
}

void LiveRoom::shut() {
  shut_ = true;
  hub_.leave(*this);
}

void LiveRoom::post_batch(std::shared_ptr<const LiveBatch> batch) {
  worker_.post([self = shared_from_this(), batch = std::move(batch)] { self->take_batch(*batch); });
}

void LiveRoom::post_goodbye(std::function<void()> done) {
  worker_.post([self = shared_from_this(), done = std::move(done)] {
    self->goodbye();
    done();
  });
}

void LiveRoom::take_batch(const LiveBatch& batch) {
  if (shut_) return;
  for (const auto& [sale, frame] : batch.broadcasts) {
    if (leaving_) break;
    const auto listeners = listeners_.find(sale);
    if (listeners == listeners_.end()) continue;
    // Backwards: a receiver that is dropped for slowness leaves the list while we walk it, and its
    // place is taken by the last one, which has been served.
    auto& slots = listeners->second;
    for (std::size_t i = slots.size(); i-- > 0;) {
      if (i < slots.size()) sessions_[slots[i]].socket->send(frame, kLiveTopic);
    }
  }
  for (const PersonalMessage& message : batch.personal) {
    const auto sockets = buyers_.find(message.buyer);
    if (sockets == buyers_.end()) continue;
    const std::vector<std::uint32_t> slots = sockets->second;
    for (const std::uint32_t slot : slots) {
      if (sessions_[slot].socket != nullptr) sessions_[slot].socket->send(message.frame);
    }
  }
}

void LiveRoom::goodbye() {
  if (shut_) return;
  leaving_ = true;
  const auto low = hub_.policy().reconnect_min.count();
  const auto span = std::max<std::int64_t>(1, hub_.policy().reconnect_max.count() - low);
  const std::size_t count = sessions_.size();
  for (std::size_t slot = 0; slot < count; ++slot) {
    http::WebSocket* socket = sessions_[slot].socket;
    if (socket == nullptr) continue;
    random_ += 0x9e3779b97f4a7c15ULL;
    const auto wait =
        low + static_cast<std::int64_t>(mix_bits(random_) % static_cast<std::uint64_t>(span));
    std::string text;
    JsonWriter(text)
        .begin_object()
        .key("type")
        .text("bye")
        .key("code")
        .number(kGoingAway)
        .key("reconnect_in_ms")
        .number(wait)
        .end_object();
    socket->send(http::encode_text_frame(text));
  }
}

void LiveRoom::on_text(http::WebSocket& socket, std::string_view text) {
  const auto message = read_message(text);
  if (!message) return socket.close(kPolicyViolation, "not a message of this protocol");
  if (message->type == "hello") return hello(socket, message->token);
  if (message->type == "ping")
    return pong(socket, std::string_view{message->echo}.substr(0, kEchoMax));
  socket.close(kPolicyViolation, "unknown message type");
}

void LiveRoom::hello(http::WebSocket& socket, std::string_view token) {
  const std::uint32_t slot = socket.user_slot;
  unbind_buyer(slot);
  if (token.empty()) return welcome(socket, false);
  const auto buyer = verify_(token);
  if (buyer && !bind_buyer(slot, *buyer)) {
    return socket.close(kPolicyViolation, "too many connections of one account");
  }
  welcome(socket, !buyer);
}

void LiveRoom::welcome(http::WebSocket& socket, bool token_refused) {
  const sale::BuyerId buyer = sessions_[socket.user_slot].buyer;
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("type").text("welcome").key("server_time").time(hub_.clock().now());
  out.key("buyer");
  if (buyer == sale::BuyerId{}) {
    out.null();
  } else {
    out.id(buyer.value());
  }
  if (token_refused) out.key("token_refused").boolean(true);
  out.end_object();
  socket.send(http::encode_text_frame(text));
}

void LiveRoom::pong(http::WebSocket& socket, std::string_view echo) {
  std::string text;
  JsonWriter(text)
      .begin_object()
      .key("type")
      .text("pong")
      .key("server_time")
      .time(hub_.clock().now())
      .key("echo")
      .text(echo)
      .end_object();
  socket.send(http::encode_text_frame(text));
}

bool LiveRoom::bind_buyer(std::uint32_t slot, sale::BuyerId buyer) {
  auto& slots = buyers_[buyer];
  if (slots.size() >= hub_.policy().sockets_per_buyer) return false;
  slots.push_back(slot);
  sessions_[slot].buyer = buyer;
  hub_.buyer_came(buyer);
  return true;
}

void LiveRoom::unbind_buyer(std::uint32_t slot) {
  const sale::BuyerId buyer = std::exchange(sessions_[slot].buyer, sale::BuyerId{});
  if (buyer == sale::BuyerId{}) return;
  const auto sockets = buyers_.find(buyer);
  std::erase(sockets->second, slot);
  if (sockets->second.empty()) buyers_.erase(sockets);
  hub_.buyer_went(buyer);
}

void LiveRoom::on_close(http::WebSocket& socket) {
  const std::uint32_t slot = socket.user_slot;
  unbind_buyer(slot);
  const Session gone = std::exchange(sessions_[slot], {});
  auto& listeners = listeners_[gone.sale];
  const std::uint32_t moved = listeners.back();
  listeners[gone.place] = moved;
  listeners.pop_back();
  if (moved != slot) sessions_[moved].place = gone.place;
  if (listeners.empty()) listeners_.erase(gone.sale);
  free_slots_.push_back(slot);
}

}  // namespace onrush::live
