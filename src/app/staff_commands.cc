// `sale …` and `orders …`: thin calls of the admin API.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "accounts/tokens.h"
#include "app/commands.h"
#include "app/http_client.h"
#include "app/master_key.h"
#include "app/text_file.h"
#include "ports/clock.h"

namespace onrush::app {
namespace {

namespace json = boost::json;

struct Client {
  std::string url;
  std::string token;
};

Result<Client> connect(const LoadedConfig& config, const StaffCall& call) {
  Client client{admin_url_of(config.config, call), call.token};
  if (client.token.empty()) {
    auto token = local_staff_token(config.config);
    if (token.has_error()) return token.error();
    client.token = *token;
  }
  return client;
}

std::string escape_query(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  }
  return out;
}

void print_error(const HttpAnswer& answer) {
  boost::system::error_code ec;
  const json::value body = json::parse(answer.body, ec);
  if (!ec && body.is_object() && body.as_object().contains("detail")) {
    std::fprintf(stderr, "onrush: %s (%d)\n",
                 json::value_to<std::string>(body.at("detail")).c_str(), answer.status);
  } else {
    std::fprintf(stderr, "onrush: the server answered %d\n", answer.status);
  }
}

// Calls, and hands a 2xx body to `show`; exit code by result.
template <class Show>
int call_and_show(const LoadedConfig& config, const StaffCall& call, std::string_view method,
                  const std::string& path, const std::string& body, Show show) {
  const auto client = connect(config, call);
  if (client.has_error())
    return std::fprintf(stderr, "onrush: %s\n", client.error().message.c_str()), kEnvironment;
  const auto answer = http_call(method, client->url + path, body, client->token);
  if (answer.has_error())
    return std::fprintf(stderr, "onrush: %s\n", answer.error().message.c_str()), kEnvironment;
  if (answer->status < 200 || answer->status > 299) return print_error(*answer), kFailure;
  if (call.json) {
    std::printf("%s\n", answer->body.c_str());
    return kOk;
  }
  boost::system::error_code ec;
  const json::value value = answer->body.empty() ? json::value{} : json::parse(answer->body, ec);
  if (ec) return std::fprintf(stderr, "onrush: the server's answer is not JSON\n"), kFailure;
  show(value);
  return kOk;
}

std::string text_of(const json::value& object, std::string_view key) {
  const auto* found = object.as_object().if_contains(key);
  if (found == nullptr) return "";
  return found->is_string() ? json::value_to<std::string>(*found) : json::serialize(*found);
}

void show_sale(const json::value& sale) {
  std::printf("%-24s %s\n", text_of(sale, "sale").c_str(), text_of(sale, "phase").c_str());
  const auto* items = sale.as_object().if_contains("items");
  if (items == nullptr) return;
  std::printf("  %-24s %10s %10s %10s %10s %10s\n", "item", "stock", "free", "held", "paid",
              "standby");
  for (const auto& item : items->as_array()) {
    std::printf("  %-24s %10s %10s %10s %10s %10s\n", text_of(item, "item").c_str(),
                text_of(item, "stock").c_str(), text_of(item, "free").c_str(),
                text_of(item, "held").c_str(), text_of(item, "paid").c_str(),
                text_of(item, "standby").c_str());
  }
}

void show_order(const json::value& order) {
  std::printf("%-20s %-18s %-16s buyer %-10s %s %s\n", text_of(order, "order").c_str(),
              text_of(order, "sale").c_str(), text_of(order, "state").c_str(),
              text_of(order, "buyer").c_str(), text_of(order, "amount").c_str(),
              text_of(order, "currency").c_str());
}

int act(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
        const json::object& body) {
  return call_and_show(config, call, "POST", "/api/v1/admin/sales/" + escape_query(sale) + "/acts",
                       json::serialize(body), [](const json::value& v) {
                         if (v.is_object()) show_sale(v);
                       });
}

}  // namespace

std::string admin_url_of(const Config& config, const StaffCall& call) {
  if (!call.admin_url.empty()) return call.admin_url;
  if (!config.public_admin_url.empty()) return config.public_admin_url;
  return "http://" + to_string(config.admin);
}

Result<std::string> local_staff_token(const Config& config) {
  const auto secret = master_secret(config, false);
  if (secret.has_error()) return secret.error();
  accounts::Tokens tokens(accounts::KeyRing::derive(*secret));
  accounts::Claims claims;
  claims.kind = accounts::TokenKind::staff;
  claims.subject = accounts::kConsole;
  claims.role = ports::Role::owner;
  claims.issued_at = ports::SystemClock().now();
  claims.expires_at = claims.issued_at + std::chrono::minutes(60);
  return tokens.sign(claims);
}

int run_sale_list(const LoadedConfig& config, const StaffCall& call) {
  return call_and_show(config, call, "GET", "/api/v1/admin/sales", "", [](const json::value& v) {
    for (const auto& sale : v.at("sales").as_array()) show_sale(sale);
  });
}

int run_sale_show(const LoadedConfig& config, const StaffCall& call, const std::string& sale) {
  return call_and_show(config, call, "GET", "/api/v1/admin/sales/" + escape_query(sale), "",
                       show_sale);
}

int run_sale_apply(const LoadedConfig& config, const StaffCall& call, const std::string& file,
                   bool announce) {
  const auto body = read_text_file(file);
  if (body.has_error())
    return std::fprintf(stderr, "onrush: %s\n", body.error().message.c_str()), kEnvironment;
  boost::system::error_code ec;
  const json::value parsed = json::parse(*body, ec);
  if (ec || !parsed.is_object() || !parsed.as_object().contains("sale")) {
    return std::fprintf(stderr, "onrush: %s: not a sale file\n", file.c_str()), kUsage;
  }
  const std::string key = text_of(parsed, "sale");
  const int applied = call_and_show(config, call, "PUT", "/api/v1/admin/sales/" + escape_query(key),
                                    *body, show_sale);
  if (applied != kOk || !announce) return applied;
  return run_sale_act(config, call, key, "announce", "");
}

int run_sale_act(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                 const std::string& act_name, const std::string& reason) {
  json::object body{{"act", act_name}};
  if (!reason.empty()) body["reason"] = reason;
  return act(config, call, sale, body);
}

int run_sale_restock(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                     const std::string& item, unsigned count) {
  return act(config, call, sale, {{"act", "restock"}, {"item", item}, {"count", count}});
}

int run_sale_rate(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                  unsigned rate) {
  return act(config, call, sale, {{"act", "rate"}, {"rate", rate}});
}

int run_sale_beacon(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& value) {
  return act(config, call, sale, {{"act", "beacon"}, {"value", value}});
}

int run_sale_notice(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& en, const std::string& zh) {
  return act(config, call, sale, {{"act", "notice"}, {"notice", {{"en", en}, {"zh", zh}}}});
}

int run_orders_list(const LoadedConfig& config, const StaffCall& call, const std::string& sale,
                    const std::string& state, const std::string& text) {
  const std::string query = fmt::format("?sale={}&state={}&q={}", escape_query(sale),
                                        escape_query(state), escape_query(text));
  return call_and_show(config, call, "GET", "/api/v1/admin/orders" + query, "",
                       [](const json::value& v) {
                         for (const auto& order : v.at("orders").as_array()) show_order(order);
                       });
}

int run_orders_refund(const LoadedConfig& config, const StaffCall& call, const std::string& order,
                      const std::string& reason) {
  return call_and_show(config, call, "POST",
                       "/api/v1/admin/orders/" + escape_query(order) + "/refund",
                       json::serialize(json::object{{"reason", reason}}), show_order);
}

}  // namespace onrush::app
