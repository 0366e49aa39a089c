#include "adapters/payment_sandbox/sandbox_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "adapters/payment_sandbox/hosted_page.h"
#include "adapters/payment_sandbox/ledger.h"
#include "base/constant_time.h"
#include "base/web_form.h"

namespace onrush::payment_sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kPayments = "/sandbox/v1/payments";
constexpr std::string_view kTotals = "/sandbox/v1/totals";
constexpr std::string_view kPay = "/pay/";
constexpr std::size_t kBodyMax = 64 * 1024;
constexpr std::size_t kListMax = 100'000;
constexpr Millis kStaleGap{50};  // between a stale notice and the true one

std::string_view header(const WebRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

WebAnswer answer_json(int status, const json::object& body) {
  return {status, "application/json", {{"cache-control", "no-store"}}, json::serialize(body)};
}

WebAnswer problem(int status, std::string_view code, std::string_view detail) {
  WebAnswer answer =
      answer_json(status, {{"type", "https://onrush.dev/problems/" + std::string(code)},
                           {"status", status},
                           {"code", code},
                           {"detail", detail}});
  answer.content_type = "application/problem+json";
  return answer;
}

WebAnswer problem_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return problem(400, "invalid", error.message);
    case ErrorKind::rejected:
      return problem(409, "wrong_state", error.message);
    case ErrorKind::retryable:
    case ErrorKind::unknown_outcome:
    case ErrorKind::corrupt:
      break;
  }
  return problem(503, "unavailable", error.message);
}

// scheme://host[:port] of an http(s) URL that is safe to put into a header; "" otherwise.
std::string origin_of(std::string_view url) {
  const bool clean = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != ';' && c != ',' && c != '"' && c != '\'' && c != '\\';
  });
  std::size_t host = std::string_view::npos;
  if (url.starts_with("https://")) host = 8;
  if (url.starts_with("http://")) host = 7;
  if (!clean || url.size() > 2'048 || host == std::string_view::npos) return {};
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  if (end == host) return {};
  return std::string(url.substr(0, end));
}

