#include "edge/api/station.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/web_form.h"
#include "edge/live/documents.h"

namespace onrush::api {

Station::Station(ApiContext& ctx, http::Worker& own_worker, Listener own_listener)
    : context(ctx),
      worker(own_worker),
      listener(own_listener),
      tokens(ctx.keys),
      sales(ctx.directory.current()),
      counts(ctx.api_metrics.join(own_listener)),
      office(ctx.office, own_worker, ctx.config.box_office_timeout) {
  subscription_ = context.directory.subscribe([this](const live::SaleListPtr& list) {
    worker.post([this, list] {
      if (list->version > sales->version) sales = list;
    });
  });
  // A change between the first copy and the subscription is seen here.
  sales = context.directory.current();
  if (listener == Listener::admin) return;
  room = std::make_shared<live::LiveRoom>(
      context.hub, worker, [this](std::string_view token) -> std::optional<sale::BuyerId> {
        const auto known = tokens.verify(token, accounts::TokenKind::buyer, context.clock.now());
        if (!known) return std::nullopt;
        return known->subject;
      });
  context.hub.enter(room);
}

Station::~Station() {
  context.directory.unsubscribe(subscription_);
  if (room) room->shut();
}

const live::SaleEntry* Station::public_sale(std::string_view key) const {
  const live::SaleEntry* entry = sales->find(key);
  return entry != nullptr && live::is_public(*entry) ? entry : nullptr;
}

const sale::SaleRules* Station::rules_of(sale::SaleNo sale) const {
  const live::SaleEntry* entry = sales->find(sale);
  return entry == nullptr ? nullptr : entry->rules.get();
}

bool Station::trusted_origin(std::string_view origin) const {
  if (origin.empty()) return false;
  const ApiConfig& config = context.config;
  const bool admin = listener == Listener::admin;
  const auto& more = admin ? config.more_admin_origins : config.more_origins;
  return origin == (admin ? config.admin_origin : config.public_origin) ||
         std::find(more.begin(), more.end(), origin) != more.end();
}

std::string Station::cors_headers(std::string_view origin) const {
  if (listener == Listener::admin || !trusted_origin(origin)) return {};
  std::string lines = "Access-Control-Allow-Origin: ";
  lines.append(origin).append("\r\nVary: Origin\r\n");
  return lines.append(
      "Access-Control-Expose-Headers: ETag, RateLimit, RateLimit-Policy, Retry-After, "
      "traceparent\r\n");
}

void Station::ask(CallPtr call, sale::Command command, Then then, ports::Lane lane) {
  const bool taken = office.ask(
      std::move(command), lane,
      [call, then = std::move(then)](sale::Outcome outcome) { then(call, std::move(outcome)); });
  if (taken) return;
  sale::Outcome busy;
  busy.verdict = sale::Verdict::busy;
  answer(*call, busy, Success::no_content);
}

void Station::ask(CallPtr call, sale::Command command, Success success, ports::Lane lane) {
  ask(
      std::move(call), std::move(command),
      [this, success](const CallPtr& asked, sale::Outcome outcome) {
        answer(*asked, outcome, success);
      },
      lane);
}

void Station::answer(Call& call, const sale::Outcome& outcome, Success success) const {
  AnswerFrame frame;
  frame.rules =
      rules_of(outcome.order.order == sale::OrderId{} ? outcome.sale : outcome.order.sale);
  frame.now = context.clock.now();
  frame.trace_id = call.trace().id();
  frame.success = success;
  call.send(api::answer(outcome, frame));
}

const Station::Document& Station::document(sale::SaleNo sale,
                                           const std::function<std::string()>& build) {
  Document& known = documents_[sale];
  if (known.made_from != sales) {
    known = {sales, build(), {}};
    known.etag = etag_of(known.body);
  }
  return known;
}

std::string etag_of(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string tag = "\"";
  for (int i = 0; i < 12; ++i) fmt::format_to(std::back_inserter(tag), "{:02x}", digest[i]);
  return tag + "\"";
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower != kScheme[i]) return {};
  }
  return authorization.substr(kScheme.size());
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), pair.size() + 1));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

std::string query_value(std::string_view query, std::string_view name) {
  return form_field(query, name).value_or(std::string{});
}

Status check_idempotency_key(std::string_view key) {
  const bool visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (key.size() > 64 || !visible)
    return invalid("Idempotency-Key: must have 1 to 64 visible characters");
  return {};
}

std::uint64_t hash_idempotency_key(sale::BuyerId buyer, std::string_view key) {
  // SHA-256 rather than a keyed hash: it must not change with the secrets, and nobody can aim at
  // the number that another buyer's key has.
  unsigned char input[8 + 64];
  const std::uint64_t id = buyer.value();
  std::memcpy(input, &id, sizeof id);
  std::memcpy(input + sizeof id, key.data(), std::min<std::size_t>(key.size(), 64));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(input, sizeof id + std::min<std::size_t>(key.size(), 64), digest);
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest, sizeof hash);
  return hash == 0 ? 1 : hash;
}

}  // namespace onrush::api
