// The synthetic crowd: drives a running server over real sockets, as shoppers would, and checks
// what it was told against what the server says afterwards.
//
// Open loop: every click's time is fixed before the sale opens, by a seed. A slow server cannot
// slow the crowd down, and latencies count from the intended time, so waiting inside the crowd is
// never hidden.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crowd/histogram.h"

namespace onrush::crowd {

// Percentages of the shoppers; the rest are ordinary buyers who pay.
struct Mix {
  unsigned repeat_clickers = 5;   // send the same request 2..5 times, half of them without a key
  unsigned refreshers = 10;       // reload the sale and live documents over and over
  unsigned abandoners = 30;       // hold and never pay
  unsigned decliners = 3;         // the provider declines their payment
  unsigned late_payers = 2;       // their money arrives after the hold's deadline
  unsigned duplicate_payers = 3;  // submit the payment page twice
  unsigned quitters = 3;          // release their hold
};

// Who is behind an account. Shares below are of all accounts.
enum class Group : std::uint8_t {
  person,
  bot,      // a script: there at the first moment, and sends what a person sends once many times
  modified  // comes like a person, but its client has been changed to ask in every slot
};

struct ItemShare {
  std::string item;
  unsigned weight = 1;
  unsigned quantity_max = 1;  // quantities are drawn from 1..quantity_max
};

struct CrowdConfig {
  std::string sale;
  std::string rush = "127.0.0.1:8081";  // host:port, IPv4 or "localhost"
  std::string general = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:8082";
  bool allow_remote = false;  // addresses beyond loopback are refused otherwise
  std::string staff_token;    // an owner's: mints the shoppers' tokens, reads the final numbers

  std::uint64_t seed = 1;
  std::uint32_t shoppers = 10'000;
  std::uint32_t listeners = 0;  // WebSocket connections that only watch
  Mix mix;
  std::vector<ItemShare> items;  // empty: every item of the sale, equally, one unit each
  double bots = 0;               // share of scripts, 0..1
  double ignore_filter = 0;      // share of modified clients, 0..1
  unsigned bot_speed = 100;      // how often a script sends what a person sends once, in one second
  unsigned standby_percent = 100;   // of the shoppers, who would wait in line
  unsigned websocket_percent = 30;  // of those who wait in line: by WebSocket, others poll
  std::uint32_t standby_sockets_max = 2'000;

