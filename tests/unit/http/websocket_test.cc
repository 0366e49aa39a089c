// WebSocket: Beast's client as an independent peer, and a raw one that breaks the rules.
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include "edge/http/websocket_frame.h"
#include "test_server.h"

namespace onrush::http {
namespace {

using std::chrono::milliseconds;

// Beast's client: a second implementation of the same RFC.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : stream_(context_) {
    stream_.next_layer().connect({boost::asio::ip::make_address("127.0.0.1"), port});
    stream_.handshake("test", "/ws");
  }
  void write(const std::string& text) { stream_.write(boost::asio::buffer(text)); }
  void write_in_fragments(const std::string& text, std::size_t each) {
    for (std::size_t at = 0; at < text.size(); at += each) {
      stream_.write_some(at + each >= text.size(), boost::asio::buffer(text.substr(at, each)));
    }
  }
  std::string read() {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    stream_.read(buffer, error);
    return error ? "error: " + error.message() : boost::beast::buffers_to_string(buffer.data());
  }
  // Reads until the server closes; its code.
  unsigned wait_for_close() {
    while (!read().starts_with("error: ")) {
    }
    return stream_.reason().code;
  }
  void close(unsigned short code) {
    stream_.close({static_cast<boost::beast::websocket::close_code>(code), "done"});
  }
  auto& stream() { return stream_; }

 private:
  boost::asio::io_context context_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> stream_;
};

TEST(websocket, beast_and_we_understand_each_other) {
  TestServer server;
  Peer peer(server.port());
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 1000UL, 4096UL}) {
    const std::string text(size, 't');
    peer.write(text);
    EXPECT_EQ(peer.read(), text);
  }
  peer.write("日本 €");
  EXPECT_EQ(peer.read(), "日本 €");
  int pongs = 0;
  peer.stream().control_callback([&](boost::beast::websocket::frame_type type, auto payload) {
    if (type == boost::beast::websocket::frame_type::pong && payload == "are you there") ++pongs;
  });
  peer.stream().ping("are you there");
  peer.write("after ping");
  EXPECT_EQ(peer.read(), "after ping");
  EXPECT_EQ(pongs, 1);
  peer.close(1000);
  EXPECT_EQ(peer.stream().reason().code, 1000);
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == 1; }));
  EXPECT_EQ(server.server->stats().websockets_open, 0U);
}

TEST(websocket, fragments_are_joined_even_when_a_character_is_cut) {
  TestServer server;
  Peer peer(server.port());
  std::string text;
  while (text.size() < 3000) text += "限時 €𝄞";
  for (const std::size_t each : {1UL, 2UL, 5UL, 700UL}) {
    peer.write_in_fragments(text, each);
    ASSERT_EQ(peer.read(), text);
  }
}

TEST(websocket, the_owner_closes_with_its_code) {
  TestServer server;
  Peer peer(server.port());
  peer.write("close me");
  EXPECT_EQ(peer.wait_for_close(), 4001U);
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == 1; }));
  EXPECT_TRUE(TestServer::eventually([&] { return server.server->stats().connections_open == 0; }));
}

TEST(websocket, an_exception_of_the_owner_closes_that_socket_only) {
  TestServer server;
  Peer one(server.port());
  Peer other(server.port());
  one.write("throw");
  EXPECT_EQ(one.wait_for_close(), 1011U);
  other.write("still here");
  EXPECT_EQ(other.read(), "still here");
  EXPECT_EQ(server.server->stats().service_failures, 1U);
}

