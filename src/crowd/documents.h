// The API's documents, as far as a shopper reads them (docs/http_api.md, "Documents").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd/crowd.h"

namespace onrush::crowd {

struct UnitSeen {
  std::string item;
  std::uint32_t unit = 0;
  friend auto operator<=>(const UnitSeen&, const UnitSeen&) = default;
};

struct OrderSeen {
  std::uint64_t order = 0;
  std::uint64_t buyer = 0;
  std::string state;
  std::int64_t deadline_ms = 0;  // wall clock; 0 if there is none
  std::vector<UnitSeen> units;
  std::string payment_state;  // "" without a payment
  bool repeated = false;
};

struct MeSeen {
  std::vector<OrderSeen> orders;
  std::size_t standby = 0;  // entries waiting
};

struct LiveSeen {
  std::string phase;
  std::string reason;
  std::int64_t server_time_ms = 0;
  std::int64_t opens_at_ms = 0;
  std::vector<ItemNumbers> items;
};

struct TokensSeen {
  std::uint64_t first_buyer = 0;
  std::vector<std::string> tokens;
};

// Each: nothing, when the text is not such a document.
[[nodiscard]] std::optional<OrderSeen> read_order(std::string_view json);
[[nodiscard]] std::optional<MeSeen> read_me(std::string_view json);
// Also reads the admin's numbers of a sale, which have the same items.
[[nodiscard]] std::optional<LiveSeen> read_live(std::string_view json);
[[nodiscard]] std::optional<TokensSeen> read_tokens(std::string_view json);
// Of a sale's document: the first of the channels that it is open to; "" if it is open to all.
[[nodiscard]] std::optional<std::string> read_channel(std::string_view json);
// The hosted page of a started payment.
[[nodiscard]] std::optional<std::string> read_payment_url(std::string_view json);
// A WebSocket message: its type; the order if it is one.
struct MessageSeen {
  std::string type;
  std::string cause;
  std::optional<OrderSeen> order;
};
[[nodiscard]] std::optional<MessageSeen> read_message(std::string_view json);
// The `code` of a problem document, without parsing it all; "" if none.
[[nodiscard]] std::string_view problem_code(std::string_view json);

}  // namespace onrush::crowd