  // In a sale with a line (docs/crowd.md).
  unsigned lobby_percent = 80;    // take their place before the opening
  double leave = 0;               // share of the people who leave it, or do not claim their turn
  Millis leave_within{3'000};     // after their number is known, those who leave do
  Millis line_poll{5'000};        // of the live document while waiting for one's turn, ± half
  unsigned mistaken_percent = 3;  // answer the sale's question wrongly at first
  std::map<std::string, std::string> answers;  // to its questions, by their (English) text

  unsigned burst_percent = 60;    // of the clicks fall within the first second after the opening
  Millis tail_mean{4'000};        // the others: exponential with this mean, after that second
  Millis arrival_window{30'000};  // nobody comes later than this after the opening
  unsigned early_percent = 20;    // are there before the opening and poll until then
  Millis early_window{10'000};    // how long before the opening they start at most
  Millis think_min{200};          // between a grant and what the shopper does about it
  Millis think_max{2'000};
  Millis poll_interval{1'000};  // of documents and orders, ± half
  Millis standby_poll{3'000};

  std::uint32_t connections = 2'000;   // to one listener at most; shared by shoppers who are done
  std::uint32_t source_addresses = 8;  // 127.0.0.1, 127.0.0.2, … when the server is on loopback
  Millis request_timeout{10'000};
  std::uint32_t reconnect_seconds = 5;       // how long a shopper retries while the server is away
  Millis time_limit{300'000};                // after the opening; the crowd goes home then
  std::uint32_t verify_orders_max = 20'000;  // paid orders asked for again at the end
  std::string record_path;                   // "" = keep no record (see record.h)
};

// Each answer to a hold request, by what it said.
struct Answers {
  std::uint64_t granted = 0, repeated = 0, standby = 0, sold_out = 0, limit_reached = 0, closed = 0;
  std::uint64_t not_open = 0, paused = 0, busy = 0, rate_limited = 0, refused = 0, unexpected = 0;
};

// What became of the orders that were granted to shoppers.
struct Orders {
  std::uint64_t granted = 0, from_standby = 0, paid = 0, expired = 0, declined = 0, released = 0;
  std::uint64_t late_paid = 0, late_refunded = 0, refunded = 0, unresolved = 0;
};

// How one group of accounts fared. A win is an account that was granted an order.
struct GroupResult {
  std::string group;  // people, bots, modified clients
  std::uint64_t accounts = 0, wins = 0, requests = 0;
  // Share of the wins / share of the accounts, with Wilson's 95 % interval of the former.
  double ratio = 0, low = 0, high = 0;
};

// What the shoppers met in the line.
struct LineResult {
  bool on = false;
  std::uint64_t places = 0, drawn_numbers = 0, passes = 0, left = 0, never_claimed = 0;
  std::uint64_t lobby_entries = 0;  // taken before the opening, by whomever, as last heard
  std::uint64_t serving = 0;        // numbers called, as last heard
  double claim_rate = 0;            // of those called to whom a pass was given
  std::int64_t wait_p50_us = 0, wait_p99_us = 0;  // from place or opening to the pass
};

struct Transport {
  std::uint64_t connect = 0, closed = 0, timeout = 0, malformed = 0, gave_up = 0;
  std::uint64_t connections = 0, stale_retries = 0;
};

struct Latency {
  std::int64_t p50_us = 0, p90_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
  std::uint64_t count = 0;
};

struct ItemNumbers {
  std::string item;
  std::uint64_t stock = 0, free = 0, held = 0, paid = 0, standby = 0;
};

struct Report {
  Answers answers;
  Orders orders;
  Transport transport;
  Latency hold;  // from the intended time to the answer, all hold requests
  Latency door;  // the same of all requests on the way there: place, pass, challenge, path
  std::map<std::string, std::uint64_t> refusals;  // code of a guard → how often it said no
  std::vector<GroupResult> groups;                // only those that have accounts
  LineResult line;
  std::uint64_t puzzles_solved = 0;
  std::uint32_t shoppers = 0;
  std::uint64_t requests = 0;         // of every kind
  std::uint64_t clicks_intended = 0;  // hold requests planned, repeats included
  std::uint64_t clicks_sent = 0;      // sent, retries included
  double peak_intended_per_s = 0;     // the fullest second of the plan, and what was sent in it
  double peak_sent_per_s = 0;
  double seconds = 0;  // from the opening to the end
  std::uint64_t live_messages = 0, personal_messages = 0, websockets = 0, websockets_lost = 0;
  std::uint64_t still_waiting = 0;  // in standby when the crowd went home
  std::uint64_t units_paid_acknowledged = 0;
  std::uint64_t orders_verified = 0;
  std::map<std::string, std::uint64_t> unexpected;  // "POST holds 500" → count
  std::vector<ItemNumbers> items;                   // the server's own numbers at the end
  std::string phase;                                // of the sale at the end
  bool ended_by_time_limit = false;
  std::vector<std::string> violations;  // of the sale's promises: each is a failure
  std::vector<std::string> failures;    // of the run itself: the server could not be asked, …
  // 0 all promises kept, 1 the run failed, 4 a promise is broken.
  [[nodiscard]] int exit_status() const {
    return !violations.empty() ? 4 : !failures.empty() ? 1 : 0;
  }
};

struct Progress {
  double seconds = 0;  // since the opening; negative before it
  std::string phase;   // of the sale, as last heard
  std::uint64_t arrived = 0, granted = 0, standby = 0, sold_out = 0, paid = 0, expired = 0,
                errors = 0;
  bool line = false, drawn = false;  // the sale has a line; its order is known
  std::uint64_t places = 0, in_line = 0, serving = 0, passes = 0;
  std::int64_t p99_us = 0;
};
using ProgressCallback = std::function<void(const Progress&)>;  // about every 200 ms

// Blocks until the sale is over for everybody, the time limit, or `stop`. One thread, the caller's.
// Errors: invalid (the configuration), rejected/retryable (set-up with the server failed).
[[nodiscard]] Result<Report> run_crowd(const CrowdConfig& config, const ProgressCallback& progress,
                                       const std::atomic<bool>* stop = nullptr);

}  // namespace onrush::crowd
