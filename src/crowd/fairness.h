// How much more often one group of accounts won than its share of all accounts.
#pragma once

#include <cstdint>

namespace onrush::crowd {

struct Advantage {
  double ratio = 0;  // share of the wins / share of the accounts; 1 is an even chance
  double low = 0, high = 0;
};

// The interval is Wilson's for the share of the wins, with 95 % confidence. It takes the winners as
// drawn with replacement, which makes it a little too wide where many of all accounts win. All 0
// where there are no wins or no accounts.
[[nodiscard]] Advantage advantage(std::uint64_t accounts, std::uint64_t wins,
                                  std::uint64_t all_accounts, std::uint64_t all_wins);

}  // namespace onrush::crowd