TEST(websocket, stop_says_going_away_behind_the_last_words) {
  TestServer server;
  Peer peer(server.port());
  server.on_sockets([](const auto& sockets) {
    for (WebSocket* socket : sockets) socket->send(encode_text_frame(R"({"type":"bye"})"), 7);
  });
  std::thread stopper([&] { server.server->stop(milliseconds(5'000)); });
  EXPECT_EQ(peer.read(), R"({"type":"bye"})");
  EXPECT_EQ(peer.wait_for_close(), 1001U);
  stopper.join();
  EXPECT_EQ(server.seen.closed, 1);
}

TEST(websocket, a_wrong_upgrade_is_refused) {
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::pair<std::string, int> cases[] = {
      {request("GET", "/ws", upgrade + version + key), 101},
      {request("GET", "/ws"), 426},
      {request("GET", "/ws", "Upgrade: websocket\r\n" + version + key), 426},
      {request("GET", "/ws", "Connection: Upgrade\r\nUpgrade: h2c\r\n" + version + key), 426},
      {request("GET", "/ws", upgrade + "Sec-WebSocket-Version: 8\r\n" + key), 426},
      {request("GET", "/ws", upgrade + key), 400},
      {request("GET", "/ws", upgrade + version), 400},
      {request("GET", "/ws", upgrade + version + "Sec-WebSocket-Key: short\r\n"), 400},
      {request("GET", "/ws", upgrade + version + key + key), 400},
      {request("POST", "/ws", upgrade + version + key), 400},
      {request("GET", "/ws", upgrade + version + key, "body"), 400},
  };
  for (const auto& [bytes, status] : cases) {
    TestServer server;
    RawClient client(server.port());
    client.send(bytes);
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, status) << bytes;
    if (status == 426) {
      EXPECT_EQ(reply->headers.at("sec-websocket-version"), "13");
    }
  }
}

struct Broken {
  const char* name;
  std::string bytes;  // unmasked frames are made here, masked ones with a zero key
  unsigned code;
};

std::string masked(unsigned first, const std::string& payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  return out.append(4, '\0').append(payload);
}

const std::vector<Broken>& broken_frames() {
  static const std::vector<Broken> cases{
      {"unmasked", std::string("\x81\x01x"), 1002},
      {"reserved_bit", masked(0xc1, "x"), 1002},
      {"reserved_opcode", masked(0x83, "x"), 1002},
      {"reserved_control", masked(0x8b, ""), 1002},
      {"binary", masked(0x82, "x"), 1003},
      {"too_big", masked(0x81, std::string(4097, 'x')), 1009},
      {"too_big_unsent", std::string("\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00", 10), 1009},
      {"too_big_in_fragments",
       masked(0x01, std::string(4000, 'x')) + masked(0x80, std::string(97, 'x')), 1009},
      {"length_not_shortest", std::string("\x81\xfe\x00\x01\0\0\0\0x", 9), 1002},
      {"continuation_of_nothing", masked(0x80, "x"), 1002},
      {"text_within_text", masked(0x01, "x") + masked(0x81, "y"), 1002},
      {"ping_in_fragments", masked(0x09, "x"), 1002},
      {"ping_too_long", masked(0x89, std::string(126, 'x')), 1002},
      {"overlong_utf8", masked(0x81, "\xc0\xaf"), 1007},
      {"surrogate_utf8", masked(0x81, "\xed\xa0\x80"), 1007},
      {"beyond_unicode", masked(0x81, "\xf4\x90\x80\x80"), 1007},
      {"cut_utf8", masked(0x81, "\xe2\x82"), 1007},
      {"bad_utf8_early", masked(0x01, "ok\xff"), 1007},
      {"cut_utf8_at_last_fragment", masked(0x01, "ok") + masked(0x80, "\xe2\x82"), 1007},
      {"close_of_one_byte", masked(0x88, "x"), 1002},
      {"close_with_reserved_code", masked(0x88, "\x03\xed"), 1002},
      {"close_with_bad_reason", masked(0x88, "\x03\xe8\xff"), 1007},
      {"close_normal",
       masked(0x88,
              "\x03\xe8"
              "bye"),
       1000},
      {"close_empty", masked(0x88, ""), 1005},
  };
  return cases;
}

class BrokenFrame : public testing::TestWithParam<Broken> {};

TEST_P(BrokenFrame, closes_with_its_code) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_EQ(client.upgrade(), 101);
  ASSERT_TRUE(client.send(GetParam().bytes));
  EXPECT_EQ(client.close_code(), GetParam().code);
  client.send_frame(0x81, "too late");
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == 1; }));
  EXPECT_TRUE(server.seen.texts.empty());
}

INSTANTIATE_TEST_SUITE_P(websocket, BrokenFrame, testing::ValuesIn(broken_frames()),
                         [](const auto& test) { return test.param.name; });

TEST(websocket, frames_may_arrive_byte_by_byte_and_many_at_once) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_EQ(client.upgrade(), 101);
  for (const char c : masked(0x81, "slow")) {
    ASSERT_TRUE(client.send({&c, 1}));
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  EXPECT_EQ(client.frame()->payload, "slow");
  std::string many;
  for (int i = 0; i < 50; ++i) many += masked(0x81, "m" + std::to_string(i));
  client.send(many);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(client.frame()->payload, "m" + std::to_string(i));
}

