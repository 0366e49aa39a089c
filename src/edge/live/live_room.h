// The sockets of one worker: who listens to which sale, and which socket is whose. Worker thread
// only, but for the post_… functions, which may be called from any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge/http/server.h"
#include "edge/http/websocket.h"
#include "edge/live/live_hub.h"

namespace onrush::live {

struct PersonalMessage {
  sale::BuyerId buyer;
  http::SharedFrame frame;
};
struct LiveBatch {
  std::vector<std::pair<sale::SaleNo, http::SharedFrame>> broadcasts;
  std::vector<PersonalMessage> personal;
};

class LiveRoom final : public http::WebSocketEvents, public std::enable_shared_from_this<LiveRoom> {
 public:
  // Who a token belongs to; nothing if it is not valid now.
  using Verify = std::function<std::optional<sale::BuyerId>(std::string_view token)>;
  LiveRoom(LiveHub& hub, http::Worker& worker, Verify verify);

  // Upgrades the connection and lets it listen to `sale`. A request that is no valid upgrade has
  // been answered by the server.
  void admit(http::Responder responder, const http::Request& request, sale::SaleNo sale);
  void shut();  // before the worker's service goes: no more batches are taken

  void post_batch(std::shared_ptr<const LiveBatch> batch);
  void post_goodbye(std::function<void()> done);

  void on_text(http::WebSocket& socket, std::string_view text) override;
  void on_close(http::WebSocket& socket) override;

 private:
  struct Session {
    http::WebSocket* socket = nullptr;
    sale::SaleNo sale;
    std::uint32_t place = 0;  // index in the sale's list of listeners
    sale::BuyerId buyer;      // 0: anonymous
  };

  void hello(http::WebSocket& socket, std::string_view token);
  void pong(http::WebSocket& socket, std::string_view echo);
  void welcome(http::WebSocket& socket, bool token_refused);
  bool bind_buyer(std::uint32_t slot, sale::BuyerId buyer);
  void unbind_buyer(std::uint32_t slot);
  void take_batch(const LiveBatch& batch);
  void goodbye();

  LiveHub& hub_;
  http::Worker& worker_;
  Verify verify_;
  bool shut_ = false;
  bool leaving_ = false;  // goodbye has been said: nothing for everybody follows it
  std::uint64_t random_ = 0;
  std::vector<Session> sessions_;
  std::vector<std::uint32_t> free_slots_;
  std::unordered_map<sale::SaleNo, std::vector<std::uint32_t>> listeners_;
  std::unordered_map<sale::BuyerId, std::vector<std::uint32_t>> buyers_;
};

}  // namespace onrush::live
