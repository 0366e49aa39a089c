#include "edge/api/place_numbers.h"

namespace onrush::api {

std::uint32_t PlaceNumbers::number_of(sale::SaleNo sale, const ports::LineStatus& line,
                                      std::uint32_t entry) {
  if (line.mode == sale::LineMode::fifo) return entry;
  if (!line.drawn) return 0;
  // Who came after the opening stands behind those who drew, as he came.
  if (entry > line.lobby_entries) return entry;
  return draws_.try_emplace(sale, line.seed, line.lobby_entries).first->second.place_of(entry);
}

}  // namespace onrush::api
