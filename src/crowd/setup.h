// What the crowd must know before it can start: addresses, tokens, the sale, the server's clock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crowd/crowd.h"
#include "crowd/documents.h"
#include "crowd/door.h"
#include "crowd/wire.h"

namespace onrush::crowd {

struct Stage {
  sockaddr_in rush{}, general{}, admin{};
  std::vector<ItemShare> items;       // of the run, not empty
  std::string channel;                // that the sale is open to, "" = any
  DoorSeen door;                      // what the sale asks for before a hold
  std::uint64_t first_buyer = 0;      // of the first chunk of tokens
  std::vector<std::uint64_t> buyers;  // account of each shopper
  std::vector<std::string> tokens;    // of each shopper
  std::int64_t opens_at_ms = 0;       // by the server's clock
  std::int64_t server_ms = 0;         // the server's clock …
  std::int64_t at_us = 0;             // … at this moment of the monotonic clock
};

struct Fetched {
  int status = 0;
  std::string body;
};
// One blocking request on a connection of its own. Errors: retryable (no answer within `timeout`).
[[nodiscard]] Result<Fetched> fetch(const sockaddr_in& address, std::string_view method,
                                    std::string_view path, std::string_view token,
                                    std::string_view body, Millis timeout);

// Asks the server for everything. Errors: invalid (no such item, address not allowed), rejected
// (the server refuses), retryable (it does not answer).
[[nodiscard]] Result<Stage> set_up(const CrowdConfig& config);

// Makes room for `files` open files. Error: rejected, naming the limit.
[[nodiscard]] Status allow_files(std::uint64_t files);

// The admin's numbers of the sale.
[[nodiscard]] Result<LiveSeen> admin_numbers(const CrowdConfig& config, const sockaddr_in& admin);

}  // namespace onrush::crowd
