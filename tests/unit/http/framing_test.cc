// What a request may look like, and what happens to a connection that sends something else.
#include <gtest/gtest.h>

#include "test_server.h"

namespace onrush::http {
namespace {

struct Refused {
  const char* name;
  std::string bytes;
  int status;
};

std::string head(const std::string& line, const std::string& headers = "Host: test\r\n") {
  return line + "\r\n" + headers + "\r\n";
}

const std::vector<Refused>& refused_requests() {
  static const std::vector<Refused> cases{
      {"length_and_chunked",
       head("POST /echo HTTP/1.1",
            "Host: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n") +
           "0\r\n\r\n",
       400},
      {"chunked_and_length",
       head("POST /echo HTTP/1.1",
            "Host: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n") +
           "0\r\n\r\n",
       400},
      {"chunked",
       head("POST /echo HTTP/1.1", "Host: t\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 411},
      {"chunked_http10",
       head("POST /echo HTTP/1.0", "Host: t\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"other_coding", head("POST /echo HTTP/1.1", "Host: t\r\nTransfer-Encoding: gzip\r\n"), 501},
      {"two_codings",
       head("POST /echo HTTP/1.1",
            "Host: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
       400},
      {"same_length_twice",
       head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: 3\r\nContent-Length: 3\r\n") + "abc",
       400},
      {"differing_lengths",
       head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n") +
           "abcd",
       400},
      {"length_list", head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: 3, 3\r\n") + "abc",
       400},
      {"length_signed", head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: +3\r\n") + "abc",
       400},
      {"length_negative", head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: -1\r\n"), 400},
      {"length_hex", head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: 0x3\r\n") + "abc",
       400},
      {"length_empty", head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length:\r\n"), 400},
      {"length_overflow",
       head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: 18446744073709551617\r\n"), 400},
      {"length_endless",
       head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length: " + std::string(300, '9') + "\r\n"),
       400},
      {"bare_lf", "GET /echo HTTP/1.1\nHost: t\n\n", 400},
      {"bare_lf_and_no_end", "GET /echo HTTP/1.1\nHost: t", 400},
      {"bare_lf_in_headers", "GET /echo HTTP/1.1\r\nHost: t\nAccept: x\r\n\r\n", 400},
      {"bare_lf_at_end", "GET /echo HTTP/1.1\r\nHost: t\r\n\n", 400},
      {"bare_cr", "GET /echo HTTP/1.1\r\nHost: t\rX: y\r\n\r\n", 400},
      {"folded", head("GET /echo HTTP/1.1", "Host: t\r\nX-A: a\r\n b\r\n"), 400},
      {"folded_by_tab", head("GET /echo HTTP/1.1", "Host: t\r\nX-A: a\r\n\tb\r\n"), 400},
      {"space_before_colon", head("GET /echo HTTP/1.1", "Host: t\r\nX-A : a\r\n"), 400},
      {"length_space_before_colon",
       head("POST /echo HTTP/1.1", "Host: t\r\nContent-Length : 3\r\n") + "abc", 400},
      {"name_not_a_token", head("GET /echo HTTP/1.1", "Host: t\r\nX(A): a\r\n"), 400},
      {"no_name", head("GET /echo HTTP/1.1", "Host: t\r\n: a\r\n"), 400},
      {"no_colon", head("GET /echo HTTP/1.1", "Host: t\r\nnonsense\r\n"), 400},
      {"nul_in_value", head("GET /echo HTTP/1.1", std::string("Host: t\r\nX-A: a\0b\r\n", 19)),
       400},
      {"nul_in_target", head(std::string("GET /e\0cho HTTP/1.1", 19)), 400},
      {"no_host", head("GET /echo HTTP/1.1", "Accept: x\r\n"), 400},
      {"two_hosts", head("GET /echo HTTP/1.1", "Host: a\r\nHost: b\r\n"), 400},
      {"two_authorizations",
       head("GET /echo HTTP/1.1", "Host: a\r\nAuthorization: a\r\nAuthorization: b\r\n"), 400},
      {"absolute_target", head("GET http://test/echo HTTP/1.1"), 400},
      {"authority_target", head("CONNECT test:80 HTTP/1.1"), 400},
      {"relative_target", head("GET echo HTTP/1.1"), 400},
      {"fragment_target", head("GET /echo#x HTTP/1.1"), 400},
      {"two_spaces", head("GET  /echo HTTP/1.1"), 400},
      {"trailing_space", head("GET /echo HTTP/1.1 "), 505},
      {"no_version", head("GET /echo"), 400},
      {"http_09", "GET /echo\r\n\r\n", 400},
      {"http_2", head("GET /echo HTTP/2.0"), 505},
      {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"lower_case_version", head("GET /echo http/1.1"), 505},
      {"tls_greeting", std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), 400},
      {"unknown_expectation", head("POST /echo HTTP/1.1", "Host: t\r\nExpect: miracles\r\n"), 417},
  };
  return cases;
}

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, is_answered_and_ends_the_connection) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send(GetParam().bytes));
  const auto reply = client.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, GetParam().status) << reply->body;
  EXPECT_EQ(reply->headers.at("connection"), "close");
  EXPECT_EQ(reply->headers.at("content-type"), "application/problem+json");
  // What follows on the connection must never be taken for a request.
  client.send(request("GET", "/echo"));
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.seen.handled, 0);
  EXPECT_EQ(server.server->stats().bad_requests, 1U);
}

INSTANTIATE_TEST_SUITE_P(framing, RefusedRequest, testing::ValuesIn(refused_requests()),
                         [](const auto& test) { return test.param.name; });

TEST(framing, every_cut_of_a_request_gives_the_same_answer) {
  TestServer server;
  const std::string bytes = request(
      "POST", "/describe?a=b", "Idempotency-Key: k-1\r\nX-Onrush-Channel: app\r\n", "0123456789");
  RawClient client(server.port());
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    ASSERT_TRUE(client.send(bytes.substr(0, cut)));
    if (cut % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(client.send(bytes.substr(cut)));
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << cut;
    ASSERT_EQ(reply->body,
              "path=/describe query=a=b host=test key=k-1 auth= xff= channel=app remote=127.1")
        << cut;
  }
}

TEST(framing, byte_by_byte_is_a_request_too) {
  TestServer server;
  RawClient client(server.port());
  const std::string bytes =
      request("POST", "/echo", "X-Long: " + std::string(200, 'x') + "\r\n", "body");
  for (const char c : bytes) {
    ASSERT_TRUE(client.send({&c, 1}));
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  EXPECT_EQ(client.reply()->body, "body");
}

TEST(framing, of_several_forwarded_for_lines_the_nearest_proxy_counts) {
  TestServer server;
  RawClient client(server.port());
  client.send(
      request("GET", "/describe", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 10.0.0.1\r\n"));
  EXPECT_NE(client.reply()->body.find("xff=10.0.0.1 "), std::string::npos);
}

TEST(framing, header_names_match_in_any_case) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/describe", "IDEMPOTENCY-key: K\r\naUTHORIZATION: Bearer x\r\n"));
  const auto reply = client.reply();
  EXPECT_NE(reply->body.find("key=K auth=Bearer x"), std::string::npos) << reply->body;
}

TEST(framing, an_empty_line_before_a_request_is_overlooked) {
  TestServer server;
  RawClient client(server.port());
  client.send("\r\n" + request("POST", "/echo", {}, "a") + "\r\n" +
              request("POST", "/echo", {}, "b"));
  EXPECT_EQ(client.reply()->body, "a");
  EXPECT_EQ(client.reply()->body, "b");
}

}  // namespace
}  // namespace onrush::http
