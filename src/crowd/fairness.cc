#include "crowd/fairness.h"

#include <cmath>

namespace onrush::crowd {

Advantage advantage(std::uint64_t accounts, std::uint64_t wins, std::uint64_t all_accounts,
                    std::uint64_t all_wins) {
  if (accounts == 0 || all_accounts == 0 || all_wins == 0) return {};
  constexpr double kZ = 1.959964;  // of the normal distribution, both sides together 5 %
  const auto n = static_cast<double>(all_wins);
  const double share = static_cast<double>(accounts) / static_cast<double>(all_accounts);
  const double p = static_cast<double>(wins) / n;
  const double middle = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ / (1 + kZ * kZ / n) * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return {p / share, (middle - half) / share, (middle + half) / share};
}

}  // namespace onrush::crowd
