// Drive: one run of the crowd. Owns the shoppers, their timers and what they have heard.
//
//   at the door ─► in line ─(called)─► at the door ─► asked       where the sale asks for it
//   (door.h) click ─► asked ─┬─ 201 ─► holding ─(think)─► paying ─► watching ─► done
//                   ├─ 202 ─► standing_by ─(turn)─► holding …   └─(no more)─► done
//                   └─ refusals ─► done        busy, not open, no connection ─► asked again later
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "crowd/documents.h"
#include "crowd/histogram.h"
#include "crowd/plan.h"
#include "crowd/random.h"
#include "crowd/record.h"
#include "crowd/setup.h"
#include "crowd/wire.h"

namespace onrush::crowd {

class Drive final : public WireEvents {
 public:
  Drive(const CrowdConfig& config, Stage stage, std::vector<PlannedShopper> plan,
        RecordWriter record);

  // Error: retryable, when the kernel gives no sockets at all.
  [[nodiscard]] Status run(const ProgressCallback& progress, const std::atomic<bool>* stop);
  [[nodiscard]] Report take_report() { return std::move(report_); }

 private:
  enum class State : std::uint8_t {
    before,
    at_door,  // doing what the sale asks for before a hold
    in_line,  // has a place, waits for the turn
    asked,
    standing_by,
    holding,
    paying,
    watching,
    done
  };
  enum class Action : std::uint8_t {
    hold,
    document,
    me,
    standby_socket,
    decide,
    pay_start,
    pay_form,
    look_up,
    release,
    listen,
    control,
    verify,
    // At the door.
    sign_up,  // registration
    arrive,
    step,  // on to what is next
    place,
    look_place,
    leave_line,
    claim,
    challenge,
    answer_challenge,
    path
  };
  // What a shopper has of all that a sale may ask for.
  struct AtDoor {
    bool registered = false, wants_registration = false;
    bool wants_challenge = false, challenge_done = false;
    bool wants_path = false;
    bool asked = false;          // for the hold, at least once
    std::uint8_t tries = 0;      // of things that were refused
    std::uint8_t claims = 0;     // tries of a script to claim before its turn
    std::uint64_t number = 0;    // in the line; 0: no place, or not drawn yet
    std::int64_t due_us = 0;     // when the request that is under way was to be sent
    std::int64_t joined_us = 0;  // the line
    std::string pass, challenge, path;
    std::string reply;  // to the challenge, while it is under way
  };
  struct Puzzle {
    std::uint32_t id;
    PuzzleSearch search;
  };
  struct Shopper {
    PlannedShopper plan;
    State state = State::before;
    bool submitted = false;  // money was sent on its way
    bool socket_open = false;
    bool paid = false;
    bool won = false;
    std::uint8_t looks = 0;       // at the order, since the payment was sent
    std::uint8_t poll_chain = 0;  // timers of older chains of /me polls are void
    std::uint64_t order = 0;
    std::int64_t deadline_ms = 0;  // of the hold, server's clock
    std::int64_t intended_us = 0;  // of the first click, or of its latest retry
    std::int64_t clicked_us = 0;   // of the first click
    std::uint32_t requests = 0;
    std::int64_t give_up_us = 0;  // end of the retries while the server is away; 0: it is not
    std::vector<UnitSeen> units;
    EndpointNo hosted = 0;  // the payment page
    std::string hosted_path;
    AtDoor door;
  };
  struct Timer {
    std::int64_t due_us;
    std::uint32_t owner;
    Action action;
    std::uint8_t extra;
    friend bool operator<(const Timer& a, const Timer& b) { return a.due_us > b.due_us; }
  };

  // WireEvents.
  void write_request(std::uint64_t tag, std::string& out) override;
  void on_answer(std::uint64_t tag, const Answer& answer) override;
  void on_failure(std::uint64_t tag, Failure failure) override;
  void on_socket_open(std::uint64_t tag, std::string& out) override;
  bool on_socket_text(std::uint64_t tag, std::string_view text) override;
  void on_socket_closed(std::uint64_t tag) override;

  static constexpr std::uint32_t kNobody = 0xffffffff;
  static constexpr std::int64_t kBusyRetryUs = 1'000'000;  // where the server names no time
  static constexpr std::int64_t kAwayRetryUs = 400'000;    // while it cannot be reached

  // The loop (drive.cc).
  void schedule_all();
  void at(std::int64_t due_us, std::uint32_t owner, Action action, std::uint8_t extra = 0);
  void fire(const Timer& timer);
  void send(EndpointNo endpoint, std::uint32_t owner, Action action, std::uint8_t extra = 0);
  [[nodiscard]] bool finished(std::int64_t now_us);
  void step(std::int64_t until_us);
  void verify_orders(const std::atomic<bool>* stop);
  void tell(const ProgressCallback& progress, std::int64_t now_us);
  void complete_report(std::int64_t now_us);
  void complete_groups();
  [[nodiscard]] std::int64_t server_now_ms() const;
  [[nodiscard]] bool over() const { return phase_ == "closed" || phase_ == "settled"; }
  [[nodiscard]] std::int64_t around(Millis interval);  // ± half, in microseconds

