#include "adapters/payment_sandbox/sandbox_provider.h"

#include <boost/json.hpp>
#include <charconv>

#include "adapters/payment_sandbox/signature.h"

namespace onrush::payment_sandbox {
namespace {

namespace json = boost::json;
using Kind = ports::ProviderNotice::Kind;

Result<json::object> read_object(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error || !value.is_object()) return invalid("the provider's message is not a JSON object");
  return std::move(value.as_object());
}

std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string().data(), value->get_string().size());
}

// Payment, amount and what became of it; `kinds` maps the text of member `kind_name`.
Result<ports::ProviderNotice> read_notice(const json::object& object, std::string_view kind_name,
                                          std::string_view prefix) {
  const auto malformed = [] { return invalid("the provider's message is malformed"); };
  const auto payment = text_of(object, "payment");
  auto kind = text_of(object, kind_name);
  const json::value* amount = object.if_contains("amount");
  if (!payment || !kind || !kind->starts_with(prefix) || amount == nullptr || !amount->is_int64()) {
    return malformed();
  }
  kind->remove_prefix(prefix.size());
  ports::ProviderNotice notice;
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(payment->data(), payment->data() + payment->size(), id);
  if (error != std::errc{} || end != payment->data() + payment->size() || id == 0)
    return malformed();
  notice.payment = sale::PaymentId{id};
  notice.amount = sale::Money{amount->get_int64()};
  if (notice.amount.minor < 0) return malformed();
  if (*kind == "captured") {
    notice.kind = Kind::captured;
  } else if (*kind == "declined") {
    notice.kind = Kind::declined;
  } else if (*kind == "refunded") {
    notice.kind = Kind::refunded;
  } else if (*kind == "unknown" || *kind == "open") {
    notice.kind = Kind::unknown;
  } else {
    return malformed();
  }
  return notice;
}

Error error_of(const HttpAnswer& answer) {
  const std::string message = "the payment provider answered " + std::to_string(answer.status);
  if (answer.status == 429 || answer.status >= 500) return retryable(message);
  return rejected(message);
}

std::string path_of(sale::PaymentId payment) {
  return "/sandbox/v1/payments/" + std::to_string(payment.value());
}

}  // namespace

SandboxProvider::SandboxProvider(ProviderConfig config)
    : config_(std::move(config)), callback_key_(config_.callback_secret), http_(config_.timeout) {}

Result<HttpAnswer> SandboxProvider::call(const std::string& method, const std::string& path,
                                         const std::string& body) {
  return http_.call(method, config_.base_url + path,
                    {"authorization: Bearer " + config_.api_key, "content-type: application/json",
                     "expect:", "accept: application/json"},
                    body);
}

Result<std::string> SandboxProvider::create(const ports::PaymentIntent& intent) {
  const json::object body{{"payment", std::to_string(intent.payment.value())},
                          {"order", std::to_string(intent.order.value())},
                          {"amount", intent.amount.minor},
                          {"currency", intent.currency},
                          {"description", intent.description},
                          {"return_url", intent.return_url},
                          {"deadline", to_rfc3339(intent.deadline)}};
  const auto answer = call("POST", "/sandbox/v1/payments", json::serialize(body));
  if (!answer) return answer.error();
  if (answer->status != 200 && answer->status != 201) return error_of(*answer);
  const auto object = read_object(answer->body);
  const auto url = object ? text_of(*object, "url") : std::nullopt;
  if (!url) return unknown_outcome("the payment provider's answer has no url");
  return std::string(*url);
}

Result<ports::ProviderNotice> SandboxProvider::query(sale::PaymentId payment) {
  const auto answer = call("GET", path_of(payment));
  if (!answer) return answer.error();
  if (answer->status == 404) {  // never made there: nothing has become of it yet
    ports::ProviderNotice notice;
    notice.payment = payment;
    return notice;
  }
  if (answer->status != 200) return error_of(*answer);
  const auto object = read_object(answer->body);
  if (!object) return object.error();
  auto notice = read_notice(*object, "state", "");
  if (notice && notice->payment != payment) return invalid("the provider spoke of another payment");
  return notice;
}

Status SandboxProvider::refund(sale::PaymentId payment, sale::Money amount) {
  const json::object body{{"amount", amount.minor}};
  const auto answer = call("POST", path_of(payment) + "/refund", json::serialize(body));
  if (!answer) return answer.error();
  if (answer->status != 200) return error_of(*answer);
  return {};
}

Result<ports::ProviderNotice> SandboxProvider::read_callback(std::string_view body,
                                                             std::string_view signature_header,
                                                             TimePoint now) const {
  if (const Status good = check_signature(callback_key_, signature_header, body, now); !good) {
    return good.error();
  }
  const auto object = read_object(body);
  if (!object) return object.error();
  auto notice = read_notice(*object, "type", "payment.");
  const auto event = text_of(*object, "event");
  if (!event) return invalid("the provider's message is malformed");
  if (notice) notice->event_id = std::string(*event);
  return notice;
}

std::string SandboxProvider::signature_header() const {
  return std::string(kSignatureHeader);
}

}  // namespace onrush::payment_sandbox
