#include "edge/live/documents.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "edge/live/line_documents.h"
#include "edge/live/personal_message.h"
#include "edge/live/reply_box.h"

namespace onrush::live {
namespace {

std::shared_ptr<sale::SaleRules> rules() {
  auto r = std::make_shared<sale::SaleRules>();
  r->key = "s";
  r->items.resize(1);
  r->items[0].key = "a";
  r->items[0].title.en = "Quote \" and \\ and \n";
  r->items[0].stock = 5;
  return r;
}

TEST(JsonWriter, escapes_what_json_must_escape) {
  std::string text;
  append_json_text(text, std::string_view("a\"b\\c\n\x01\0é", 10));
  const auto back = boost::json::parse(text);
  EXPECT_EQ(std::string_view(back.as_string()), std::string_view("a\"b\\c\n\x01\0é", 10));
}

TEST(SaleDirectory, follows_events_and_finds_by_key) {
  SaleDirectory directory({});
  int told = 0;
  const auto id = directory.subscribe([&](const SaleListPtr&) { ++told; });
  const std::vector<sale::Event> events = {
      sale::event::SaleDefined{sale::SaleNo{1}, rules(), "t"},
      sale::event::PhaseChanged{sale::SaleNo{1}, sale::Phase::draft, sale::Phase::announced,
                                sale::PhaseReason::staff, "", ""},
      sale::event::Restocked{sale::SaleNo{1}, sale::ItemNo{0}, 3, "t"}};
  directory.on_events(1, TimePoint{}, events);
  const auto list = directory.current();
  const SaleEntry* entry = list->find("s");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->phase, sale::Phase::announced);
  EXPECT_EQ(entry->stock[0], 8u);
  EXPECT_TRUE(entry->item("a"));
  EXPECT_FALSE(entry->item("b"));
  EXPECT_EQ(list->find("t"), nullptr);
  EXPECT_EQ(told, 1) << "one snapshot for one batch";
  directory.unsubscribe(id);
  directory.on_events(4, TimePoint{}, events);
  EXPECT_EQ(told, 1);
}

TEST(Documents, the_state_of_a_live_document_does_not_depend_on_the_clock) {
  SaleDirectory directory({});
  const std::vector<sale::Event> events = {sale::event::SaleDefined{sale::SaleNo{1}, rules(), "t"}};
  directory.on_events(1, TimePoint{}, events);
  const auto list = directory.current();
  const ports::ItemStatus item{sale::Phase::open, sale::PhaseReason::staff, 5, 1, 2, 2, 0};
  const auto one = live_document(*list->find("s"), {&item, 1}, {}, from_millis(1000));
  const auto two = live_document(*list->find("s"), {&item, 1}, {}, from_millis(2000));
  EXPECT_NE(one, two);
  EXPECT_EQ(live_document_state(one), live_document_state(two));
  EXPECT_EQ(boost::json::parse(one).at("items").at(0).at("paid").as_int64(), 2);
}

ports::LineStatus busy_line() {
  ports::LineStatus line;
  line.mode = sale::LineMode::fifo;
  line.phase = sale::Phase::open;
  line.drawn = true;
  line.entries = line.capacity = 1'000;
  line.serving = 100;
  line.claimed = 50;
  line.claim_rate_milli = 5'000;
  line.win_up_to = 900;
  return line;
}

sale::PlaceView waiting_place() {
  sale::PlaceView place;
  place.entry = place.number = 301;
  place.serving = 100;
  place.ahead = 200;
  place.state = sale::PlaceState::waiting;
  return place;
}

// 201 numbers to be called, every second of which claims, 5 a second: 20.1 s, told as a range.
TEST(Eta, is_a_range_around_the_pace_at_which_passes_are_claimed) {
  const auto eta = eta_of(waiting_place(), busy_line());
  ASSERT_TRUE(eta);
  EXPECT_EQ(eta->low_seconds, 15u);
  EXPECT_EQ(eta->high_seconds, 32u);
}

TEST(Eta, is_not_told_while_it_would_be_a_guess) {
  const auto told = [](auto change) {
    ports::LineStatus line = busy_line();
    sale::PlaceView place = waiting_place();
    change(line, place);
    return eta_of(place, line).has_value();
  };
  EXPECT_TRUE(told([](auto&, auto&) {}));
  EXPECT_FALSE(told([](auto& line, auto&) { line.phase = sale::Phase::paused; }));
  EXPECT_FALSE(told([](auto& line, auto&) { line.claimed = kStableClaims - 1; }));
  EXPECT_FALSE(told([](auto& line, auto&) { line.claim_rate_milli = 0; }));
  EXPECT_FALSE(told([](auto& line, auto&) { line.win_up_to = 300; })) << "he cannot win";
  EXPECT_FALSE(told([](auto&, auto& place) { place.state = sale::PlaceState::called; }));
  EXPECT_FALSE(told([](auto&, auto& place) { place.state = sale::PlaceState::lobby; }));
}

TEST(Documents, the_live_document_tells_of_the_line_whether_anybody_can_still_win) {
  SaleDirectory directory({});
  const std::vector<sale::Event> events = {sale::event::SaleDefined{sale::SaleNo{1}, rules(), "t"}};
  directory.on_events(1, TimePoint{}, events);
  const auto list = directory.current();
  const ports::ItemStatus item{sale::Phase::open, sale::PhaseReason::staff, 5, 1, 2, 2, 0};
  const auto line_of = [&](const ports::LineStatus& line) {
    return boost::json::parse(live_document(*list->find("s"), {&item, 1}, line, TimePoint{}))
        .at("line");
  };
  EXPECT_TRUE(line_of({}).is_null());
  ports::LineStatus line = busy_line();
  EXPECT_EQ(line_of(line).at("win_up_to").as_int64(), 900);
  EXPECT_TRUE(line_of(line).at("can_win").as_bool());
  EXPECT_TRUE(line_of(line).at("full").as_bool()) << "as many as it takes";
  EXPECT_EQ(line_of(line).at("claim_rate").as_double(), 5.0);
  line.entries = 999;
  line.win_up_to = 0;
  EXPECT_FALSE(line_of(line).at("full").as_bool());
  EXPECT_FALSE(line_of(line).at("can_win").as_bool());
}

// Else a lobby of a million would fill the inbox of the push hub with what nobody is told.
TEST(PersonalNews, nothing_of_the_line_is_copied_for_one_buyer) {
  const sale::SaleNo sale{1};
  const sale::BuyerId buyer{2};
  EXPECT_FALSE(buyer_of(sale::event::PlaceTaken{sale, buyer, 1}));
  EXPECT_FALSE(buyer_of(sale::event::PassClaimed{sale, buyer, 1, {}}));
  EXPECT_FALSE(buyer_of(sale::event::Registered{sale, buyer}));
  EXPECT_EQ(changed_sale(sale::event::PlaceTaken{sale, buyer, 1}), sale);
  EXPECT_EQ(changed_sale(sale::event::LineCalled{sale, 1}), sale);
}

TEST(PersonalNews, a_grant_is_told_in_full_and_a_late_refund_once) {
  sale::event::HoldGranted granted;
  granted.sale = sale::SaleNo{1};
  granted.order = sale::OrderId{7};
  granted.buyer = sale::BuyerId{3};
  granted.standby = sale::StandbyId{9};
  const auto news = news_of(granted, from_millis(5));
  ASSERT_TRUE(news && news->view);
  EXPECT_EQ(news->cause, "standby_turn");
  sale::event::PaymentCaptured captured;
  captured.use = sale::event::MoneyUse::refund;
  EXPECT_FALSE(news_of(captured, {}));
  EXPECT_EQ(news_of(sale::event::RefundDue{}, {})->cause, "refunded");
}

// An office that answers when it is told to.
class SlowOffice final : public ports::BoxOffice {
 public:
  bool submit(sale::Command, ports::Lane, ports::ReplySink& sink,
              std::uint64_t ticket) noexcept override {
    waiting.emplace_back(&sink, ticket);
    return true;
  }
  [[nodiscard]] ports::ItemStatus status(sale::SaleNo, sale::ItemNo) const noexcept override {
    return {};
  }
  [[nodiscard]] ports::LineStatus line(sale::SaleNo) const noexcept override { return {}; }
  void answer_all() {
    for (auto& [sink, ticket] : waiting) {
      ports::Reply reply{ticket, {}};
      sink->deliver({&reply, 1});
    }
    waiting.clear();
  }
  std::vector<std::pair<ports::ReplySink*, std::uint64_t>> waiting;
};

TEST(ReplyBox, drops_replies_that_come_after_its_owner_has_gone) {
  SlowOffice office;
  int heard = 0;
  auto box = ReplyBox::open(
      [&](std::span<ports::Reply> replies) { heard += static_cast<int>(replies.size()); });
  ASSERT_TRUE(box->submit(office, sale::command::LookUpOrder{}, ports::Lane::reserved, 1));
  office.answer_all();
  ASSERT_TRUE(box->submit(office, sale::command::LookUpOrder{}, ports::Lane::reserved, 2));
  ASSERT_TRUE(box->submit(office, sale::command::LookUpOrder{}, ports::Lane::reserved, 3));
  box.reset();
  office.answer_all();  // the sanitizers see a use after free, or a leak, if the box is wrong
  EXPECT_EQ(heard, 1);
}

TEST(Over, is_an_item_of_a_closed_sale_that_nobody_holds_or_waits_for) {
  using sale::Phase;
  struct Case {
    Phase phase;
    std::uint32_t free, held, standby;
    bool over;
  };
  const Case cases[] = {
      {Phase::draft, 0, 0, 0, false},  {Phase::announced, 9, 0, 0, false},
      {Phase::lobby, 9, 0, 0, false},  {Phase::open, 0, 0, 0, false},
      {Phase::paused, 0, 0, 0, false}, {Phase::closed, 9, 0, 0, true},
      {Phase::closed, 9, 1, 0, false},  // its buyer may not know of it
      {Phase::closed, 9, 0, 1, false},  // and he who waits may hold it in a moment
      {Phase::settled, 0, 0, 0, true},
  };
  for (const Case& c : cases) {
    ports::ItemStatus item;
    item.phase = c.phase;
    item.free = c.free;
    item.held = c.held;
    item.standby = c.standby;
    EXPECT_EQ(is_over(item), c.over)
        << sale::to_string(c.phase) << " held " << c.held << " standby " << c.standby;
  }
}

}  // namespace
}  // namespace onrush::live
