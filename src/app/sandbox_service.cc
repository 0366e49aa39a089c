#include "app/sandbox_service.h"

#include <string>
#include <utility>

namespace onrush::app {
namespace {

std::string_view method_name(http::Method method) {
  switch (method) {
    case http::Method::get:
      return "GET";
    case http::Method::head:
      return "HEAD";
    case http::Method::post:
      return "POST";
    case http::Method::put:
      return "PUT";
    case http::Method::delete_:
      return "DELETE";
    case http::Method::options:
      return "OPTIONS";
    case http::Method::other:
      return "OTHER";
  }
  return "OTHER";
}

// The request's views end with handle(), so the call that goes to the pool owns copies.
struct Call {
  http::Method method;
  std::string path, query, body, content_type, authorization, accept_language;
  http::Responder responder;
};

void answer(payment_sandbox::SandboxServer& sandbox, Call& call) {
  payment_sandbox::WebRequest request{
      method_name(call.method), call.path, call.query, call.body, {}};
  request.headers = {{"content-type", call.content_type},
                     {"authorization", call.authorization},
                     {"accept-language", call.accept_language}};
  auto answer = sandbox.handle(request);
  http::Response response;
  response.status = answer.status;
  response.content_type = answer.content_type;
  response.body = std::move(answer.body);
  for (const auto& [name, value] : answer.headers) response.headers += name + ": " + value + "\r\n";
  call.responder.send(response);
}

class SandboxService final : public http::Service {
 public:
  SandboxService(payment_sandbox::SandboxServer& sandbox, api::BlockingPool& pool)
      : sandbox_(sandbox), pool_(pool) {}

  void handle(const http::Request& r, http::Responder responder) override {
    using http::Header;
    auto call = std::make_shared<Call>(Call{
        r.method, std::string(r.path), std::string(r.query), std::string(r.body),
        std::string(r.header(Header::content_type)), std::string(r.header(Header::authorization)),
        std::string(r.header(Header::accept_language)), std::move(responder)});
    if (!pool_.run([this, call] { answer(sandbox_, *call); })) {
      http::Response busy;
      busy.status = 503;
      busy.headers = "Retry-After: 1\r\n";
      busy.body = R"({"code":"busy"})";
      call->responder.send(busy);
    }
  }

 private:
  payment_sandbox::SandboxServer& sandbox_;
  api::BlockingPool& pool_;
};

}  // namespace

std::unique_ptr<http::Service> make_sandbox_service(payment_sandbox::SandboxServer& sandbox,
                                                    api::BlockingPool& pool) {
  return std::make_unique<SandboxService>(sandbox, pool);
}

}  // namespace onrush::app
