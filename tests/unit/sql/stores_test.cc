#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "adapters/sql/sql_stores.h"
#include "unit/sql/histories.h"

namespace onrush {
namespace {

using namespace onrush::testing;
namespace event = sale::event;
using ports::Account;
using ports::MailKind;
using ports::Role;
using sale::BuyerId;
using sale::OrderId;
using sale::SaleNo;

template <class T>
T opened(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

Account somebody(const std::string& email, Role role = Role::buyer) {
  Account account;
  account.email = email;
  account.password_hash = "$argon2id$…";
  account.role = role;
  account.language = "zh";
  account.created_at = from_millis(kEpoch);
  return account;
}

TEST(AccountStore, keeps_what_it_was_given) {
  const PrivateDirectory directory;
  const auto store = opened(sql::open_accounts({directory.path()}));
  const auto made = store->create(somebody("Ann@Example.com"));
  ASSERT_TRUE(made) << made.error().message;
  const auto found = store->find_by_email("ann@example.COM").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, made->id);
  EXPECT_EQ(found->email, "Ann@Example.com");
  EXPECT_EQ(found->language, "zh");
  EXPECT_EQ(found->created_at, from_millis(kEpoch));
  EXPECT_EQ(store->find(made->id).value()->password_hash, "$argon2id$…");
  EXPECT_FALSE(store->find(BuyerId{999}).value());
}

TEST(AccountStore, an_address_is_taken_whatever_its_case) {
  const PrivateDirectory directory;
  const auto store = opened(sql::open_accounts({directory.path()}));
  ASSERT_TRUE(store->create(somebody("ann@example.com")));
  const auto again = store->create(somebody("ANN@example.com"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::rejected);
  EXPECT_EQ(again.error().message.find('@'), std::string::npos) << "addresses stay out of errors";
}

TEST(AccountStore, ids_are_given_out_once_also_across_restarts_and_threads) {
  const PrivateDirectory directory;
  BuyerId after_first{};
  {
    const auto store = opened(sql::open_accounts({directory.path()}));
    const auto reserved = store->reserve_ids(1'000).value();
    const auto ann = store->create(somebody("ann@example.com")).value();
    EXPECT_EQ(ann.id.value(), reserved.value() + 1'000);
    after_first = ann.id;
  }
  const auto store = opened(sql::open_accounts({directory.path()}));
  std::vector<std::uint64_t> firsts[2];
  std::thread threads[2];
  for (int t = 0; t < 2; ++t) {
    threads[t] = std::thread([&, t] {
      for (int i = 0; i < 20; ++i) firsts[t].push_back(store->reserve_ids(10).value().value());
    });
  }
  for (auto& thread : threads) thread.join();
  firsts[0].insert(firsts[0].end(), firsts[1].begin(), firsts[1].end());
  std::sort(firsts[0].begin(), firsts[0].end());
  EXPECT_EQ(firsts[0].front(), after_first.value() + 1);
  for (std::size_t i = 1; i < firsts[0].size(); ++i) {
    EXPECT_EQ(firsts[0][i], firsts[0][i - 1] + 10);
  }
  EXPECT_FALSE(store->reserve_ids(0));
}

TEST(AccountStore, staff_are_those_with_a_role) {
  const PrivateDirectory directory;
  const auto store = opened(sql::open_accounts({directory.path()}));
  const auto ann = store->create(somebody("ann@example.com")).value();
  const auto olga = store->create(somebody("olga@example.com", Role::owner)).value();
  ASSERT_EQ(store->staff().value().size(), 1u);
  ASSERT_TRUE(store->set_role(ann.id, Role::viewer));
  ASSERT_EQ(store->staff().value().size(), 2u);
  ASSERT_TRUE(store->set_password(olga.id, "new"));
  EXPECT_EQ(store->find(olga.id).value()->password_hash, "new");
  EXPECT_EQ(store->find(ann.id).value()->password_hash, "$argon2id$…");
  EXPECT_FALSE(store->set_role(BuyerId{999}, Role::owner));
}

// ---- order search

class OrderSearch : public ::testing::Test {
 protected:
  void SetUp() override {
    History history;
    history.batch({define_example()});
    history.batch({grant(5'000'000'000'000'000'017, 7, 1), grant(5'000'000'000'000'000'025, 8, 2),
                   grant(6'100'000'000'000'000'033, 7, 3, 0, 1)});
    history.batch({event::HoldEnded{SaleNo{1}, OrderId{5'000'000'000'000'000'025}, BuyerId{8},
                                    event::HoldEnd::expired}});
    ASSERT_TRUE(model_->apply(history.batches()));
  }
  std::vector<std::uint64_t> find(ports::OrderQuery query) {
    std::vector<std::uint64_t> ids;
    for (const auto& row : model_->orders(query).value()) ids.push_back(row.order.value() % 100);
    return ids;
  }
  std::vector<std::uint64_t> find_text(const std::string& text) {
    ports::OrderQuery query;
    query.text = text;
    return find(query);
  }
  using Ids = std::vector<std::uint64_t>;

  PrivateDirectory directory_;
  std::unique_ptr<sql::ReadModel> model_ = opened(sql::open_read_model({directory_.path()}));
};

TEST_F(OrderSearch, every_word_must_occur_in_sale_item_or_id) {
  EXPECT_EQ(find_text(""), (Ids{33, 25, 17}));
  EXPECT_EQ(find_text("mid-year"), (Ids{33, 25, 17}));
  EXPECT_EQ(find_text("POWER  mah"), (Ids{25, 17}));
  EXPECT_EQ(find_text("充电"), (Ids{25, 17}));
  EXPECT_EQ(find_text("大促 phone"), (Ids{33}));
  EXPECT_EQ(find_text("power phone"), (Ids{}));
  EXPECT_EQ(find_text("nowhere"), (Ids{}));
}

TEST_F(OrderSearch, digits_begin_an_order_id) {
  EXPECT_EQ(find_text("5000000000000000017"), (Ids{17}));
  EXPECT_EQ(find_text("610"), (Ids{33}));
  EXPECT_EQ(find_text("500 power"), (Ids{25, 17}));
  EXPECT_EQ(find_text("99999999999999999999999"), (Ids{}));
}

TEST_F(OrderSearch, wildcards_and_quotes_are_only_characters) {
  EXPECT_EQ(find_text("100%"), (Ids{33}));
  EXPECT_EQ(find_text("p%r"), (Ids{}));
  EXPECT_EQ(find_text("pow_r"), (Ids{}));
  EXPECT_EQ(find_text("'); DROP TABLE orders; --"), (Ids{}));
  EXPECT_EQ(find_text("!"), (Ids{}));
  EXPECT_EQ(find_text("618"), (Ids{33, 25, 17}));
}

TEST_F(OrderSearch, too_many_words_are_refused) {
  ports::OrderQuery query;
  query.text = "a b c d e f g h i";
  const auto found = model_->orders(query);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::invalid);
}

TEST_F(OrderSearch, filters_by_buyer_sale_state_and_cursor) {
  ports::OrderQuery query;
  query.buyer = BuyerId{7};
  EXPECT_EQ(find(query), (Ids{33, 17}));
  query.before = OrderId{6'100'000'000'000'000'033};
  EXPECT_EQ(find(query), (Ids{17}));
  query = {};
  query.state = sale::OrderState::expired;
  EXPECT_EQ(find(query), (Ids{25}));
  query = {};
  query.sale_key = "618";
  query.limit = 2;
  EXPECT_EQ(find(query), (Ids{33, 25}));
  query.sale_key = "no-such-sale";
  EXPECT_EQ(find(query), (Ids{}));
}

// ---- mail outbox

class Outbox : public ::testing::Test {
 protected:
  void SetUp() override { buyer_ = accounts_->create(somebody("ann@example.com")).value().id; }
  void open() { outbox_ = opened(sql::open_mail_outbox(options_, *model_, *accounts_)); }
  void apply(const History& history) {
    const auto applied = model_->apply(history.batches());
    ASSERT_TRUE(applied) << applied.error().message;
  }
  std::vector<ports::OutboxMail> claim(std::int64_t at = kEpoch, std::uint32_t limit = 10) {
    return outbox_->claim(from_millis(at), limit).value();
  }
  // One order of `buyer_`, paid.
  void one_paid_order() {
    History history;
    history.batch({define_example(), grant(50, buyer_.value(), 1),
                   start_payment(60, 50, buyer_.value()), capture(60, 50, buyer_.value())});
    apply(history);
    open();
  }

  PrivateDirectory directory_;
  sql::SqlOptions options_{directory_.path(), 2, Millis{5'000}};
  std::unique_ptr<sql::ReadModel> model_ = opened(sql::open_read_model(options_));
  std::unique_ptr<sql::Accounts> accounts_ = opened(sql::open_accounts(options_));
  std::unique_ptr<ports::MailOutbox> outbox_;
  BuyerId buyer_;
};

TEST_F(Outbox, each_kind_of_mail_follows_from_its_event) {
  const auto buyer = buyer_.value();
  History history;
  sale::Lines lines{{sale::ItemNo{0}, 1}};
  history.batch(
      {define_example(), event::StandbyJoined{SaleNo{1}, sale::StandbyId{70}, buyer_, 0, lines}});
  history.batch({grant(50, buyer, 1, 70), start_payment(60, 50, buyer), capture(60, 50, buyer)});
  history.batch({event::OrderRefunded{SaleNo{1}, OrderId{50}, buyer_, "sam", ""},
                 event::RefundDue{SaleNo{1}, sale::PaymentId{60}, OrderId{50}, buyer_,
                                  sale::Money{9'900}, event::RefundReason::staff}});
  history.batch({event::RefundSettled{SaleNo{1}, sale::PaymentId{60}, OrderId{50}, buyer_,
                                      sale::Money{9'900}}});
  apply(history);
  open();
  const auto mails = claim();
  ASSERT_EQ(mails.size(), 3u);
  EXPECT_EQ(mails[0].kind, MailKind::standby_turn);
  EXPECT_EQ(mails[0].id, 3u);
  EXPECT_EQ(mails[1].kind, MailKind::order_paid);
  EXPECT_EQ(mails[2].kind, MailKind::order_refunded);
  EXPECT_EQ(mails[2].order.order, OrderId{50});
  EXPECT_EQ(mails[2].order.units.size(), 1u);
}

TEST_F(Outbox, a_claimed_mail_is_not_claimed_again) {
  one_paid_order();
  ASSERT_EQ(claim().size(), 1u);
  EXPECT_TRUE(claim().empty());
  EXPECT_EQ(outbox_->counts().value().claimed, 1u);
}

TEST_F(Outbox, a_claim_left_open_is_in_doubt_after_a_restart_and_not_claimed) {
  one_paid_order();
  ASSERT_EQ(claim().size(), 1u);
  outbox_.reset();
  open();
  EXPECT_TRUE(claim().empty());
  const auto counts = outbox_->counts().value();
  EXPECT_EQ(counts.in_doubt, 1u);
  EXPECT_EQ(counts.claimed, 0u);
}

TEST_F(Outbox, a_failed_mail_is_due_again_at_its_time) {
  one_paid_order();
  const auto first = claim();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].tries, 1u);
  ASSERT_TRUE(outbox_->mark_failed(first[0].id, from_millis(kEpoch + 5'000), "451"));
  EXPECT_TRUE(claim(kEpoch + 4'999).empty());
  const auto second = claim(kEpoch + 5'000);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].tries, 2u);
  ASSERT_TRUE(outbox_->mark_failed(second[0].id, std::nullopt, "550"));
  EXPECT_TRUE(claim(kEpoch + 1'000'000).empty());
  EXPECT_EQ(outbox_->counts().value().dead, 1u);
}

TEST_F(Outbox, only_a_claimed_mail_can_be_marked) {
  one_paid_order();
  EXPECT_FALSE(outbox_->mark_sent(4, from_millis(kEpoch)));
  ASSERT_EQ(claim().size(), 1u);
  EXPECT_TRUE(outbox_->mark_sent(4, from_millis(kEpoch)));
  EXPECT_FALSE(outbox_->mark_failed(4, from_millis(kEpoch), "late"));
  EXPECT_EQ(outbox_->counts().value().sent, 1u);
}

TEST_F(Outbox, what_was_sent_survives_the_rebuilding_of_the_read_model) {
  one_paid_order();
  ASSERT_EQ(claim().size(), 1u);
  ASSERT_TRUE(outbox_->mark_sent(4, from_millis(kEpoch)));
  outbox_.reset();
  model_.reset();
  History history;
  history.batch({define_example(), grant(50, buyer_.value(), 1),
                 start_payment(60, 50, buyer_.value()), capture(60, 50, buyer_.value())});
  MemoryJournal journal(history.batches());
  ASSERT_TRUE(sql::rebuild_read_model(options_, journal));
  model_ = opened(sql::open_read_model(options_));
  open();
  EXPECT_TRUE(claim().empty());
  EXPECT_EQ(outbox_->counts().value().sent, 1u);
}

TEST_F(Outbox, orders_of_a_synthetic_crowd_are_skipped_and_counted) {
  const std::uint64_t first = accounts_->reserve_ids(5'000).value().value();
  History history;
  std::vector<sale::Event> events{define_example()};
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    events.push_back(grant(1'000 + i, first + i, i + 1));
    events.push_back(event::OrderConfirmed{SaleNo{1}, OrderId{1'000 + i}, BuyerId{first + i}, ""});
  }
  events.push_back(grant(50, buyer_.value(), 6'000));
  events.push_back(event::OrderConfirmed{SaleNo{1}, OrderId{50}, buyer_, ""});
  history.batch(std::move(events));
  apply(history);
  open();
  const auto mails = claim();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].order.order, OrderId{50});
  const auto counts = outbox_->counts().value();
  EXPECT_EQ(counts.skipped, 5'000u);
  EXPECT_EQ(counts.pending, 0u);
}

// ---- reminders of an opening

sale::Event phase(sale::Phase from, sale::Phase to) {
  return event::PhaseChanged{SaleNo{1}, from, to, sale::PhaseReason::schedule, "", ""};
}
sale::Event registered(std::uint64_t buyer) {
  return event::Registered{SaleNo{1}, BuyerId{buyer}};
}
sale::Event unregistered(std::uint64_t buyer) {
  return event::Unregistered{SaleNo{1}, BuyerId{buyer}};
}

TEST_F(Outbox, the_registered_are_reminded_once_when_the_lobby_opens) {
  const auto ann = buyer_.value();
  const auto bob = accounts_->create(somebody("bob@example.com")).value().id.value();
  const auto eve = accounts_->create(somebody("eve@example.com")).value().id.value();
  const std::uint64_t crowd = accounts_->reserve_ids(1).value().value();
  History history;
  history.batch({define_example(), registered(ann), registered(bob), registered(eve),
                 unregistered(eve), registered(crowd)});
  apply(history);
  open();
  EXPECT_TRUE(claim().empty()) << "not before";
  history = History(history.last_seq() + 1);
  history.batch({phase(sale::Phase::announced, sale::Phase::lobby), unregistered(bob),
                 registered(eve), phase(sale::Phase::lobby, sale::Phase::open)});
  apply(history);
  const auto mails = claim();
  ASSERT_EQ(mails.size(), 2u) << "those of the moment when the lobby opened";
  EXPECT_EQ(mails[0].buyer, buyer_);
  EXPECT_EQ(mails[1].buyer.value(), bob);
  EXPECT_EQ(mails[0].kind, MailKind::sale_opens);
  EXPECT_EQ(mails[0].reminder.sale_key, "618");
  EXPECT_EQ(mails[0].reminder.opens_at, example_rules()->opens_at);
  EXPECT_EQ(mails[0].reminder.phase, sale::Phase::open);
  for (const auto& mail : mails) EXPECT_TRUE(outbox_->mark_sent(mail.id, from_millis(kEpoch)));
  EXPECT_EQ(outbox_->counts().value().skipped, 1u);

  // A postponed sale has its lobby twice: only who was not reminded is.
  History later(history.last_seq() + 1);
  later.batch({phase(sale::Phase::open, sale::Phase::announced), unregistered(ann), registered(ann),
               phase(sale::Phase::announced, sale::Phase::lobby)});
  apply(later);
  const auto more = claim();
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].buyer.value(), eve);
}

TEST_F(Outbox, a_sale_without_a_lobby_reminds_when_it_opens) {
  History history;
  history.batch({define_example(), registered(buyer_.value()),
                 phase(sale::Phase::announced, sale::Phase::open)});
  apply(history);
  open();
  EXPECT_EQ(claim().size(), 1u);
}

TEST_F(Outbox, reminders_and_orders_with_the_same_number_are_two_mails) {
  const auto ann = buyer_.value();
  History history;  // the registration is event 2, and so is the order
  history.batch({define_example(), registered(ann),
                 phase(sale::Phase::announced, sale::Phase::open), grant(2, ann, 1),
                 event::OrderConfirmed{SaleNo{1}, OrderId{2}, buyer_, ""}});
  apply(history);
  open();
  EXPECT_EQ(claim().size(), 2u);
}

TEST_F(Outbox, reminders_that_were_sent_survive_the_rebuilding_of_the_read_model) {
  History history;
  history.batch({define_example(), registered(buyer_.value()),
                 phase(sale::Phase::announced, sale::Phase::lobby)});
  apply(history);
  open();
  for (const auto& mail : claim()) ASSERT_TRUE(outbox_->mark_sent(mail.id, from_millis(kEpoch)));
  outbox_.reset();
  model_.reset();
  MemoryJournal journal(history.batches());
  ASSERT_TRUE(sql::rebuild_read_model(options_, journal));
  model_ = opened(sql::open_read_model(options_));
  open();
  EXPECT_TRUE(claim().empty());
  EXPECT_EQ(outbox_->counts().value().sent, 1u);
}

TEST_F(Outbox, reminders_do_not_depend_on_how_the_journal_is_divided) {
  History whole, parts;
  std::vector<sale::Event> events{define_example()};
  for (std::uint64_t buyer = 1; buyer <= 30; ++buyer) {
    events.push_back(registered(buyer));
    if (buyer % 3 == 0) events.push_back(unregistered(buyer));
    if (buyer % 10 == 0) events.push_back(phase(sale::Phase::announced, sale::Phase::lobby));
    if (buyer % 6 == 0) events.push_back(registered(buyer));
  }
  // One time for all: the times of batches are in the rows.
  whole.batch(events);
  std::vector<ports::JournalBatch> singly;
  for (std::size_t i = 0; i < events.size(); ++i)
    singly.push_back({i + 1, whole.batches()[0].at, {events[i]}});
  apply(whole);
  std::ostringstream at_once, one_by_one;
  ASSERT_TRUE(model_->dump(at_once));
  PrivateDirectory other;
  const auto model = opened(sql::open_read_model({other.path(), 2, Millis{5'000}}));
  for (const auto& batch : singly) ASSERT_TRUE(model->apply({&batch, 1}));
  ASSERT_TRUE(model->dump(one_by_one));
  EXPECT_EQ(at_once.str(), one_by_one.str());
  EXPECT_NE(at_once.str().find("reminders\t"), std::string::npos);
}

TEST_F(Outbox, two_refunds_of_one_order_are_one_mail) {
  const auto buyer = buyer_.value();
  History history;
  history.batch({define_example(), grant(50, buyer, 1), start_payment(60, 50, buyer),
                 start_payment(61, 50, buyer)});
  for (const std::uint64_t payment : {60, 61}) {
    history.batch({capture(payment, 50, buyer, event::MoneyUse::refund),
                   event::RefundDue{SaleNo{1}, sale::PaymentId{payment}, OrderId{50}, buyer_,
                                    sale::Money{9'900}, event::RefundReason::late}});
    history.batch({event::RefundSettled{SaleNo{1}, sale::PaymentId{payment}, OrderId{50}, buyer_,
                                        sale::Money{9'900}}});
  }
  apply(history);
  open();
  EXPECT_EQ(claim().size(), 1u);
}

}  // namespace
}  // namespace onrush
