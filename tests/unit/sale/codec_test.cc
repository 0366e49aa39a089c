// The byte form of events and snapshots: round trips, damage, and replay of what cannot have
// happened.
#include <gtest/gtest.h>

#include <random>

#include "sale/event_codec.h"
#include "scenario.h"

namespace onrush::sale::test {
namespace {

void fill_newer_rules(SaleRules& rules) {
  rules.line = {LineMode::draw, 77, 88, Millis{9'000}, Millis{10'000}, 99, {}};
  rules.line.draw_secret.fill(std::byte{0x5e});
  rules.admission.registration = RegistrationMode::required;
  rules.admission.filter = {50'000, Millis{500}};
  rules.admission.questions = {{{"How much?", "多少"}, {"65 W", "65w"}}, {{"Who?", ""}, {"me"}}};
  rules.admission.question_tries = 5;
  rules.admission.question_retry = Millis{7'000};
  rules.admission.proof_of_work_max = 50'000;
  rules.admission.purchase_path = true;
  rules.admission.script_score = true;
  rules.admission.bucket = {20'000, 1'000'000};
}

std::vector<Event> one_of_each() {
  const SaleNo sale{3};
  const OrderId order{11};
  const BuyerId buyer{22};
  const PaymentId payment{33};
  const Units units{{ItemNo{1}, UnitNo{7}}, {ItemNo{2}, UnitNo{9'999'999}}};
  SaleRules rules = simple_rules(5);
  rules.title.zh = "闪购";
  rules.late_money = LateMoney::regrant_or_standby;
  rules.payment = PaymentMode::confirmation;
  rules.decline_ends_hold = false;
  rules.admission = {{"app", "kiosk"}, "https://shop.example/app", "/register"};
  fill_newer_rules(rules);
  return {
      event::SaleDefined{sale, std::make_shared<SaleRules>(rules), "ann"},
      event::PhaseChanged{sale, Phase::open, Phase::closed, PhaseReason::cancelled, "ann", "rain"},
      event::Restocked{sale, ItemNo{1}, 5, "ann"},
      event::Rescheduled{sale, kStart, kStart + Millis{1}, kStart + Millis{2}, "ann"},
      event::HoldGranted{sale, order, buyer, StandbyId{44}, 55, kStart, Money{600}, units},
      event::HoldEnded{sale, order, buyer, event::HoldEnd::declined},
      event::OrderConfirmed{sale, order, buyer, "ann"},
      event::StandbyJoined{sale, StandbyId{44}, buyer, 55, {{ItemNo{1}, 2}, {ItemNo{2}, 3}}},
      event::StandbyLeft{sale, StandbyId{44}, buyer, event::StandbyEnd::closed},
      event::PaymentStarted{sale, payment, order, buyer, Money{600}},
      event::PaymentDeclined{sale, payment, order, buyer},
      event::PaymentUnknown{sale, payment, order, buyer},
      event::PaymentCaptured{sale, payment, order, buyer, Money{600}, event::MoneyUse::fulfilled,
                             units},
      event::LateOrderFulfilled{sale, payment, order, buyer, units},
      event::RefundDue{sale, payment, order, buyer, Money{600}, event::RefundReason::no_unit_left},
      event::RefundSettled{sale, payment, order, buyer, Money{600}},
      event::OrderRefunded{sale, order, buyer, "ann", "asked for"},
      event::PlaceTaken{sale, buyer, 66},
      event::PlaceLeft{sale, buyer, 66},
      event::DrawRevealed{sale, 67, sha256({}), "block 900000", sha256({})},
      event::LineCalled{sale, 68},
      event::PassClaimed{sale, buyer, 69, kStart},
      event::Registered{sale, buyer},
      event::Unregistered{sale, buyer},
      event::LineRateSet{sale, 80, "ann"},
      event::BeaconSet{sale, "block 900000", "ann"},
      event::NoticeSet{sale, {"Soon", "很快"}, "ann"}};
}

TEST(event_codec, reads_back_every_kind) {
  const std::vector<Event> events = one_of_each();
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].index(), i);
    const auto bytes = bytes_of(events[i]);
    ByteReader in(bytes);
    const auto read = decode_event(in);
    ASSERT_TRUE(read) << i << ": " << read.error().message;
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(read->index(), i);
    EXPECT_TRUE(bytes_of(*read) == bytes);
  }
  const auto bytes = bytes_of(events[0]);
  ByteReader in(bytes);
  const auto read = decode_event(in);
  EXPECT_TRUE(*std::get<event::SaleDefined>(*read).rules ==
              *std::get<event::SaleDefined>(events[0]).rules);
}

TEST(event_codec, the_bytes_of_an_event_stay_what_they_are) {
  const auto bytes =
      bytes_of(event::HoldEnded{SaleNo{3}, OrderId{11}, BuyerId{22}, event::HoldEnd::declined});
  const std::vector<std::uint8_t> expected{5, 21, 0, 0, 0,  3, 0, 0, 0, 11, 0, 0, 0,
                                           0, 0,  0, 0, 22, 0, 0, 0, 0, 0,  0, 0, 2};
  ASSERT_EQ(bytes.size(), expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    EXPECT_EQ(std::to_integer<int>(bytes[i]), expected[i]) << i;
}

// Journals from before there was a channel gate are read, and sales without one are written alike.
TEST(event_codec, a_sale_open_to_every_channel_is_the_bytes_that_it_always_was) {
  const SaleRules rules = simple_rules(5);
  SaleRules gated = rules;
  gated.admission.channels = {"app"};
  const auto plain =
      bytes_of(event::SaleDefined{SaleNo{3}, std::make_shared<SaleRules>(rules), "ann"});
  const auto longer =
      bytes_of(event::SaleDefined{SaleNo{3}, std::make_shared<SaleRules>(gated), "ann"});
  // Ends with the actor, as the first version did.
  const std::string_view end(reinterpret_cast<const char*>(plain.data()) + plain.size() - 7, 7);
  EXPECT_EQ(end, std::string_view("\3\0\0\0ann", 7));
  EXPECT_EQ(longer.size(), plain.size() + 2 + (4 + 3) + 4 + 4);
  EXPECT_TRUE(std::equal(plain.begin() + 5, plain.end(), longer.begin() + 5));
  ByteReader in(plain);
  const auto read = decode_event(in);
  ASSERT_TRUE(read);
  EXPECT_TRUE(*std::get<event::SaleDefined>(*read).rules == rules);
}

// Each group of rules stands behind the older ones, and only when it or a later one says something.
TEST(event_codec, a_sale_without_a_line_is_the_bytes_that_it_was_before_there_were_lines) {
  const auto define = [](const SaleRules& rules) {
    return bytes_of(event::SaleDefined{SaleNo{3}, std::make_shared<SaleRules>(rules), "ann"});
  };
  SaleRules gated = simple_rules(5);
  gated.admission.channels = {"app"};
  SaleRules lined = gated;
  lined.line.mode = LineMode::fifo;
  const auto older = define(gated);
  const auto newer = define(lined);
  EXPECT_TRUE(std::equal(older.begin() + 5, older.end(), newer.begin() + 5));
  // mode, rate, active_max, pass, claim, capacity, secret · registration, filter, no questions,
  // tries, retry, work, path, score, bucket
  EXPECT_EQ(newer.size(),
            older.size() + (1 + 4 + 4 + 8 + 8 + 4 + 32) + (1 + 4 + 8 + 2 + 2 + 8 + 4 + 1 + 1 + 8));
  // The same group saying nothing is another form of the older event, and damage.
  auto silent = newer;
  silent[older.size()] = std::byte{0};
  ByteReader in(silent);
  EXPECT_FALSE(decode_event(in));
}

// Where a sale's definition may end: behind its first fields, and behind the group that came next.
bool is_older_form(const Event& event, std::size_t size) {
  const auto* defined = std::get_if<event::SaleDefined>(&event);
  if (defined == nullptr) return false;
  SaleRules rules = *defined->rules;
  rules.line = {};
  AdmissionRules gate;
  gate.channels = rules.admission.channels;
  gate.download_url = rules.admission.download_url;
  gate.register_url = rules.admission.register_url;
  rules.admission = gate;
  return size == bytes_of(event::SaleDefined{defined->sale, std::make_shared<SaleRules>(rules),
                                             defined->actor})
                     .size();
}

TEST(event_codec, refuses_every_truncation) {
  for (const Event& event : one_of_each()) {
    const auto bytes = bytes_of(event);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteReader in(Bytes(bytes).first(size));
      const auto read = decode_event(in);
      if (is_older_form(event, size)) continue;
      ASSERT_FALSE(read) << event.index() << " cut to " << size;
      EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
    }
  }
}

TEST(event_codec, survives_every_flipped_byte) {
  for (const Event& event : one_of_each()) {
    for (std::size_t at = 0; at < bytes_of(event).size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        auto bytes = bytes_of(event);
        bytes[at] ^= static_cast<std::byte>(flip);
        ByteReader in(bytes);
        const auto read = decode_event(in);
        if (read) {
          Book book;
          EXPECT_FALSE(event.index() != 0 && book.replay(*read, kStart));
        }
      }
    }
  }
}

TEST(event_codec, refuses_a_value_out_of_range_and_bytes_too_many) {
  auto bytes =
      bytes_of(event::HoldEnded{SaleNo{3}, OrderId{11}, BuyerId{22}, event::HoldEnd::declined});
  bytes.back() = std::byte{4};
  ByteReader beyond(bytes);
  EXPECT_FALSE(decode_event(beyond));
  bytes.back() = std::byte{0};
  bytes.push_back(std::byte{0});
  bytes[1] = std::byte{22};
  ByteReader overlong(bytes);
  EXPECT_FALSE(decode_event(overlong));
}

// A book with something of everything in it.
void fill(Scenario& s) {
  s.run(R"(
    sale late=standby per_buyer=3
    item a stock=4
    item b stock=2
    0 define
    0 announce
    0 open
    0 hold 1 a+b
    0 hold 2 a
    0 hold 3 a
    0 hold 4 b
    0 hold 5 a+b -> standby #1; waits 5 a+b
    1 pay 1
    1 captured 1
    1 pay 2
    1 pay 3
    1 captured 3 99
    2 release 2
    3 captured 2 -> done; captured 2 100 standby; late turn 2 a4
    4 hold 6 b -> standby #2; waits 6 b
  )");
}

TEST(snapshot, refuses_every_truncation_and_every_flipped_byte) {
  Scenario s;
  fill(s);
  const auto bytes = bytes_of(s.book());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(Bytes(bytes).first(size));
    ASSERT_FALSE(Book::load(in)) << "cut to " << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x40};
    ByteReader in(damaged);
    const auto loaded = Book::load(in);
    ASSERT_FALSE(loaded) << "byte " << at;
    EXPECT_EQ(loaded.error().kind, ErrorKind::corrupt);
  }
}

