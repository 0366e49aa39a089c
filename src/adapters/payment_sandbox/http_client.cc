#include "adapters/payment_sandbox/http_client.h"

#include <curl/curl.h>

#include <stdexcept>

namespace onrush::payment_sandbox {
namespace {

constexpr std::size_t kAnswerMax = 64 * 1024;

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kAnswerMax) return 0;  // makes the call fail
  body.append(data, size * count);
  return size * count;
}

struct SlistFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool certainly_not_sent(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

}  // namespace

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

HttpClient::HttpClient(Millis timeout) : timeout_(timeout) {
  start_curl();
}

HttpClient::~HttpClient() {
  for (void* handle : idle_) curl_easy_cleanup(static_cast<CURL*>(handle));
}

void* HttpClient::take_handle() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      void* handle = idle_.back();
      idle_.pop_back();
      return handle;
    }
  }
  return curl_easy_init();
}

void HttpClient::give_back(void* handle) {
  curl_easy_reset(static_cast<CURL*>(handle));  // keeps the connection
  const std::lock_guard lock(mutex_);
  idle_.push_back(handle);
}

Result<HttpAnswer> HttpClient::call(const std::string& method, const std::string& url,
                                    const std::vector<std::string>& headers,
                                    const std::string& body) {
  CURL* curl = static_cast<CURL*>(take_handle());
  if (curl == nullptr) return retryable("no memory for an HTTP call");
  std::unique_ptr<curl_slist, SlistFree> list;
  for (const std::string& header : headers) {
    list.reset(curl_slist_append(list.release(), header.c_str()));
  }
  HttpAnswer answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // never what the environment says
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  give_back(curl);
  if (code == CURLE_OK) return answer;
  const std::string why = curl_easy_strerror(code);
  if (certainly_not_sent(code)) return retryable("the payment provider cannot be reached: " + why);
  return unknown_outcome("the payment provider did not answer: " + why);
}

}  // namespace onrush::payment_sandbox