TEST(websocket, frames_sent_before_the_101_are_not_lost) {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/ws",
                      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") +
              masked(0x81, "early"));
  EXPECT_EQ(client.reply()->status, 101);
  EXPECT_EQ(client.frame()->payload, "early");
}

TEST(websocket, silence_is_answered_by_pings_and_then_by_the_end) {
  ServerLimits limits;
  limits.websocket_ping = milliseconds(200);
  limits.websocket_silence = milliseconds(700);
  TestServer server(limits);
  RawClient client(server.port());
  ASSERT_EQ(client.upgrade(), 101);
  for (int i = 0; i < 6; ++i) {  // answered pings keep it open for longer than the silence allowed
    const auto ping = client.frame();
    ASSERT_TRUE(ping) << i;
    ASSERT_EQ(ping->opcode, 9U);
    client.send_frame(0x8a, ping->payload);
  }
  EXPECT_EQ(client.close_code(), 0U);  // pings, then the end without a close frame
  EXPECT_EQ(server.server->stats().timeouts, 1U);
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == 1; }));
}

TEST(websocket, a_slow_receiver_gets_the_newest_state_only) {
  TestServer server;
  RawClient client(server.port(), 4096);
  ASSERT_EQ(client.upgrade(), 101);
  constexpr int kStates = 3000;
  for (int round = 0; round < kStates / 10; ++round) {
    server.on_sockets([&](const auto& sockets) {
      for (int i = 0; i < 10; ++i) {
        const int state = round * 10 + i + 1;
        const auto frame = encode_text_frame(std::to_string(state) + std::string(2000, '.'));
        for (WebSocket* socket : sockets) socket->send(frame, 1);
      }
    });
  }
  int received = 0;
  int last = 0;
  while (last < kStates) {
    const auto frame = client.frame();
    ASSERT_TRUE(frame) << "ended at state " << last;
    const int state = std::stoi(frame->payload);
    ASSERT_GT(state, last) << "states must not go backwards";
    last = state;
    ++received;
  }
  EXPECT_LT(received, kStates / 2);
  EXPECT_EQ(server.server->stats().websocket_dropped_slow, 0U);
}

TEST(websocket, a_receiver_too_slow_for_its_queue_is_closed_with_1013) {
  TestServer server;
  RawClient slow(server.port(), 4096);
  ASSERT_EQ(slow.upgrade(), 101);
  const auto frame = encode_text_frame(std::string(3000, '.'));
  for (int i = 0; i < 2000 && server.server->stats().websocket_dropped_slow == 0; ++i) {
    server.on_sockets([&](const auto& sockets) {
      for (WebSocket* socket : sockets) socket->send(frame);  // no topic: each one counts
    });
  }
  EXPECT_EQ(server.server->stats().websocket_dropped_slow, 1U);
  EXPECT_EQ(slow.close_code(), 1013U);
  EXPECT_TRUE(slow.ends());
  EXPECT_EQ(server.seen.closed, 1);
}

TEST(websocket, a_broadcast_reaches_everybody_and_requests_get_through) {
  TestServer server({}, 2);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_EQ(clients.back()->upgrade(), 101);
  }
  const auto frame = encode_text_frame("to all");
  server.on_sockets([&](const auto& sockets) {
    for (WebSocket* socket : sockets) socket->send(frame, 1);
  });
  RawClient other(server.port());
  other.send(request("POST", "/echo", {}, "x"));
  EXPECT_EQ(other.reply()->body, "x");
  for (const auto& client : clients) ASSERT_EQ(client->frame()->payload, "to all");
  clients.clear();
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == 300; }));
}

TEST(websocket_frame, text_may_be_cut_anywhere) {
  const std::string text = "a é € 𝄞 限";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Checker checker;
    EXPECT_TRUE(checker.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(checker.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(checker.complete());
  }
}

TEST(websocket_frame, lengths_take_their_shortest_form) {
  EXPECT_EQ(encode_text_frame(std::string(125, 'x'))->size(), 127U);
  EXPECT_EQ(encode_text_frame(std::string(126, 'x'))->size(), 130U);
  EXPECT_EQ(encode_text_frame(std::string(65535, 'x'))->size(), 65539U);
  EXPECT_EQ(encode_text_frame(std::string(65536, 'x'))->size(), 65546U);
}

}  // namespace
}  // namespace onrush::http