TEST(snapshot, may_be_followed_by_other_bytes) {
  Scenario s;
  fill(s);
  auto bytes = bytes_of(s.book());
  bytes.push_back(std::byte{9});
  ByteReader in(bytes);
  ASSERT_TRUE(Book::load(in));
  EXPECT_EQ(in.remaining(), 1U);
}

TEST(snapshot, of_a_long_line_is_read_back_in_order) {
  Scenario s;
  fill(s);
  s.run("4 release 4 -> done; released 4; turn 5 a2,b2 until 64");
}

// Events in a wrong order, twice, or with one field changed: an error, or a book that still holds
// together.
// How many of `rounds` such histories were refused.
int refused_histories(const Scenario& s, int rounds) {
  std::mt19937_64 random(1);
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Event> events = s.events();
    const std::size_t at = random() % events.size();
    switch (random() % 3) {
      case 0:
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        events.insert(events.begin() + static_cast<std::ptrdiff_t>(at),
                      events[random() % events.size()]);
        break;
      default: {
        auto bytes = bytes_of(events[at]);
        bytes[5 + random() % (bytes.size() - 5)] ^= static_cast<std::byte>(1U << (random() % 8));
        ByteReader in(bytes);
        const auto changed = decode_event(in);
        if (!changed) continue;
        events[at] = *changed;
      }
    }
    Book book;
    for (const Event& event : events) {
      if (!book.replay(event, kStart)) {
        ++refused;
        break;
      }
    }
  }
  return refused;
}

