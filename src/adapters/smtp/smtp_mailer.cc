#include "adapters/smtp/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "adapters/smtp/message.h"

namespace onrush::smtp {

namespace {

// The message while libcurl takes it.
struct Upload {
  std::string_view rest;
  bool ended =
      false;  // libcurl knows that the text is complete, so the final dot may be on its way
};

std::size_t read_upload(char* to, std::size_t size, std::size_t count, void* state) {
  auto& upload = *static_cast<Upload*>(state);
  const std::size_t taken = std::min(size * count, upload.rest.size());
  std::memcpy(to, upload.rest.data(), taken);
  upload.rest.remove_prefix(taken);
  if (taken == 0) upload.ended = true;
  return taken;
}

// What a failed transfer means. `code`: the last reply of the server, 0 if there was none.
//
// Before the end of the text, nothing was accepted: the mail is certainly not sent. After it, only
// a reply of the server (which then is no longer the 354 that asked for the text) says what
// happened.
Error to_error(CURLcode result, long code, bool text_ended) {
  const char* what = curl_easy_strerror(result);
  if (text_ended && code < 400) {
    return unknown_outcome(fmt::format("the mail server did not confirm the mail: {}", what));
  }
  // A refusal by code belongs to this mail only if it answers MAIL, RCPT, DATA (a send error in
  // libcurl's words) or the text itself; a refused greeting, TLS or sign-in is the server's trouble
  // and may pass.
  const bool about_this_mail = text_ended || result == CURLE_SEND_ERROR;
  if (about_this_mail && code >= 500) {
    return rejected(fmt::format("the mail server refused the mail with {}", code));
  }
  if (code >= 400) {
    return retryable(fmt::format("the mail server answered {}: {}", code, what));
  }
  return retryable(fmt::format("the mail server could not be used: {}", what));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status check(const SmtpOptions& options) {
  constexpr std::string_view kHostCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
  if (options.host.empty() ||
      options.host.find_first_not_of(kHostCharacters) != std::string::npos) {
    return invalid("smtp: the host must be a name or an address");
  }
  if (options.port == 0) return invalid("smtp: the port must be 1..65535");
  if (auto from = check_address(options.from_address); !from) {
    return invalid("smtp: from_address: " + from.error().message);
  }
  if (options.from_name.find_first_of("\r\n") != std::string::npos) {
    return invalid("smtp: from_name must be one line");
  }
  if (options.security == Security::none && !options.user.empty() && !is_loopback(options.host)) {
    return invalid("smtp: user and password need starttls or tls");
  }
  if (options.connect_deadline <= Millis{0} || options.total_deadline <= Millis{0}) {
    return invalid("smtp: the deadlines must be positive");
  }
  return {};
}

class SmtpMailer final : public ports::Mailer {
 public:
  SmtpMailer(SmtpOptions options, const ports::Clock& clock, CURL* handle)
      : options_(std::move(options)), clock_(clock), handle_(handle) {
    const bool is_v6 = options_.host.find(':') != std::string::npos;
    url_ = fmt::format("{}://{}{}{}:{}", options_.security == Security::tls ? "smtps" : "smtp",
                       is_v6 ? "[" : "", options_.host, is_v6 ? "]" : "", options_.port);
    envelope_from_ = fmt::format("<{}>", options_.from_address);
  }
  ~SmtpMailer() override { curl_easy_cleanup(handle_); }

  Status send(const ports::Mail& mail) override {
    auto message = to_message(mail, {options_.from_address, options_.from_name}, clock_.now());
    if (!message) return message.error();
    const std::lock_guard lock(mutex_);
    Upload upload{*message};
    curl_slist* recipients = curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str());
    if (recipients == nullptr) return retryable("out of memory");
    set_up(upload, recipients);
    const CURLcode result = curl_easy_perform(handle_);
    long code = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
    curl_slist_free_all(recipients);
    if (result == CURLE_OK) return {};
    return to_error(result, code, upload.ended);
  }

 private:
  void set_up(Upload& upload, curl_slist* recipients) {
    curl_easy_reset(handle_);  // keeps the connection
    const auto set = [this](CURLoption option, auto value) {
      curl_easy_setopt(handle_, option, value);
    };
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_NOPROXY, "*");  // never by way of a proxy that the environment names
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_deadline.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total_deadline.count()));
    if (options_.security != Security::none) {
      set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
      if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    }
    if (!options_.user.empty()) {
      set(CURLOPT_USERNAME, options_.user.c_str());
      set(CURLOPT_PASSWORD, options_.password.c_str());
    }
    set(CURLOPT_MAIL_FROM, envelope_from_.c_str());
    set(CURLOPT_MAIL_RCPT, recipients);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &read_upload);
    set(CURLOPT_READDATA, static_cast<void*>(&upload));
  }

  SmtpOptions options_;
  const ports::Clock& clock_;
  std::string url_;
  std::string envelope_from_;
  std::mutex mutex_;
  CURL* handle_;
};

}  // namespace

Result<std::unique_ptr<ports::Mailer>> open_smtp_mailer(SmtpOptions options,
                                                        const ports::Clock& clock) {
  if (auto checked = check(options); !checked) return checked.error();
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* handle = started == CURLE_OK ? curl_easy_init() : nullptr;
  if (handle == nullptr) return retryable("smtp: libcurl cannot start");
  return std::unique_ptr<ports::Mailer>(
      std::make_unique<SmtpMailer>(std::move(options), clock, handle));
}

}  // namespace onrush::smtp
