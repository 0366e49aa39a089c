// The number of a place, computed from its entry as the box office does: the token of a place names
// the entry, so whoever shows it is told without the queue that he has not been called.
#pragma once

#include <unordered_map>

#include "ports/box_office.h"
#include "sale/draw.h"

namespace onrush::api {

// Of one worker; on its thread only.
class PlaceNumbers {
 public:
  // 0: not drawn yet.
  [[nodiscard]] std::uint32_t number_of(sale::SaleNo sale, const ports::LineStatus& line,
                                        std::uint32_t entry);

 private:
  std::unordered_map<sale::SaleNo, sale::Permutation> draws_;  // a draw is made once
};

}  // namespace onrush::api
