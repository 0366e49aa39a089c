#include "app/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace onrush::app {
namespace {

std::size_t collect(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

}  // namespace

Result<HttpAnswer> http_call(std::string_view method, const std::string& url,
                             const std::string& body, const std::string& token, Millis timeout) {
  const std::unique_ptr<CURL, FreeHandle> curl(curl_easy_init());
  if (!curl) return retryable("no curl handle");
  HttpAnswer answer;
  std::unique_ptr<curl_slist, FreeList> headers(curl_slist_append(nullptr, "Expect:"));
  const auto add = [&](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  if (!body.empty()) add("Content-Type: application/json");
  if (!token.empty()) add("Authorization: Bearer " + token);

  CURL* h = curl.get();
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(h, CURLOPT_PROXY,
                   "");  // these calls go to the machine itself, never through a proxy
  if (!body.empty() || method == "POST" || method == "PUT") {
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(h);
  if (code == CURLE_OPERATION_TIMEDOUT)
    return unknown_outcome(fmt::format("{}: no answer in time", url));
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return invalid(fmt::format("{}: not an http URL", url));
  }
  if (code != CURLE_OK) return retryable(fmt::format("{}: {}", url, curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

std::string host_of(const std::string& url) {
  const auto start = url.find("//");
  const std::string host = start == std::string::npos ? url : url.substr(start + 2);
  return host.substr(0, host.find('/'));
}

}  // namespace onrush::app
