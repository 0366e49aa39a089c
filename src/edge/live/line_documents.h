// The documents of a sale's line: what everybody is told of it, one buyer's place, and the draw.
// Shapes: docs/openapi.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/live/json_writer.h"
#include "edge/live/sale_directory.h"
#include "ports/box_office.h"
#include "sale/outcome.h"

namespace onrush::live {

// When a place will be called, from now.
struct Eta {
  std::uint32_t low_seconds = 0;
  std::uint32_t high_seconds = 0;
};

// From the pace at which passes are claimed, and the share of those called who claim one
// (docs/http_api.md, "When is it my turn"). Nothing while that pace is unstable: the sale is not
// open, fewer than kStableClaims passes have been claimed, none is being claimed, or the place
// cannot win with what is left.
inline constexpr std::uint32_t kStableClaims = 20;
[[nodiscard]] std::optional<Eta> eta_of(const sale::PlaceView& place,
                                        const ports::LineStatus& line);

// Members of the object that is being written: what everybody may know of the line now.
void write_line_members(JsonWriter& out, const ports::LineStatus& line);
// Member "line" of the Live document: null for a sale without one.
void write_live_line(JsonWriter& out, const ports::LineStatus& line);
// Member "notice": null if there is none.
void write_notice(JsonWriter& out, const sale::Text& notice);

// `token`: what proves the place to its buyer.
[[nodiscard]] std::string place_document(const sale::PlaceView& place,
                                         const std::optional<Eta>& eta,
                                         const sale::SaleRules& rules, std::string_view token,
                                         TimePoint now);

// The commitment of a sale that draws lots, 64 hexadecimal digits; "" for another.
[[nodiscard]] std::string commitment_of(const sale::SaleRules& rules);
// Members "line" and "draw" of the Sale document.
void write_sale_line(JsonWriter& out, const sale::SaleRules& rules);
// Of a sale that draws lots: the commitment, and after the draw everything that it was made of.
[[nodiscard]] std::string draw_document(const SaleEntry& sale);

}  // namespace onrush::live
