#include "app/smtp_settings.h"

#include <charconv>
#include <string_view>

namespace onrush::app {

Result<smtp::SmtpOptions> smtp_options(const Config& config) {
  smtp::SmtpOptions o;
  std::string_view rest = config.smtp_url;
  o.security = config.smtp_starttls ? smtp::Security::starttls : smtp::Security::none;
  if (rest.starts_with("smtps://")) {
    o.security = smtp::Security::tls;
    rest.remove_prefix(8);
  } else if (rest.starts_with("smtp://")) {
    rest.remove_prefix(7);
  } else {
    return invalid("smtp.url must be smtp://host:port or smtps://host:port");
  }
  const auto colon = rest.rfind(':');
  o.host = std::string(rest.substr(0, colon));
  const std::string_view port = colon == std::string_view::npos ? "587" : rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), o.port);
  if (error != std::errc{} || end != port.data() + port.size() || o.host.empty()) {
    return invalid("smtp.url: the port must be a number");
  }
  const auto open = config.smtp_from.find('<');
  if (open == std::string::npos) {
    o.from_address = config.smtp_from;
  } else {
    o.from_name = config.smtp_from.substr(0, open);
    while (!o.from_name.empty() && o.from_name.back() == ' ') o.from_name.pop_back();
    o.from_address = config.smtp_from.substr(open + 1, config.smtp_from.find('>') - open - 1);
  }
  o.user = config.smtp_user;
  o.password = config.smtp_password;
  return o;
}

}  // namespace onrush::app
