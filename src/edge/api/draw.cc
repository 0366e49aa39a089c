// The draw as everybody may check it: what was committed to, and after the opening all that it was
// made of.
#include <charconv>

#include "base/hex.h"
#include "edge/api/handlers.h"
#include "edge/api/station.h"
#include "edge/live/line_documents.h"
#include "sale/rules_check.h"

namespace onrush::api::handle {
namespace {

// A sale that draws lots; null: answered.
const live::SaleEntry* find_draw(Station& station, const PathParams& params, Call& call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale != nullptr && sale->rules->line.mode == sale::LineMode::draw) return sale;
  call.fail(problem::kNotFound,
            sale == nullptr ? "There is no such sale." : "This sale draws no lots.");
  return nullptr;
}

// Until the draw it changes at the opening, at a moment that caches do not know; then never.
std::string_view cache_of(const live::SaleEntry& sale) {
  return sale.draw == nullptr ? "public, max-age=1" : "public, max-age=3600";
}

// A number of the query from 1 to `max`; `absent` if it is not there.
std::optional<std::uint32_t> query_number(std::string_view query, std::string_view name,
                                          std::uint32_t absent, std::uint32_t max) {
  const std::string text = query_value(query, name);
  if (text.empty()) return absent;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > max)
    return std::nullopt;
  return value;
}

std::string leaves_document(const sale::LeavesView& view) {
  std::string text;
  text.reserve(32 + view.leaves.size() * 35);
  live::JsonWriter out(text);
  out.begin_object().key("from").number(view.from).key("leaves").begin_array();
  for (const auto& leaf : view.leaves) out.text(to_hex(Bytes(leaf)));
  out.end_array().end_object();
  return text;
}

}  // namespace

void get_draw(Station& station, const http::Request& request, const PathParams& params,
              CallPtr call) {
  const live::SaleEntry* sale = find_draw(station, params, *call);
  if (sale == nullptr) return;
  std::string document = live::draw_document(*sale);
  const std::string etag = etag_of(document);
  call->send_public(request, std::move(document), etag, cache_of(*sale));
}

void get_draw_entries(Station& station, const http::Request& request, const PathParams& params,
                      CallPtr call) {
  const live::SaleEntry* sale = find_draw(station, params, *call);
  if (sale == nullptr) return;
  if (sale->draw == nullptr)
    return call->fail(Problem{problem::kNotOpen,
                              "The lots are drawn at the opening.",
                              seconds_until(sale->rules->opens_at, station.context.clock.now()),
                              {}});
  const auto from = query_number(request.query, "from", 1, sale::kPlacesMax);
  const auto limit =
      query_number(request.query, "limit", sale::command::kLeavesMax, sale::command::kLeavesMax);
  if (!from || !limit)
    return call->fail(problem::kInvalid, "from and limit: whole numbers from 1; limit to 10000");
  station.ask(std::move(call), sale::command::LobbyLeaves{sale->sale, *from, *limit},
              [&station](const CallPtr& asked, const sale::Outcome& outcome) {
                if (outcome.verdict != sale::Verdict::found || !outcome.leaves)
                  return station.answer(*asked, outcome, Success::no_content);
                http::Response response;
                response.body = leaves_document(*outcome.leaves);
                response.headers = "Cache-Control: public, max-age=3600\r\n";
                asked->send(std::move(response));
              });
}

}  // namespace onrush::api::handle