  // At the door and in the line (at_door.cc).
  void schedule_door(std::uint32_t id);
  void door_step(std::uint32_t id);
  void ask(std::uint32_t id);
  bool answer_at_door(std::uint32_t id, Action action, std::uint8_t extra, const Answer& answer);
  void answer_place(std::uint32_t id, const Answer& answer);
  void answer_claim(std::uint32_t id, const Answer& answer);
  void answer_challenge(std::uint32_t id, const Answer& answer);
  void answer_reply(std::uint32_t id, const Answer& answer);
  void guard_refused(std::uint32_t id, Action action, const Answer& answer);
  bool guard_asks_for_more(std::uint32_t id, std::string_view code, const Answer& answer);
  void wait_in_line(std::uint32_t id);
  void number_known(std::uint32_t id, std::uint64_t number);
  void called(std::uint32_t id);
  void follow_line(const LineSeen& line);
  void leave_all_lines();
  void solve_puzzles();
  void write_reply(std::uint32_t id, std::string& out) const;
  [[nodiscard]] std::int64_t think_us();

  // The shopper's flow (shopper.cc).
  void answer_hold(std::uint32_t id, std::uint8_t click, const Answer& answer);
  void refused_hold(std::uint32_t id, std::uint8_t click, const Answer& answer);
  void granted(std::uint32_t id, const OrderSeen& order, bool from_standby);
  void stand_by(std::uint32_t id);
  void answer_me(std::uint32_t id, const Answer& answer);
  void decide(std::uint32_t id);
  void answer_pay_start(std::uint32_t id, const Answer& answer);
  void answer_pay_form(std::uint32_t id, const Answer& answer);
  void answer_look_up(std::uint32_t id, const Answer& answer);
  void answer_release(std::uint32_t id, const Answer& answer);
  void answer_verify(std::uint32_t id, const Answer& answer);
  void look_again(std::uint32_t id);
  bool settle_order(std::uint32_t id, const OrderSeen& order);
  void keep_paid(std::uint32_t id, const OrderSeen& order);
  void retry(std::uint32_t id, Action action, std::uint8_t extra, std::int64_t delay_us);
  bool retry_if_busy(std::uint32_t id, Action action, std::uint8_t extra, const Answer& answer);
  void finish(std::uint32_t id);
  void unexpected(std::string_view what, int status);
  void violation(std::string text);
  void note(std::uint32_t id, std::string_view kind);

  // Bytes of requests (requests.cc).
  void prepare_requests();
  bool write_door_request(Action action, std::uint32_t id, std::string& out) const;
  void put_head(std::string& out, std::string_view line, std::uint32_t id,
                std::string_view host) const;
  void write_hold(const Shopper& shopper, std::uint32_t id, std::string& out) const;
  void write_form(const Shopper& shopper, std::string& out) const;

  const CrowdConfig& config_;
  Stage stage_;
  RecordWriter record_;
  std::vector<Shopper> shoppers_;
  std::priority_queue<Timer> timers_;
  std::unique_ptr<Wire> wire_;
  Random random_;
  EndpointNo rush_ = 0;
  EndpointNo general_ = 0;
  std::int64_t opening_us_ = 0;
  std::int64_t now_us_ = 0;  // refreshed once per loop
  std::int64_t over_since_us_ = 0;
  std::string phase_;
  std::size_t active_ = 0;   // shoppers not done
  std::size_t waiting_ = 0;  // of those, standing by
  std::size_t verifying_ = 0;
  std::size_t standby_sockets_ = 0;
  std::uint64_t arrived_ = 0;
  bool ending_ = false;                           // listeners no longer come back
  std::map<UnitSeen, std::uint64_t> paid_units_;  // acknowledged as paid → in which order
  std::vector<std::uint32_t> intended_per_second_, sent_per_second_;
  std::string host_rush_, host_general_, hold_head_, document_head_[2], me_head_, socket_head_;
  std::map<EndpointNo, std::string> hosts_;  // of payment pages
  DoorSeen door_;
  std::deque<Puzzle> puzzles_;
  std::vector<std::uint32_t> by_number_;  // number in the line - 1 → shopper; kNobody: not ours
  std::uint64_t serving_ = 0;
  bool drawn_ = false;
  std::size_t in_line_ = 0;
  std::string sale_path_, guard_head_;
  Histogram hold_latency_, door_latency_, line_wait_;
  Report report_;
};

}  // namespace onrush::crowd
