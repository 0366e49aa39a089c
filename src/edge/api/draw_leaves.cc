#include "edge/api/draw_leaves.h"

#include "base/hex.h"

namespace onrush::api {

std::string DrawLeaves::text_of(const std::vector<sale::Leaf>& leaves) {
  std::string text;
  text.reserve(leaves.size() * kLeafText);
  for (const sale::Leaf& leaf : leaves) text.append("\"").append(to_hex(Bytes(leaf))).append("\",");
  return text;
}

DrawLeaves::Block DrawLeaves::find(sale::SaleNo sale, std::uint32_t block) const {
  const std::lock_guard lock(mutex_);
  const auto at = blocks_.find({sale, block});
  return at == blocks_.end() ? nullptr : at->second;
}

void DrawLeaves::keep(sale::SaleNo sale, std::uint32_t block, std::string text) {
  auto made = std::make_shared<const std::string>(std::move(text));
  const std::lock_guard lock(mutex_);
  // Another worker may have been quicker.
  if (!blocks_.try_emplace({sale, block}, std::move(made)).second) return;
  by_age_.emplace_back(sale, block);
  if (by_age_.size() <= blocks_max_) return;
  blocks_.erase(by_age_.front());
  by_age_.pop_front();
}

}  // namespace onrush::api
