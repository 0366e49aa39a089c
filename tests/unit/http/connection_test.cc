// The life of a connection: order, persistence, answers from elsewhere, and the end.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "edge/http/response_writer.h"
#include "test_server.h"

namespace onrush::http {
namespace {

using std::chrono::milliseconds;

TEST(connection, pipelined_requests_are_answered_in_order_one_at_a_time) {
  TestServer server;
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += request("POST", i % 3 == 0 ? "/later" : "/echo", {}, "n" + std::to_string(i));
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 100; ++i) {
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->body, "n" + std::to_string(i));
  }
  sender.join();
}

TEST(connection, a_pipelined_request_waits_for_the_answer_before_it) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/keep") + request("POST", "/echo", {}, "second"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.seen.handled == 1; }));
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(server.seen.handled, 1);
  Response first;
  first.body = "first";
  {
    const std::lock_guard lock(server.seen.mutex);
    server.seen.kept.front().send(first);
  }
  EXPECT_EQ(client.reply()->body, "first");
  EXPECT_EQ(client.reply()->body, "second");
}

TEST(connection, head_gets_the_length_but_no_body) {
  TestServer server;
  for (const char* target : {"/big?1234", "/prepared"}) {
    RawClient client(server.port());
    client.send(request("HEAD", target) + request("POST", "/echo", {}, "next"));
    const auto reply = client.reply(true);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.at("content-length"), target[1] == 'b' ? "1234" : "8");
    EXPECT_EQ(client.reply()->body, "next");
  }
}

TEST(connection, answers_carry_a_date_and_204_no_length) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/nothing") + request("GET", "/prepared"));
  const auto nothing = client.reply();
  EXPECT_EQ(nothing->status, 204);
  EXPECT_EQ(nothing->headers.count("content-length"), 0U);
  EXPECT_EQ(nothing->headers.at("date").size(), 29U);
  const auto prepared = client.reply();
  EXPECT_EQ(prepared->body, "prepared");
  EXPECT_EQ(prepared->headers.at("date").size(), 29U);
}

TEST(connection, date_lines_are_imf_fixdates) {
  EXPECT_EQ(date_line(784111777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

TEST(connection, close_is_honoured_and_announced) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("POST", "/echo", "Connection: close\r\n", "last"));
  const auto reply = client.reply();
  EXPECT_EQ(reply->body, "last");
  EXPECT_EQ(reply->headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(connection, what_is_pipelined_behind_a_close_is_not_served) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("POST", "/echo", "Connection: close\r\n", "last") + request("GET", "/echo"));
  EXPECT_EQ(client.reply()->body, "last");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.seen.handled, 1);
}

TEST(connection, http_1_0_is_answered_once) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /describe HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto reply = client.reply();
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(connection, expect_100_continue_gets_its_go_ahead_once) {
  TestServer server;
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  std::this_thread::sleep_for(milliseconds(10));
  client.send("def");
  const auto reply = client.reply();
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "abcdef");
}

TEST(connection, expect_100_continue_with_its_body_needs_no_go_ahead) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("POST", "/echo", "Expect: 100-continue\r\n", "abc"));
  const auto reply = client.reply();
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "abc");
}

TEST(connection, a_client_that_has_shut_down_its_side_still_gets_its_answer) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("POST", "/later", {}, "x"));
  ::shutdown(client.fd(), SHUT_WR);
  EXPECT_EQ(client.reply()->body, "x");
  EXPECT_TRUE(client.ends());
}

TEST(responder, dropped_unanswered_it_sends_500) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/drop") + request("POST", "/echo", {}, "next"));
  EXPECT_EQ(client.reply()->status, 500);
  EXPECT_EQ(client.reply()->body, "next");
}

TEST(responder, an_exception_of_the_service_is_a_500_and_is_counted) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/throw") + request("POST", "/echo", {}, "next"));
  EXPECT_EQ(client.reply()->status, 500);
  EXPECT_EQ(client.reply()->body, "next");
  EXPECT_EQ(server.server->stats().service_failures, 1U);
}

TEST(responder, dropped_on_another_thread_it_sends_500) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/keep"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.seen.handled == 1; }));
  {
    const std::lock_guard lock(server.seen.mutex);
    server.seen.kept.clear();
  }
  EXPECT_EQ(client.reply()->status, 500);
}