WebAnswer page(int status, std::string html, const std::string& form_origin = {}) {
  // form-action also governs where a form's answer redirects to, so the shop is named in it.
  const std::string policy =
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "
      "'self'" +
      (form_origin.empty() ? "" : ' ' + form_origin);
  return {status,
          "text/html; charset=utf-8",
          {{"cache-control", "no-store"},
           {"content-security-policy", policy},
           {"referrer-policy", "no-referrer"},
           {"x-content-type-options", "nosniff"}},
          std::move(html)};
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<sale::PaymentId> payment_id(std::string_view text) {
  const auto id = number<std::uint64_t>(text);
  if (!id || *id == 0) return std::nullopt;
  return sale::PaymentId{*id};
}

std::optional<json::object> parse_body(std::string_view body) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 4;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<SandboxPayment> read_payment(const json::object& body) {
  SandboxPayment payment;
  const auto id = payment_id(text_of(body, "payment"));
  const auto order = number<std::uint64_t>(text_of(body, "order"));
  const json::value* amount = body.if_contains("amount");
  if (!id || !order) return invalid("payment and order are ids in decimal");
  if (amount == nullptr || !amount->is_int64() || amount->get_int64() <= 0) {
    return invalid("amount is a positive integer in minor units");
  }
  payment.payment = *id;
  payment.order = sale::OrderId{*order};
  payment.amount = sale::Money{amount->get_int64()};
  payment.currency = text_of(body, "currency");
  payment.description = text_of(body, "description");
  payment.return_url = text_of(body, "return_url");
  payment.behaviour = text_of(body, "behaviour");
  const bool letters = std::all_of(payment.currency.begin(), payment.currency.end(),
                                   [](char c) { return c >= 'A' && c <= 'Z'; });
  if (payment.currency.size() != 3 || !letters) return invalid("currency is three capital letters");
  if (payment.description.size() > 1'000) return invalid("description is longer than 1,000 bytes");
  if (origin_of(payment.return_url).empty()) return invalid("return_url is an http or https URL");
  const auto deadline = parse_rfc3339(text_of(body, "deadline"));
  if (!deadline) return deadline.error();
  payment.deadline = *deadline;
  if (const auto plan = BehaviourPlan::parse(payment.behaviour); !plan) return plan.error();
  return payment;
}

json::object as_json(const SandboxPayment& payment, std::string_view state) {
  return {{"payment", std::to_string(payment.payment.value())},
          {"order", std::to_string(payment.order.value())},
          {"state", state},
          {"amount", payment.amount.minor},
          {"currency", payment.currency}};
}

}  // namespace

struct SandboxServer::Impl {
  Impl(ServerConfig server_config, BehaviourPlan behaviour_plan,
       std::unique_ptr<Ledger> open_ledger, const ports::Clock& wall_clock)
      : config(std::move(server_config)),
        plan(std::move(behaviour_plan)),
        clock(wall_clock),
        ledger(std::move(open_ledger)),
        courier(config.courier, wall_clock) {}

  Behaviour behaviour_of(const SandboxPayment& payment) const {
    if (payment.behaviour.empty()) return plan.decide(config.seed, payment.payment);
    const auto own = BehaviourPlan::parse(payment.behaviour);  // was checked before it was stored
    return own ? own->decide(config.seed, payment.payment) : Behaviour{};
  }

  bool page_is_over(const SandboxPayment& payment) const {
    return payment.phase == PaymentPhase::open &&
           clock.now() > payment.deadline + config.page_lifetime;
  }

  // --- callbacks ---

  std::string callback_body(const SandboxPayment& payment, std::string_view kind) const {
    return json::serialize(
        json::object{{"event", fmt::format("evt_{}_{}", payment.payment.value(), kind)},
                     {"type", "payment." + std::string(kind)},
                     {"payment", std::to_string(payment.payment.value())},
                     {"amount", payment.amount.minor},
                     {"currency", payment.currency},
                     {"created_at", to_rfc3339(payment.changed_at)}});
  }

  void notify(const SandboxPayment& payment) {
    const Behaviour behaviour = behaviour_of(payment);
    if (behaviour.lost) return;
    Millis delay = behaviour.late;
    const bool is_outcome = payment.phase != PaymentPhase::refunded;
    if (is_outcome && behaviour.unknown_for > Millis{0}) {
      courier.send(callback_body(payment, "unknown"), behaviour.late);
      delay += behaviour.unknown_for;
    }
    if (is_outcome && behaviour.reorder) {
      const std::uint64_t draw = mix_bits(payment.payment.value() ^ mix_bits(config.seed));
      // A capture may be preceded or followed by a decline that was of an earlier try, or by
      // "unknown".
      const bool before = (draw & 1) != 0;
      const std::string_view stale =
          payment.phase == PaymentPhase::captured && (draw & 2) != 0 ? "declined" : "unknown";
      courier.send(callback_body(payment, stale), before ? delay : delay + kStaleGap);
      if (before) delay += kStaleGap;
    }
    for (unsigned i = 0; i < behaviour.copies; ++i) {
      courier.send(callback_body(payment, to_string(payment.phase)), delay);
    }
  }

  // --- the merchant's calls ---

  bool authorised(const WebRequest& request) const {
    return equal_constant_time(header(request, "authorization"), "Bearer " + config.api_key);
  }

  WebAnswer create(const WebRequest& request) {
    const auto body = parse_body(request.body);
    if (!body) return problem(400, "invalid", "the body is not a JSON object");
    auto payment = read_payment(*body);
    if (!payment) return problem_of(payment.error());
    payment->created_at = clock.now();
    payment->changed_at = payment->created_at;
    const auto made = ledger->create(std::move(*payment));
    if (!made) return problem_of(made.error());
    json::object answer = as_json(*made, to_string(made->phase));
    answer["url"] = fmt::format("{}{}{}", config.public_url, kPay, made->payment.value());
    return answer_json(201, answer);
  }

  WebAnswer query(sale::PaymentId id) {
    const auto found = ledger->settled(id);
    if (!found) return problem_of(found.error());
    if (!*found) return problem(404, "not_found", "no such payment");
    const SandboxPayment& payment = **found;
    const bool hidden = payment.phase != PaymentPhase::open &&
                        payment.phase != PaymentPhase::refunded &&
                        clock.now() < payment.changed_at + behaviour_of(payment).unknown_for;
    if (hidden) return answer_json(200, as_json(payment, "unknown"));
    // Nobody can pay on a page that is over, so the answer will stay what it is.
    if (page_is_over(payment)) return answer_json(200, as_json(payment, "declined"));
    return answer_json(200, as_json(payment, to_string(payment.phase)));
  }

  WebAnswer refund(sale::PaymentId id, const WebRequest& request) {
    const auto body = parse_body(request.body);
    const json::value* amount = body ? body->if_contains("amount") : nullptr;
    if (amount == nullptr || !amount->is_int64()) {
      return problem(400, "invalid", "amount is an integer in minor units");
    }
    const auto payment = ledger->find(id);
    if (!payment) return problem(404, "not_found", "no such payment");
    if (amount->get_int64() != payment->amount.minor) {
      return problem(409, "wrong_amount", "a refund gives all of it back");
    }
    const TimePoint now = clock.now();
    if (payment->phase == PaymentPhase::captured) {
      const TimePoint asked = ledger->refund_asked(id, now);
      if (now < asked + behaviour_of(*payment).refuse_refunds_for) {
        return problem(503, "refund_refused", "refunds are not possible at the moment; try again");
      }
    }
    const auto change = ledger->refund(id, now);
    if (!change) return problem_of(change.error());
    if (!change->repeated) notify(change->payment);
    return answer_json(200, as_json(change->payment, to_string(change->payment.phase)));
  }

  WebAnswer totals() const {
    const Totals t = ledger->totals();
    return answer_json(200, {{"open", t.open},
                             {"declined", t.declined},
                             {"captured", t.captured},
                             {"captured_sum", t.captured_sum.minor},
                             {"refunded", t.refunded},
                             {"refunded_sum", t.refunded_sum.minor}});
  }

  WebAnswer list(const WebRequest& request) const {
    const auto after = number<std::uint64_t>(form_field(request.query, "after").value_or("0"));
    const auto limit = number<std::size_t>(form_field(request.query, "limit").value_or("10000"));
    if (!after || !limit || *limit == 0 || *limit > kListMax) {
      return problem(400, "invalid", "after is a payment's id, limit is 1..100000");
    }
    WebAnswer answer{200, "application/x-ndjson", {{"cache-control", "no-store"}}, {}};
    for (const SandboxPayment& payment : ledger->list(sale::PaymentId{*after}, *limit)) {
      answer.body += json::serialize(as_json(payment, to_string(payment.phase)));
      answer.body += '\n';
    }
    return answer;
  }

  WebAnswer merchant_call(const WebRequest& request) {
    if (!authorised(request))
      return problem(401, "unauthorised", "the API key is missing or wrong");
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (request.path == kTotals && get) return totals();
    if (request.path == kPayments && get) return list(request);
    if (request.path == kPayments && post) return create(request);
    std::string_view rest = request.path;
    if (!rest.starts_with(kPayments) || rest.size() <= kPayments.size() + 1 ||
        rest[kPayments.size()] != '/') {
      return problem(404, "not_found", "no such call");
    }
    rest.remove_prefix(kPayments.size() + 1);
    const bool is_refund = rest.ends_with("/refund");
    if (is_refund) rest.remove_suffix(std::string_view("/refund").size());
    const auto id = payment_id(rest);
    if (!id) return problem(404, "not_found", "no such payment");
    if (is_refund && post) return refund(*id, request);
    if (!is_refund && get) return query(*id);
    return problem(405, "method_not_allowed", "this call does not take this method");
  }

  // --- the buyer's page ---

  WebAnswer buyer_page(const WebRequest& request) {
    if (request.path == "/pay/style.css" && request.method == "GET") {
      return {200,
              "text/css; charset=utf-8",
              {{"cache-control", "public, max-age=3600"}},
              std::string(style_sheet())};
    }
    const Language language = language_of(header(request, "accept-language"),
                                          form_field(request.query, "lang").value_or(""));
    const auto id = payment_id(request.path.substr(kPay.size()));
    const auto payment = id ? ledger->find(*id) : std::nullopt;
    if (!payment) {
      return page(404, message_page(language, "There is no such payment.", "没有这笔付款。"));
    }
    if (page_is_over(*payment)) {
      return page(
          410, message_page(language, "The time to make this payment is over.", "付款时间已过。"));
    }
    if (request.method == "POST") return act(request, *payment, language);
    if (request.method != "GET") {
      return page(405, message_page(language, "This is not possible here.", "不支持此操作。"));
    }
    const std::string behaviour = form_field(request.query, "behaviour").value_or("");
    if (!BehaviourPlan::parse(behaviour)) return bad_form(language);
    return page(200, payment_page(*payment, language, behaviour), origin_of(payment->return_url));
  }

  static WebAnswer bad_form(Language language) {
    return page(400, message_page(language, "The form was not understood.", "无法识别该表单。"));
  }

  WebAnswer act(const WebRequest& request, const SandboxPayment& payment, Language language) {
    const std::string action = form_field(request.body, "action").value_or("");
    const std::string behaviour = form_field(request.body, "behaviour").value_or("");
    if (!BehaviourPlan::parse(behaviour)) return bad_form(language);
    if (action == "abandon") return back_to_shop(payment);
    if (action != "pay" && action != "decline") return bad_form(language);
    const TimePoint now = clock.now();
    const auto change = action == "pay" ? ledger->capture(payment.payment, now, behaviour)
                                        : ledger->decline(payment.payment, now, behaviour);
    if (!change) {
      // Settled otherwise in the meantime (a second tab): the page says so by itself.
      if (change.error().kind == ErrorKind::rejected) return back_to_shop(payment);
      return page(
          503, message_page(language, "Payment is not possible at the moment.", "暂时无法付款。"));
    }
    if (!change->repeated) notify(change->payment);
    return back_to_shop(payment);
  }

  static WebAnswer back_to_shop(const SandboxPayment& payment) {
    WebAnswer answer = page(303, "", origin_of(payment.return_url));
    answer.headers.emplace_back("location", payment.return_url);
    return answer;
  }

  const ServerConfig config;
  const BehaviourPlan plan;
  const ports::Clock& clock;
  const std::unique_ptr<Ledger> ledger;
  CallbackCourier courier;
};

Result<std::unique_ptr<SandboxServer>> SandboxServer::open(ServerConfig config,
                                                           const ports::Clock& clock) {
  if (config.api_key.empty() || config.courier.secret.empty()) {
    return invalid("the sandbox needs an API key and a callback secret");
  }
  if (origin_of(config.courier.url).empty())
    return invalid("the sandbox's callback URL is not http(s)");
  auto plan = BehaviourPlan::parse(config.behaviour);
  if (!plan) return plan.error();
  auto ledger = Ledger::open(config.file);
  if (!ledger) return ledger.error();
  config.courier.seed = config.seed;
  return std::unique_ptr<SandboxServer>(new SandboxServer(
      std::make_unique<Impl>(std::move(config), std::move(*plan), std::move(*ledger), clock)));
}

SandboxServer::SandboxServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SandboxServer::~SandboxServer() = default;

WebAnswer SandboxServer::handle(const WebRequest& request) {
  if (request.body.size() > kBodyMax) return problem(413, "too_large", "the body is over 64 KiB");
  try {
    if (request.path.starts_with(kPay)) return impl_->buyer_page(request);
    if (request.path.starts_with("/sandbox/v1/")) return impl_->merchant_call(request);
  } catch (const std::exception&) {  // out of memory, from any of the libraries
    return problem(500, "internal", "the sandbox failed");
  }
  return problem(404, "not_found", "no such page");
}

CallbackCourier::Load SandboxServer::callbacks() const {
  return impl_->courier.load();
}

}  // namespace onrush::payment_sandbox
