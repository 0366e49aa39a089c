// What staff take away and bring: orders as a spreadsheet file, the sale file of a sale, and the
// check of a sale file that is still being written.
#include "edge/api/handlers.h"
#include "edge/api/order_rows.h"
#include "edge/api/orders_csv.h"
#include "edge/api/staff_roles.h"
#include "edge/api/station.h"
#include "edge/live/documents.h"
#include "sale/rules_check.h"
#include "sale/sale_file.h"

namespace onrush::api::handle {
namespace {

constexpr std::uint32_t kCsvPage = 500;  // orders that are read at once

struct Csv {
  std::string text;
  bool too_many = false;
};

// The one export of the process; let go when nobody holds it any more, whatever became of the call.
class ExportTurn {
 public:
  // Null: another has it.
  static std::shared_ptr<ExportTurn> take(const ApiContext& context) {
    if (context.exporting->exchange(true)) return nullptr;
    return std::make_shared<ExportTurn>(context.exporting);
  }
  explicit ExportTurn(std::shared_ptr<std::atomic<bool>> taken) : taken_(std::move(taken)) {}
  ~ExportTurn() { taken_->store(false); }
  ExportTurn(const ExportTurn&) = delete;
  ExportTurn& operator=(const ExportTurn&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> taken_;
};

// Blocks, a page at a time, so that the store answers other questions in between.
Result<Csv> read_csv(ApiContext& context, const ports::OrderQuery& query) {
  auto wanted = with_buyer_of_address(context.accounts.store(), query);
  if (!wanted) return wanted.error();
  Csv csv{csv_head()};
  if (!wanted->has_value()) return csv;
  (*wanted)->limit = kCsvPage;
  for (std::size_t count = 0;;) {
    const auto rows = context.orders.orders(**wanted);
    if (!rows) return rows.error();
    count += rows->size();
    csv.too_many = count > kCsvOrdersMax;
    if (csv.too_many) return csv;
    append_csv(csv.text, *rows);
    if (rows->size() < kCsvPage) return csv;
    (*wanted)->before = rows->back().order;
  }
}

http::Response attachment(std::string_view content_type, std::string_view name, std::string body) {
  http::Response response;
  response.content_type = content_type;
  response.body = std::move(body);
  // The name is of [a-z0-9.-]: it needs no escaping.
  response.headers.append("Content-Disposition: attachment; filename=\"")
      .append(name)
      .append("\"\r\n");
  return response;
}

void write_fault(live::JsonWriter& out, const sale::Complaint& fault) {
  out.begin_object().key("pointer").text(sale::json_pointer(fault.place));
  out.key("place").text(fault.place).key("message").text(fault.what).end_object();
}

// A sale that is announced is changed by acts, not by its file.
bool is_draft(const live::SaleEntry* sale) {
  return sale == nullptr || sale->phase == sale::Phase::draft;
}

}  // namespace

void admin_orders_csv(Station& station, const http::Request& request, const PathParams&,
                      CallPtr call) {
  const auto query = read_order_query(request.query);
  if (!query) return call->fail(problem::kInvalid, query.error().message);
  const std::string name =
      sale::is_key(query->sale_key) ? "orders-" + query->sale_key + ".csv" : "orders.csv";
  auto turn = ExportTurn::take(station.context);
  if (!turn)
    return call->fail(
        Problem{problem::kBusy, "Another file of orders is being put together.", 2, {}});
  station.block<Result<Csv>>(
      std::move(call),
      [&context = station.context, wanted = *query, turn = std::move(turn)]() mutable {
        auto csv = read_csv(context, wanted);
        turn.reset();  // before the answer: who gets it may ask for the next one
        return csv;
      },
      [name](const CallPtr& asked, Result<Csv> csv) {
        if (!csv)
          return asked->fail(
              Problem{problem::kUnavailable, "The orders cannot be read now.", 2, {}});
        if (csv->too_many)
          return asked->fail(problem::kInvalid,
                             "More than 100000 orders: narrow them by sale, state, item or time.");
        asked->send(
            attachment("text/csv; charset=utf-8; header=present", name, std::move(csv->text)));
      });
}

void admin_get_sale_file(Station& station, const http::Request&, const PathParams& params,
                         CallPtr call) {
  const live::SaleEntry* sale = station.sales->find(params[0]);
  if (sale == nullptr) return call->fail(problem::kNotFound, "There is no such sale.");
  sale::SaleRules rules = *sale->rules;
  // Who may only look could buy with what he reads here: the answers are for those who run sales.
  if (station.context.staff_roles.effective(call->claims.subject, call->claims.role) <
      ports::Role::operator_) {
    for (auto& question : rules.admission.questions) question.answers.clear();
  }
  call->send(attachment("application/json", rules.key + ".json", sale::to_sale_file(rules)));
}

void admin_check_sale(Station& station, const http::Request& request, const PathParams&,
                      CallPtr call) {
  const sale::SaleFileCheck check =
      sale::check_sale_file(request.body, station.context.clock.now());
  const live::SaleEntry* known = station.sales->find(check.key);
  std::string text;
  live::JsonWriter out(text);
  out.begin_object().key("valid").boolean(check.rules.has_value()).key("faults").begin_array();
  for (const auto& fault : check.complaints.list()) write_fault(out, fault);
  out.end_array().key("exists").boolean(known != nullptr);
  out.key("may_apply").boolean(check.rules.has_value() && is_draft(known)).key("file");
  if (check.rules) {
    out.raw(sale::to_sale_file(*check.rules));
  } else {
    out.null();
  }
  out.end_object();
  call->send_json(200, std::move(text));
}

}  // namespace onrush::api::handle
