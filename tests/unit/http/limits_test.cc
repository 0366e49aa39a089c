// Sizes, deadlines and the number of connections (docs/security.md).
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include "test_server.h"

namespace onrush::http {
namespace {

using std::chrono::milliseconds;

TEST(limits, a_head_of_8_kib_is_read_and_one_byte_more_is_431) {
  TestServer server;
  const std::size_t rest = request("GET", "/echo", "X: \r\n").size();
  RawClient fits(server.port());
  fits.send(request("GET", "/echo", "X: " + std::string(8192 - rest, 'x') + "\r\n"));
  EXPECT_EQ(fits.reply()->status, 200);
  RawClient larger(server.port());
  larger.send(request("GET", "/echo", "X: " + std::string(8193 - rest, 'x') + "\r\n"));
  EXPECT_EQ(larger.reply()->status, 431);
  EXPECT_TRUE(larger.ends());
}

TEST(limits, a_head_without_end_is_431) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /" + std::string(200'000, 'a'));
  EXPECT_EQ(client.reply()->status, 431);
  EXPECT_TRUE(client.ends());
}

TEST(limits, a_body_of_64_kib_is_read_and_one_byte_more_is_413) {
  TestServer server;
  RawClient client(server.port());
  const std::string body(65536, 'b');
  client.send(request("POST", "/echo", {}, body));
  EXPECT_EQ(client.reply()->body, body);
  client.send(request("POST", "/echo", {}, body + "b"));
  EXPECT_EQ(client.reply()->status, 413);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.seen.handled, 1);
}

TEST(limits, a_body_too_large_is_refused_before_it_is_sent) {
  TestServer server;
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 999999999999\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(client.reply()->status, 413);
  EXPECT_TRUE(client.ends());
}

TEST(limits, slow_heads_get_408_however_steadily_they_drip) {
  ServerLimits limits;
  limits.header_deadline = milliseconds(400);
  TestServer server(limits);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /echo HTTP/1.1\r\n"));
  std::thread dripper([&] {
    for (int i = 0; i < 60 && client.send("X-A: b\r\n"); ++i) {
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  const auto reply = client.reply();
  dripper.join();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.server->stats().timeouts, 1U);
}

TEST(limits, slow_bodies_get_408) {
  ServerLimits limits;
  limits.body_deadline = milliseconds(300);
  TestServer server(limits);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.reply()->status, 408);
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(server.seen.handled, 0);
}

TEST(limits, a_connection_that_never_speaks_is_closed_without_a_word) {
  ServerLimits limits;
  limits.header_deadline = milliseconds(200);
  TestServer server(limits);
  RawClient client(server.port());
  EXPECT_TRUE(client.ends());
}

TEST(limits, an_idle_connection_serves_again_until_the_idle_deadline) {
  ServerLimits limits;
  limits.idle_deadline = milliseconds(3'000);
  TestServer server(limits);
  RawClient client(server.port());
  client.send(request("POST", "/echo", {}, "one"));
  EXPECT_EQ(client.reply()->body, "one");
  std::this_thread::sleep_for(
      milliseconds(1'500));  // past the point where the buffer is given back
  client.send(request("POST", "/echo", {}, "two"));
  EXPECT_EQ(client.reply()->body, "two");
  EXPECT_TRUE(client.ends());
}

TEST(limits, empty_lines_do_not_keep_an_idle_connection_open) {
  ServerLimits limits;
  limits.idle_deadline = milliseconds(1'200);
  TestServer server(limits);
  RawClient client(server.port());
  client.send(request("POST", "/echo", {}, "one"));
  EXPECT_EQ(client.reply()->body, "one");
  int sent = 0;
  while (sent < 100 && client.send("\r\n")) {
    std::this_thread::sleep_for(milliseconds(50));
    ++sent;
  }
  EXPECT_LT(sent, 100);
}

TEST(limits, a_reader_that_stops_reading_is_dropped_at_the_write_deadline) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(300);
  limits.write_bytes_per_second_min = 100'000'000;
  TestServer server(limits);
  RawClient client(server.port(), 4096);
  client.send(request("GET", "/big?30000000"));  // more than the kernel holds
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().timeouts == 1; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_open == 0; }));
}

TEST(limits, a_large_answer_reaches_a_reader_that_takes_its_time) {
  TestServer server;
  RawClient client(server.port(), 4096);
  client.send(request("GET", "/big?20000000"));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(client.reply()->body.size(), 20'000'000U);
  client.send(request("POST", "/echo", {}, "after"));
  EXPECT_EQ(client.reply()->body, "after");
}

TEST(limits, connections_beyond_the_maximum_get_503_and_places_come_back) {
  ServerLimits limits;
  limits.connections_max = 3;
  TestServer server(limits);
  {
    std::vector<std::unique_ptr<RawClient>> within;
    for (int i = 0; i < 3; ++i) {
      within.push_back(std::make_unique<RawClient>(server.port()));
      within.back()->send(request("POST", "/echo", {}, "x"));
      ASSERT_EQ(within.back()->reply()->status, 200);
    }
    RawClient beyond(server.port());
    const auto reply = beyond.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->headers.count("retry-after"), 1U);
    EXPECT_TRUE(beyond.ends());
    EXPECT_EQ(server.server->stats().connections_refused, 1U);
    within[0]->send(request("POST", "/echo", {}, "y"));
    EXPECT_EQ(within[0]->reply()->body, "y");
  }
  ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_open == 0; }));
  RawClient again(server.port());
  again.send(request("POST", "/echo", {}, "z"));
  EXPECT_EQ(again.reply()->body, "z");
}

// Lets the process open `more` files than it has, until destroyed.
class FewDescriptors {
 public:
  explicit FewDescriptors(int more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit few{static_cast<rlim_t>(next + more), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(limits, without_descriptors_accepting_pauses_and_then_goes_on) {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  {
    const FewDescriptors few(9);
    try {
      for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
    } catch (const std::runtime_error&) {
      // The client's side has run out as well: connections wait in the backlog.
    }
    ASSERT_TRUE(TestServer::eventually([&] { return server.server->stats().accept_failures > 0; }));
    const double before = server.server->cpu_seconds();
    std::this_thread::sleep_for(milliseconds(500));
    EXPECT_LT(server.server->stats().accept_failures, 20U);
    EXPECT_LT(server.server->cpu_seconds() - before, 0.25);
  }
  for (const auto& client : clients) {
    client->send(request("POST", "/echo", {}, "waited"));
    EXPECT_EQ(client->reply()->body, "waited");
  }
}

}  // namespace
}  // namespace onrush::http