TEST(responder, an_answer_for_a_connection_that_has_gone_reaches_nobody_else) {
  TestServer server;
  ServerLimits limits;
  auto gone = std::make_unique<RawClient>(server.port());
  gone->send(request("GET", "/keep"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.seen.handled == 1; }));
  const linger reset{1, 0};
  ::setsockopt(gone->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  gone.reset();
  // The first answer meets the reset; the slot then goes to another connection.
  RawClient other(server.port());
  other.send(request("POST", "/echo", {}, "mine"));
  EXPECT_EQ(other.reply()->body, "mine");
  Response late;
  late.body = "late";
  {
    const std::lock_guard lock(server.seen.mutex);
    server.seen.kept.front().send(late);
  }
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_open == 1; }));
  RawClient successor(server.port());
  successor.send(request("POST", "/echo", {}, "also mine"));
  EXPECT_EQ(successor.reply()->body, "also mine");
}

TEST(responder, many_threads_answer_many_connections) {
  TestServer server({}, 2);
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(server.port());
      for (int i = 0; i < 20; ++i) {
        const std::string body = std::to_string(c * 1000 + i);
        client.send(request("POST", i % 2 == 0 ? "/later" : "/echo", {}, body));
        const auto reply = client.reply();
        if (reply && reply->body == body) ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 160);
  EXPECT_EQ(server.server->stats().requests, 160U);
  EXPECT_GT(server.server->cpu_seconds(), 0.0);
}

TEST(stop, answers_what_is_under_way_and_closes_what_is_idle) {
  TestServer server;
  RawClient idle(server.port());
  idle.send(request("POST", "/echo", {}, "x"));
  ASSERT_TRUE(idle.reply());
  RawClient busy(server.port());
  busy.send(request("GET", "/keep"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.seen.handled == 2; }));
  std::thread stopper([&] { server.server->stop(milliseconds(8'000)); });
  EXPECT_TRUE(idle.ends());
  Response answer;
  answer.body = "still answered";
  {
    const std::lock_guard lock(server.seen.mutex);
    server.seen.kept.front().send(answer);
  }
  const auto reply = busy.reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "still answered");
  EXPECT_EQ(reply->headers.at("connection"), "close");
  EXPECT_TRUE(busy.ends());
  stopper.join();
  EXPECT_EQ(server.server->stats().connections_open, 0U);
  EXPECT_THROW(RawClient{server.port()}, std::runtime_error);
}

TEST(stop, a_request_already_sent_is_served) {
  for (int round = 0; round < 20; ++round) {
    TestServer server;
    RawClient client(server.port());
    client.send(request("POST", "/echo", {}, "sent before"));
    server.server->stop(milliseconds(5'000));
    const auto reply = client.reply();
    ASSERT_TRUE(reply) << round;
    EXPECT_EQ(reply->body, "sent before");
  }
}

TEST(stop, closes_what_is_left_when_the_grace_is_over) {
  TestServer server;
  RawClient stuck(server.port());
  stuck.send(request("GET", "/keep"));
  ASSERT_TRUE(TestServer::eventually([&] { return server.seen.handled == 1; }));
  server.server->stop(milliseconds(50));
  EXPECT_TRUE(stuck.ends());
  server.server->stop(milliseconds(50));  // idempotent
  const std::lock_guard lock(server.seen.mutex);
  server.seen.kept.front().send({});  // after the end: no effect
}

TEST(listen, a_port_in_use_is_an_error_with_the_address) {
  for (const unsigned workers : {1U, 2U}) {
    TestServer first({}, workers);
    ServerConfig config;
    config.port = first.port();
    config.workers = workers;
    const auto second = Server::listen(config, [](Worker&) { return std::unique_ptr<Service>(); });
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(first.port())),
              std::string::npos)
        << second.error().message;
  }
  ServerConfig config;
  config.address = "not-an-address";
  EXPECT_FALSE(Server::listen(config, [](Worker&) { return std::unique_ptr<Service>(); }));
}

class CountingService final : public Service {
 public:
  CountingService(Worker& worker, std::atomic<int>& ticks) {
    worker.every(milliseconds(5), [&ticks] { ++ticks; });
  }
  void handle(const Request&, Responder) override {}
};

TEST(worker, every_repeats_until_the_server_stops) {
  std::atomic<int> ticks{0};
  auto server = Server::listen(
      {}, [&](Worker& worker) { return std::make_unique<CountingService>(worker, ticks); });
  ASSERT_TRUE(server);
  (*server)->start();
  EXPECT_TRUE(TestServer::eventually([&] { return ticks >= 5; }));
  (*server)->stop(milliseconds(0));
  const int last = ticks;
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(ticks, last);
}

}  // namespace
}  // namespace onrush::http
