// Random bytes, and requests damaged at random: the server answers, refuses or closes, and always
// goes on. ONRUSH_SEED replays a run.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <random>

#include "edge/http/head_parser.h"
#include "edge/http/websocket_frame.h"
#include "test_server.h"

namespace onrush::http {
namespace {

std::uint64_t seed() {
  const char* given = std::getenv("ONRUSH_SEED");
  const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : 618;
  std::printf("ONRUSH_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

std::string damaged(std::mt19937_64& random) {
  static const std::string kPieces[] = {"GET ",
                                        "POST ",
                                        "/echo",
                                        " HTTP/1.1",
                                        "\r\n",
                                        "\n",
                                        "\r",
                                        "Host: t\r\n",
                                        "Content-Length: 5\r\n",
                                        "Content-Length: ",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Connection: Upgrade\r\n",
                                        ":",
                                        " ",
                                        "\t",
                                        "Upgrade: websocket\r\n",
                                        "Expect: 100-continue\r\n",
                                        "abcde",
                                        std::string(1, '\0'),
                                        "\r\n\r\n"};
  std::string out = request("POST", "/echo", "X-A: b\r\n", "12345");
  for (std::uint64_t i = random() % 4; i > 0; --i) {
    const std::size_t at = random() % out.size();
    switch (random() % 4) {
      case 0:
        out[at] = static_cast<char>(random());
        break;
      case 1:
        out.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      case 2:
        out.erase(at, random() % 8);
        break;
      default:
        out.insert(at, std::string(random() % 100, static_cast<char>(random())));
        break;
    }
    if (out.empty()) out = "\r\n";
  }
  return out;
}

TEST(fuzz, a_scanner_fed_in_pieces_agrees_with_one_fed_at_once) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 20'000; ++round) {
    const std::string bytes = damaged(random);
    HeadScanner whole;
    const auto expected = whole.scan(bytes);
    HeadScanner pieces;
    auto got = HeadScanner::Outcome::incomplete;
    for (std::size_t end = 0; got == HeadScanner::Outcome::incomplete && end < bytes.size();) {
      end = std::min(bytes.size(), end + 1 + random() % 20);
      got = pieces.scan(std::string_view(bytes).substr(0, end));
    }
    ASSERT_EQ(got, expected) << round;
    if (got != HeadScanner::Outcome::complete) continue;
    ASSERT_EQ(pieces.head_size(), whole.head_size());
    Head head;
    const int status = parse_head(std::string_view(bytes).substr(0, whole.head_size()), head);
    if (status != 0) continue;
    // Views must lie within the bytes.
    for (const std::string_view view : head.request.headers) {
      if (view.empty()) continue;
      ASSERT_GE(view.data(), bytes.data());
      ASSERT_LE(view.data() + view.size(), bytes.data() + whole.head_size());
    }
    ASSERT_EQ(head.request.target.front(), '/');
  }
}

TEST(fuzz, damaged_requests_end_and_the_server_goes_on) {
  std::mt19937_64 random(seed());
  ServerLimits limits;
  limits.header_deadline = limits.body_deadline = std::chrono::milliseconds(300);
  TestServer server(limits);
  for (int round = 0; round < 600; ++round) {
    RawClient client(server.port());
    std::string bytes = round % 5 == 0 ? std::string() : damaged(random);
    if (bytes.empty()) {
      for (std::uint64_t i = 1 + random() % 2000; i > 0; --i)
        bytes.push_back(static_cast<char>(random()));
    }
    client.send(bytes);
    ::shutdown(client.fd(), SHUT_WR);
    ASSERT_TRUE(client.until_closed()) << "round " << round << " did not end";
  }
  RawClient client(server.port());
  client.send(request("POST", "/echo", {}, "alive"));
  EXPECT_EQ(client.reply()->body, "alive");
}

TEST(fuzz, damaged_frames_end_and_the_server_goes_on) {
  std::mt19937_64 random(seed());
  TestServer server;
  for (int round = 0; round < 300; ++round) {
    RawClient client(server.port());
    ASSERT_EQ(client.upgrade(), 101);
    std::string bytes;
    for (std::uint64_t i = 1 + random() % 300; i > 0; --i)
      bytes.push_back(static_cast<char>(random()));
    if (round % 2 == 0) {  // past the first checks
      bytes[0] = static_cast<char>(0x80 | (random() % 2 == 0 ? 1 : 9));
      if (bytes.size() > 1) bytes[1] = static_cast<char>(0x80 | (bytes[1] & 0x3f));
    }
    client.send(bytes);
    ::shutdown(client.fd(), SHUT_WR);
    ASSERT_TRUE(client.until_closed()) << "round " << round << " did not end";
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server.seen.closed == server.seen.opened; }));
  EXPECT_EQ(server.server->stats().websockets_open, 0U);
}

TEST(fuzz, the_frame_reader_stays_within_its_bytes) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 50'000; ++round) {
    std::vector<char> bytes(random() % 40);
    for (char& c : bytes) c = static_cast<char>(random());
    if (!bytes.empty() && round % 2 == 0) bytes[0] = static_cast<char>(0x81);
    const FrameRead read = read_frame(bytes);
    if (read.outcome == FrameRead::Outcome::frame) {
      ASSERT_LE(read.size, bytes.size());
    } else if (read.outcome == FrameRead::Outcome::violation) {
      ASSERT_TRUE(read.close_code == 1002 || read.close_code == 1009);
    }
  }
}

}  // namespace
}  // namespace onrush::http