TEST(replay, of_impossible_histories_is_corrupt_and_never_crashes) {
  Scenario s;
  fill(s);
  EXPECT_GT(refused_histories(s, 3'000), 1'000);
}

TEST(replay, of_impossible_histories_of_a_line_is_corrupt_and_never_crashes) {
  Scenario s;
  s.run(R"(
    sale line=draw rate=100 registration=required opens=1 hold=3600 pass=3600
    item a stock=3 standby=3
    0 define
    0 announce
    0 register 1
    0 register 2
    0 register 3
    0 register 4
    0 unregister 4
    0 tick
    0 place 1
    0 place 2
    0 place 3
    0 quit 3
    0 place 3
    0 beacon b
    0 notice soon
  )");
  // All at one time, as the histories are replayed.
  s.run(R"(
    0 open
    0 rate 50
  )");
  EXPECT_GT(refused_histories(s, 3'000), 800);
}

TEST(replay, refuses_a_unit_given_twice) {
  Book book;
  const SaleNo sale{1};
  ASSERT_TRUE(book.replay(
      event::SaleDefined{sale, std::make_shared<SaleRules>(simple_rules(2)), ""}, kStart));
  ASSERT_TRUE(
      book.replay(event::PhaseChanged{sale, Phase::draft, Phase::announced, {}, "", ""}, kStart));
  ASSERT_TRUE(
      book.replay(event::PhaseChanged{sale, Phase::announced, Phase::lobby, {}, "", ""}, kStart));
  ASSERT_TRUE(
      book.replay(event::PhaseChanged{sale, Phase::lobby, Phase::open, {}, "", ""}, kStart));
  const auto granted = [&](std::uint64_t order, std::uint32_t unit) {
    return book.replay(event::HoldGranted{sale,
                                          OrderId{order},
                                          BuyerId{order},
                                          {},
                                          0,
                                          kStart + Millis{60'000},
                                          Money{100},
                                          {{ItemNo{0}, UnitNo{unit}}}},
                       kStart);
  };
  ASSERT_TRUE(granted(10, 2));
  EXPECT_EQ(book.check_invariants(), "");
  EXPECT_FALSE(granted(11, 2));
  EXPECT_FALSE(granted(12, 3));
  EXPECT_FALSE(granted(13, 0));
}

TEST(ids, grow_beyond_4096_a_millisecond_and_across_a_clock_that_stands_still) {
  Book book(5);
  std::vector<Event> out;
  const SaleNo sale{1};
  (void)book.apply(command::DefineSale{std::make_shared<SaleRules>(simple_rules(10'000)), ""},
                   kStart, out);
  (void)book.apply(command::ChangePhase{sale, command::PhaseAct::announce, "", ""}, kStart, out);
  (void)book.apply(command::ChangePhase{sale, command::PhaseAct::open, "", ""}, kStart, out);
  std::uint64_t last = 0;
  for (std::uint64_t b = 1; b <= 9'000; ++b) {
    const Outcome outcome =
        book.apply(command::RequestHold{sale, BuyerId{b}, {{ItemNo{0}, 1}}, 0, true}, kStart, out);
    ASSERT_GT(outcome.order.order.value(), last);
    last = outcome.order.order.value();
    ASSERT_EQ(last >> 12 & 1023, 5U) << "the node";
  }
  EXPECT_EQ(last >> 22, static_cast<std::uint64_t>(to_millis(kStart) - 1'704'067'200'000) + 2);
  EXPECT_EQ(book.check_invariants(), "");
}

}  // namespace
}  // namespace onrush::sale::test
