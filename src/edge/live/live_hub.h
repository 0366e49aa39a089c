// The push hub: turns events into messages for those who are connected.
//
//   engine ─ on_events ─► inbox (bounded) ─► hub thread: encode once ─► Worker::post ─► LiveRoom ─►
//   sockets
//
// The engine's thread only marks sales as changed and copies the events of buyers who are
// connected. The hub's thread builds one live document per changed sale at most every `coalesce`,
// phase changes at once, and the personal messages; an order that an event does not describe in
// full is looked up at the box office, few at a time, so that push never crowds out payments. What
// is dropped under overload (counted) is found in the polling documents: a listener is owed the
// newest state, not every state.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http/websocket.h"
#include "edge/live/sale_directory.h"
#include "ports/box_office.h"
#include "ports/clock.h"

namespace onrush::live {

class LiveRoom;

struct LivePolicy {
  std::chrono::milliseconds coalesce{150};
  std::chrono::milliseconds document_age_max{1'000};  // of the polling document
  std::size_t events_max = 100'000;                   // personal events that may wait
  std::uint32_t lookups_max = 256;                    // look-ups under way at once
  std::uint32_t sockets_per_buyer = 8;                // on one worker
  std::chrono::milliseconds reconnect_min{1'000};     // the hint of `bye`
  std::chrono::milliseconds reconnect_max{15'000};
};

// The state of one sale, encoded: for polling and for push.
struct LiveDocument {
  std::string json;
  std::string etag;  // with its quotes
  http::SharedFrame frame;
  std::chrono::steady_clock::time_point built_at;
};
using LiveDocumentPtr = std::shared_ptr<const LiveDocument>;

struct LiveStats {
  std::uint64_t broadcasts = 0;         // live documents pushed, each to all of its listeners
  std::uint64_t personal_messages = 0;  // for connected buyers
  std::uint64_t events_dropped = 0;     // inbox full
  std::uint64_t lookups_refused = 0;    // box office busy
};

class LiveHub final : public ports::EventListener {
 public:
  LiveHub(ports::BoxOffice& office, const SaleDirectory& directory, const ports::Clock& clock,
          LivePolicy policy = {});
  ~LiveHub() override;

  void start();
  void stop();  // idempotent; nothing is sent afterwards

  // Register with the box office after (or inside one listener with) the directory.
  void on_events(std::uint64_t first_seq, TimePoint at,
                 std::span<const sale::Event> events) noexcept override;

  // At most document_age_max old; null for a sale that does not exist. Thread-safe, short lock.
  [[nodiscard]] LiveDocumentPtr document(sale::SaleNo sale);

  // Tells every listener `bye` with a reconnect hint of its own, so that they do not come back in
  // one wave; returns when the rooms have done it, or after `timeout`. Then stop the servers.
  void say_goodbye(std::chrono::milliseconds timeout);

  [[nodiscard]] LiveStats stats() const;
  [[nodiscard]] const LivePolicy& policy() const;
  [[nodiscard]] const ports::Clock& clock() const;

  // For LiveRoom: rooms report for duty, and say which buyers are connected to them. Thread-safe.
  void enter(std::shared_ptr<LiveRoom> room);
  void leave(const LiveRoom& room);
  void buyer_came(sale::BuyerId buyer);
  void buyer_went(sale::BuyerId buyer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onrush::live
