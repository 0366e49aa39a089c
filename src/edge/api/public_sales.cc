// What everybody may read about sales, and the WebSocket. Public documents: cacheable, the same for
// all.
#include "edge/api/handlers.h"
#include "edge/api/station.h"
#include "edge/live/documents.h"

namespace onrush::api::handle {
namespace {

constexpr std::string_view kMaxAge = "public, max-age=1";

std::string list_document(const live::SaleList& list) {
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("sales").begin_array();
  for (const auto& entry : list.by_number) {
    if (live::is_public(*entry)) live::write_sale_card(out, *entry);
  }
  out.end_array().end_object();
  return text;
}

bool is_over(const ports::BoxOffice& office, const live::SaleEntry& sale) {
  for (std::size_t i = 0; i < sale.rules->items.size(); ++i) {
    if (!live::is_over(office.status(sale.sale, sale::ItemNo{static_cast<std::uint16_t>(i)}))) {
      return false;
    }
  }
  return true;
}

}  // namespace

void list_sales(Station& station, const http::Request& request, const PathParams&, CallPtr call) {
  const auto& document =
      station.document(sale::SaleNo{}, [&] { return list_document(*station.sales); });
  call->send_public(request, document.body, document.etag, kMaxAge);
}

void get_sale(Station& station, const http::Request& request, const PathParams& params,
              CallPtr call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  const auto& document = station.document(sale->sale, [&] {
    return live::sale_document(*sale, station.context.front_door.filter_salt_hex(*sale->rules));
  });
  call->send_public(request, document.body, document.etag, kMaxAge);
}

void get_live(Station& station, const http::Request& request, const PathParams& params,
              CallPtr call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  const auto document = sale == nullptr ? nullptr : station.context.hub.document(sale->sale);
  if (!document) return call->fail(problem::kNotFound, "There is no such sale.");
  call->send_public(request, document->json, document->etag, kMaxAge);
}

// For the proxy in front, in the form of nginx's auth_request. 204 also for a sale that is not
// there: the request itself will be told so, and an unknown status would be an error to the proxy.
void get_gate(Station& station, const http::Request&, const PathParams& params, CallPtr call) {
  const live::SaleEntry* sale = station.public_sale(params[0]);
  http::Response response;
  response.status = 204;
  if (sale != nullptr && is_over(station.context.office, *sale)) {
    response = to_response({problem::kForbidden, "The sale is over.", 0, {}}, {});
  }
  response.headers.append("Cache-Control: ").append(kMaxAge).append("\r\n");
  call->send(std::move(response));
}

void open_live_socket(Station& station, const http::Request& request, const PathParams&,
                      CallPtr call) {
  // A browser always says where a page came from; other clients have no ambient rights to abuse.
  const std::string_view origin = request.header(http::Header::origin);
  if (!origin.empty() && !station.trusted_origin(origin)) {
    return call->fail(problem::kForbidden, "Pages of this origin may not connect.");
  }
  const std::string key = query_value(request.query, "sale");
  const live::SaleEntry* sale = station.public_sale(key);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  station.room->admit(call->take_responder(), request, sale->sale);
}

}  // namespace onrush::api::handle
