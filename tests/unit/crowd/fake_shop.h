// A small, sequential API server for the crowd to run against: one item, correct stock logic, and
// on demand the misbehaviour of real servers and of wrong ones.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crowd/door.h"

namespace onrush::crowd {

struct FakeFaults {
  std::size_t split_bytes = 0;   // answers go out in pieces of this many bytes
  unsigned close_every = 0;      // every nth answer is followed by a close without notice
  unsigned drop_every = 0;       // every nth request is not answered, its connection is closed
  unsigned busy_every = 0;       // every nth hold request is answered with 503
  int stall_ms = 0;              // once, before the 10th hold request is answered
  bool sell_twice = false;       // grants unit 1 to everybody
  bool forget_paid = false;      // paid orders are not found when asked for again
  bool lie_about_stock = false;  // the admin's numbers do not add up
  bool second_order = false;     // a repeated click makes a second order
};

// What the shop asks for before a hold.
struct FakeDoor {
  bool registration = false, line = false, draw = false, challenge = false, path = false;
  unsigned rate = 500;  // numbers called in a second, while units are free
  std::optional<FilterSeen> filter;
  bool says_so = true;       // false: the sale's document is silent, only refusals tell
  bool same_number = false;  // a wrong one: everybody has number 1
};

class FakeShop {
 public:
  FakeShop(std::uint32_t stock, std::int64_t opens_in_ms, std::int64_t hold_ms, FakeFaults faults,
           FakeDoor door = {});
  ~FakeShop();
  [[nodiscard]] std::string address() const;
  // Only after the shop has been stopped.
  void stop();
  [[nodiscard]] std::uint64_t paid() const { return paid_; }
  [[nodiscard]] std::uint64_t hold_requests() const { return hold_requests_; }
  [[nodiscard]] std::uint64_t hellos() const { return hellos_; }
  [[nodiscard]] std::uint64_t places() const { return entry_of_.size(); }
  [[nodiscard]] std::uint64_t place_requests() const { return place_requests_; }
  [[nodiscard]] std::uint64_t wrong_replies() const { return wrong_replies_; }
  [[nodiscard]] std::uint64_t right_replies() const { return right_replies_; }
  [[nodiscard]] std::uint64_t left() const { return left_; }
  // Refusals by the door of hold requests, by code.
  [[nodiscard]] std::uint64_t refused(const std::string& code) { return refused_[code]; }

 private:
  struct Order {
    std::uint64_t id = 0, buyer = 0;
    std::uint32_t unit = 0;
    std::string state = "awaiting_payment", payment;
    std::int64_t deadline_ms = 0, money_at_ms = 0;
    unsigned asked = 0;
  };
  struct Client {
    std::string in, out;
    bool close_after = false, socket = false;
    std::uint64_t buyer = 0;
    std::int64_t next_out_ms = 0;
  };
  struct Reply {
    int status = 200;
    std::string body, extra;
  };

  void loop();
  void serve(Client& client, bool& gone);
  void read_frames(Client& client, bool& gone);
  Reply answer(std::string_view method, std::string_view target, std::string_view head,
               std::string_view body);
  Reply hold(std::uint64_t buyer, std::string_view body);
  Reply order_call(std::string_view method, std::string_view rest, std::uint64_t buyer);
  Reply page(std::uint64_t order, std::string_view body);
  // The door (fake_door.cc).
  Reply door_call(std::string_view method, std::string_view resource, std::uint64_t buyer,
                  std::string_view body);
  Reply place_call(std::string_view method, std::uint64_t buyer);
  Reply challenge_call(std::string_view method, std::uint64_t buyer, std::string_view body);
  [[nodiscard]] std::string guard(std::string_view target, std::string_view head,
                                  std::uint64_t buyer) const;
  Reply guarded_hold(std::string_view target, std::string_view head, std::uint64_t buyer,
                     std::string_view body);
  void call_numbers();
  [[nodiscard]] std::string door_documents() const;
  [[nodiscard]] std::string line_document() const;
  void tick();
  void free_unit(std::uint32_t unit);
  Order& grant(std::uint64_t buyer, std::uint32_t unit);
  void push(std::uint64_t buyer, const std::string& json);
  [[nodiscard]] std::string document(const Order& order) const;
  [[nodiscard]] std::string live() const;

  const std::uint32_t stock_;
  const std::int64_t hold_ms_;
  const FakeFaults faults_;
  std::int64_t opens_at_ms_ = 0;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::map<int, Client> clients_;
  std::vector<pollfd> polled_;
  std::map<std::uint64_t, Order> orders_;
  std::map<std::uint64_t, std::uint64_t> live_order_;  // buyer → order
  std::deque<std::uint32_t> free_;
  std::deque<std::uint64_t> standby_;
  std::uint64_t next_order_ = 1000, next_buyer_ = 1, paid_ = 0, hold_requests_ = 0, answers_ = 0,
                hellos_ = 0;
  const FakeDoor door_;
  std::map<std::uint64_t, std::uint64_t> entry_of_, number_of_;  // buyer → in the line
  std::map<std::uint64_t, bool> passes_;                         // buyer → used
  std::map<std::uint64_t, bool> registered_;
  std::map<std::string, std::uint64_t> refused_;
  std::uint64_t serving_ = 0, lobby_entries_ = 0, place_requests_ = 0, wrong_replies_ = 0,
                right_replies_ = 0, left_ = 0;
  bool drawn_ = false;
  bool closed_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace onrush::crowd
