// The leaves of drawn lobbies, as text, kept at the edge: once drawn they never change, and the
// box office has better things to do than to hash them again for everybody who checks a draw.
// Shared by all workers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sale/draw.h"
#include "sale/ids.h"

namespace onrush::api {

class DrawLeaves {
 public:
  // Leaves of one block: a fraction of a millisecond of the box office's one writer. Block b has
  // the entries b * kBlock + 1 … (b + 1) * kBlock.
  static constexpr std::uint32_t kBlock = 500;
  // Each leaf is written as `"32 hexadecimal digits",`.
  static constexpr std::size_t kLeafText = 35;
  using Block = std::shared_ptr<const std::string>;
  [[nodiscard]] static std::string text_of(const std::vector<sale::Leaf>& leaves);

  // At most `blocks_max` are kept, the newest; by default 64 MiB.
  explicit DrawLeaves(std::size_t blocks_max = 3'800) : blocks_max_(blocks_max) {}

  // Thread-safe. Null: not there.
  [[nodiscard]] Block find(sale::SaleNo sale, std::uint32_t block) const;
  void keep(sale::SaleNo sale, std::uint32_t block, std::string text);

 private:
  using Key = std::pair<sale::SaleNo, std::uint32_t>;
  const std::size_t blocks_max_;
  mutable std::mutex mutex_;
  std::map<Key, Block> blocks_;
  std::deque<Key> by_age_;
};

}  // namespace onrush::api
