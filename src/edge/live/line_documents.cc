#include "edge/live/line_documents.h"

#include <algorithm>
#include <cmath>

#include "base/hex.h"
#include "edge/live/documents.h"
#include "sale/draw.h"

namespace onrush::live {
namespace {

std::string_view name_of(sale::LineMode mode) {
  switch (mode) {
    case sale::LineMode::off:
      return "off";
    case sale::LineMode::fifo:
      return "fifo";
    case sale::LineMode::draw:
      return "draw";
  }
  return "";
}

void write_eta(JsonWriter& out, const std::optional<Eta>& eta) {
  out.key("eta_seconds");
  if (!eta) {
    out.null();
    return;
  }
  out.begin_object().key("low").number(eta->low_seconds);
  out.key("high").number(eta->high_seconds).end_object();
}

}  // namespace

std::optional<Eta> eta_of(const sale::PlaceView& place, const ports::LineStatus& line) {
  if (place.state != sale::PlaceState::waiting || line.phase != sale::Phase::open) {
    return std::nullopt;
  }
  if (line.claimed < kStableClaims || line.claim_rate_milli == 0 || line.serving == 0 ||
      place.number > line.win_up_to) {
    return std::nullopt;
  }
  // Passes to be claimed by those who will be called before him, and by himself.
  const double share = std::min(1.0, static_cast<double>(line.claimed) / line.serving);
  const double claims = (static_cast<double>(place.ahead) + 1) * share;
  const double seconds = claims * 1000 / line.claim_rate_milli;
  constexpr double kSecondsMax = 1e9;
  Eta eta;
  eta.low_seconds = static_cast<std::uint32_t>(std::min(kSecondsMax, std::floor(seconds * 0.75)));
  eta.high_seconds =
      static_cast<std::uint32_t>(std::min(kSecondsMax, std::ceil(seconds * 1.5)) + 1);
  return eta;
}

void write_line_members(JsonWriter& out, const ports::LineStatus& line) {
  out.key("mode").text(name_of(line.mode)).key("entries").number(line.entries);
  out.key("lobby_entries").number(line.lobby_entries).key("drawn").boolean(line.drawn);
  out.key("serving").number(line.serving).key("claimed").number(line.claimed);
  out.key("active").number(line.active).key("rate").number(line.rate);
  out.key("claim_rate").decimal(line.claim_rate_milli / 1000.0);
  out.key("full").boolean(line.entries >= line.capacity);
  out.key("can_win").boolean(line.win_up_to != 0).key("win_up_to").number(line.win_up_to);
}

void write_live_line(JsonWriter& out, const ports::LineStatus& line) {
  out.key("line");
  if (line.mode == sale::LineMode::off) {
    out.null();
    return;
  }
  out.begin_object();
  write_line_members(out, line);
  out.end_object();
}

void write_notice(JsonWriter& out, const sale::Text& notice) {
  if (notice.en.empty()) {
    out.key("notice").null();
  } else {
    write_text(out, "notice", notice);
  }
}

std::string place_document(const sale::PlaceView& place, const std::optional<Eta>& eta,
                           const sale::SaleRules& rules, std::string_view token, TimePoint now) {
  std::string text;
  text.reserve(512);
  JsonWriter out(text);
  out.begin_object().key("sale").text(rules.key).key("entry").number(place.entry);
  const bool numbered = place.number != 0;
  out.key("number");
  numbered ? out.number(place.number) : out.null();
  out.key("state").text(sale::to_string(place.state)).key("serving").number(place.serving);
  out.key("ahead");
  numbered ? out.number(place.ahead) : out.null();
  write_eta(out, eta);
  out.key("token").text(token).key("pass_expires_at");
  place.state == sale::PlaceState::claimed ? out.time(place.pass_expires_at) : out.null();
  out.key("server_time").time(now).end_object();
  return text;
}

std::string commitment_of(const sale::SaleRules& rules) {
  if (rules.line.mode != sale::LineMode::draw) return {};
  return to_hex(sale::draw_commitment(rules.line.draw_secret));
}

void write_sale_line(JsonWriter& out, const sale::SaleRules& rules) {
  out.key("line").begin_object().key("mode").text(name_of(rules.line.mode));
  out.key("capacity").number(rules.line.capacity);
  out.key("pass_seconds").number(rules.line.pass.count() / 1000).end_object();
  out.key("draw");
  if (rules.line.mode != sale::LineMode::draw) {
    out.null();
    return;
  }
  out.begin_object().key("commitment").text(commitment_of(rules));
  out.key("algorithm").text(sale::kDrawAlgorithm).end_object();
}

std::string draw_document(const SaleEntry& sale) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("sale").text(sale.rules->key).key("algorithm").text(sale::kDrawAlgorithm);
  out.key("commitment").text(commitment_of(*sale.rules));
  out.key("revealed").boolean(sale.draw != nullptr);
  if (sale.draw != nullptr) {
    out.key("entries").number(sale.draw->entries);
    out.key("secret").text(to_hex(Bytes(sale.rules->line.draw_secret)));
    out.key("lobby_digest").text(to_hex(sale.draw->lobby_digest));
    out.key("beacon").text(sale.draw->beacon).key("seed").text(to_hex(sale.draw->seed));
  }
  out.end_object();
  return text;
}

}  // namespace onrush::live
