// What one worker works with: its own token verifier, line to the box office, copy of the sale
// directory, room of sockets and counters. Everything in it belongs to the worker's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "accounts/tokens.h"
#include "edge/api/answers.h"
#include "edge/api/api_metrics.h"
#include "edge/api/call.h"
#include "edge/api/context.h"
#include "edge/api/draw_reader.h"
#include "edge/api/office_line.h"
#include "edge/api/place_numbers.h"
#include "edge/api/trace.h"
#include "edge/live/json_writer.h"
#include "edge/live/live_room.h"

namespace onrush::api {

class Station {
 public:
  Station(ApiContext& ctx, http::Worker& own_worker, Listener own_listener);
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  // The sale that buyers may know of: drafts are not there.
  [[nodiscard]] const live::SaleEntry* public_sale(std::string_view key) const;
  [[nodiscard]] const sale::SaleRules* rules_of(sale::SaleNo sale) const;

  // CORS header lines for an answer to a request from `origin`; "" for origins that are not ours.
  [[nodiscard]] std::string cors_headers(std::string_view origin) const;
  [[nodiscard]] bool trusted_origin(std::string_view origin) const;

  // Asks the box office on the reserved lane and answers the call by `frame_success`, or through
  // `then`.
  // The crowd's commands take the lane of the rush instead: payments and staff keep theirs.
  using Then = std::function<void(CallPtr, sale::Outcome)>;
  void ask(CallPtr call, sale::Command command, Then then,
           ports::Lane lane = ports::Lane::reserved);
  void ask(CallPtr call, sale::Command command, Success success,
           ports::Lane lane = ports::Lane::reserved);
  void answer(Call& call, const sale::Outcome& outcome, Success success) const;

  // Runs `work` on the blocking pool and `then` with its value on this worker's thread.
  template <class T>
  void block(CallPtr call, std::function<T()> work, std::function<void(CallPtr, T)> then) {
    const bool taken = context.blocking.run(
        [this, call, work = std::move(work), then = std::move(then)]() mutable {
          auto value = std::make_shared<T>(work());
          worker.post([call = std::move(call), value, then = std::move(then)] {
            then(call, std::move(*value));
          });
        });
    if (!taken) call->fail(Problem{problem::kBusy, "Too many queries are waiting.", 1, {}});
  }

  ApiContext& context;
  http::Worker& worker;
  const Listener listener;
  accounts::Tokens tokens;
  TraceSource traces;
  live::SaleListPtr sales;
  std::shared_ptr<RequestCounts> counts;
  OfficeLine office;
  PlaceNumbers place_numbers;
  DrawReader draw_reader{*this};
  std::shared_ptr<live::LiveRoom> room;

  // A public document, built once for each version of the directory. `sale` 0: the list of sales.
  struct Document {
    live::SaleListPtr made_from;
    std::string body;
    std::string etag;
  };
  const Document& document(sale::SaleNo sale, const std::function<std::string()>& build);

 private:
  std::uint64_t subscription_ = 0;
  std::unordered_map<sale::SaleNo, Document> documents_;
};

// A strong ETag of these bytes, with its quotes.
[[nodiscard]] std::string etag_of(std::string_view bytes);

// The token of "Bearer …", or "".
[[nodiscard]] std::string_view bearer_token(std::string_view authorization);

// An id of the API: 1..20 digits, not 0. Nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text);

// The value of one cookie in the Cookie header, or "".
[[nodiscard]] std::string_view cookie_value(std::string_view header, std::string_view name);

// One value of the query, percent-decoded; "" if absent.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);

// "" is allowed (no key). Error: invalid.
[[nodiscard]] Status check_idempotency_key(std::string_view key);
// The machine's 64-bit form of (buyer, key): the same after a restart and on every node, never 0.
[[nodiscard]] std::uint64_t hash_idempotency_key(sale::BuyerId buyer, std::string_view key);

}  // namespace onrush::api
