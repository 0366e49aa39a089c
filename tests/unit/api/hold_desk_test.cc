// What the short way of a hold request remembers, of connections and of buyers, and what it must
// not forget.
#include "edge/api/station.h"
#include "support/api_world.h"

namespace onrush::test {
namespace {

// Hold requests one after the other on one connection.
class OneConnection {
 public:
  explicit OneConnection(std::uint16_t port) : socket_(connect_to(port)) {}
  ~OneConnection() { ::close(socket_); }
  OneConnection(const OneConnection&) = delete;
  OneConnection& operator=(const OneConnection&) = delete;

  HttpAnswer hold(const std::string& token) {
    const std::string request =
        "POST /api/v1/sales/s/holds HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nContent-Length: 12\r\n" +
        ApiWorld::bearer(token) + "\r\n" + R"({"item":"a"})";
    HttpAnswer answer;
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      return answer;
    }
    std::string received;
    std::size_t whole = std::string::npos;
    char buffer[4096];
    while (received.size() < whole) {
      const auto n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) return answer;
      received.append(buffer, static_cast<std::size_t>(n));
      const auto split = received.find("\r\n\r\n");
      if (split == std::string::npos) continue;
      constexpr std::string_view kLength = "Content-Length: ";
      const auto length = received.find(kLength);
      whole = split + 4 + std::strtoul(&received[length + kLength.size()], nullptr, 10);
      answer.head = received.substr(0, split + 2);
    }
    answer.body = received.substr(answer.head.size() + 2);
    answer.status = std::atoi(answer.head.c_str() + answer.head.find(' '));
    return answer;
  }

 private:
  int socket_;
};

struct HoldDesk : ::testing::Test {
  HoldDesk() { world.open_sale(R"({"item":"a","title":"A","stock":5,"price":500})"); }
  ApiWorld world;
  static constexpr sale::SaleNo kSale{1};
};

TEST_F(HoldDesk, another_token_on_the_same_connection_is_another_buyer) {
  OneConnection connection(world.general->port());
  const std::string first = world.token(accounts::TokenKind::buyer, 1);
  const std::string second = world.token(accounts::TokenKind::buyer, 2);
  ASSERT_EQ(first.size(), second.size());
  const auto one = connection.hold(first);
  ASSERT_EQ(one.status, 201) << one.body;
  const auto two = connection.hold(second);
  ASSERT_EQ(two.status, 201) << two.body;
  EXPECT_NE(one.json().at("order"), two.json().at("order"));
  EXPECT_EQ(connection.hold(first).json().at("order"), one.json().at("order"));
  EXPECT_EQ(world.office.summary(kSale).items[0].held, 2u);
}

TEST_F(HoldDesk, a_token_ends_although_it_was_good_on_this_connection) {
  OneConnection connection(world.general->port());
  const std::string token =
      world.token(accounts::TokenKind::buyer, 1, ports::Role::buyer, 0, Millis{10'000});
  ASSERT_EQ(connection.hold(token).status, 201);
  world.clock.advance(Millis{9'999});
  EXPECT_EQ(connection.hold(token).status, 201);
  world.clock.advance(Millis{1});
  EXPECT_EQ(connection.hold(token).status, 401);
}

// Else the grant could be answered, and its repeat meet a latch that knows nothing of the buyer.
TEST_F(HoldDesk, a_buyer_is_known_before_the_request_is_decided) {
  EXPECT_FALSE(world.known.may_know(kSale, sale::BuyerId{7}));
  world.office.set_full(true);
  EXPECT_EQ(world.hold(7, R"({"item":"a"})").code(), "busy");
  EXPECT_TRUE(world.known.may_know(kSale, sale::BuyerId{7}));
}

TEST(IdempotencyKey, is_stored_as_a_number_of_its_buyer_and_its_text) {
  const sale::BuyerId one{1};
  EXPECT_EQ(api::hash_idempotency_key(one, "k"), api::hash_idempotency_key(one, "k"));
  EXPECT_NE(api::hash_idempotency_key(one, "k"), api::hash_idempotency_key(one, "l"));
  EXPECT_NE(api::hash_idempotency_key(one, "k"), api::hash_idempotency_key(sale::BuyerId{2}, "k"));
}

TEST(KnownBuyers, knows_everybody_whom_the_journal_names_and_few_others) {
  api::KnownBuyers known(16);
  const sale::SaleNo sale{3};
  std::vector<sale::Event> events;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    sale::event::HoldGranted granted;
    granted.sale = sale;
    granted.buyer = sale::BuyerId{i};
    sale::event::StandbyJoined joined;
    joined.sale = sale;
    joined.buyer = sale::BuyerId{1'000 + i};
    sale::event::PlaceTaken taken;
    taken.sale = sale;
    taken.buyer = sale::BuyerId{2'000 + i};
    events.emplace_back(taken);
    events.emplace_back(granted);
    events.emplace_back(joined);
  }
  known.on_events(1, TimePoint{}, events);
  int strangers = 0;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    EXPECT_TRUE(known.may_know(sale, sale::BuyerId{i}));
    EXPECT_TRUE(known.may_know(sale, sale::BuyerId{1'000 + i}));
    EXPECT_TRUE(known.may_have_place(sale, sale::BuyerId{2'000 + i}));
    strangers += known.may_have_place(sale, sale::BuyerId{i}) ? 1 : 0;
    strangers += known.may_know(sale, sale::BuyerId{2'000 + i}) ? 1 : 0;
    strangers += known.may_know(sale, sale::BuyerId{1'000'000 + i}) ? 1 : 0;
    strangers += known.may_know(sale::SaleNo{4}, sale::BuyerId{i}) ? 1 : 0;
  }
  EXPECT_LE(strangers, 100) << "of 2,000";
}

}  // namespace
}  // namespace onrush::test
