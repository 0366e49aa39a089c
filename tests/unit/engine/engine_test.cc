#include "engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/journal/journal.h"
#include "sale/event_codec.h"
#include "support/faulty_storage.h"
#include "support/manual_clock.h"
#include "support/reply_collector.h"
#include "support/sales.h"

namespace onrush::engine {
namespace {

using namespace std::chrono_literals;
namespace command = sale::command;
using sale::Verdict;
using testing::FaultyStorage;
using testing::hold_request;
using testing::ManualClock;
using testing::ReplyCollector;

EngineConfig small_config() {
  EngineConfig config;
  config.segment_bytes = 256 << 10;
  config.snapshot_on_stop = false;
  config.snapshot_every_events = 0;
  config.space_wait = 500ms;
  return config;
}

sale::Outcome ask(Engine& engine, sale::Command command) {
  return ports::call(engine, std::move(command), 20s);
}

sale::SaleNo open_sale(Engine& engine, const ManualClock& clock, const testing::SaleShape& shape) {
  const auto defined = ask(engine, command::DefineSale{make_rules(shape, clock.now()), "ann"});
  const auto announced =
      ask(engine, command::ChangePhase{defined.sale, command::PhaseAct::announce, "ann", ""});
  if (announced.verdict != Verdict::done) return sale::SaleNo(0);
  for (int i = 0; i < 20'000; ++i) {
    if (engine.status(defined.sale, sale::ItemNo(0)).phase == sale::Phase::open)
      return defined.sale;
    std::this_thread::sleep_for(1ms);
  }
  return sale::SaleNo(0);
}

std::unique_ptr<Engine> open_engine(FaultyStorage& storage, const ManualClock& clock,
                                    EngineConfig config = small_config()) {
  auto opened = Engine::open(std::move(config), storage, clock);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  return std::move(opened.value());
}

template <class Condition>
bool reaches(Condition condition) {
  for (int i = 0; i < 20'000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
  return condition();
}

// Holds every sync back until the test lets it go.
class GatedStorage final : public ports::Storage {
 public:
  explicit GatedStorage(FaultyStorage& inner) : inner_(inner) {}
  void close() { set(false); }
  void open_gate() { set(true); }
  // A batch is on its way: what comes now is behind it, not in it.
  bool holds_one_back() {
    const std::lock_guard lock(mutex_);
    return held_back_ > 0;
  }

  Result<std::unique_ptr<ports::File>> create(const std::string& n, std::uint64_t size) override {
    return wrap(inner_.create(n, size), n.ends_with(".tmp") && n.starts_with("first"));
  }
  Result<std::unique_ptr<ports::File>> open(const std::string& n, ports::Access a) override {
    return wrap(inner_.open(n, a), true);
  }
  Status rename(const std::string& f, const std::string& t) override { return inner_.rename(f, t); }
  Status remove(const std::string& n) override { return inner_.remove(n); }
  Status sync_directory() override { return inner_.sync_directory(); }
  Result<std::vector<std::string>> list() override { return inner_.list(); }
  Result<std::unique_ptr<ports::DirectoryLock>> lock(const std::string& n) override {
    return inner_.lock(n);
  }
  std::string describe(const std::string& n) const override { return inner_.describe(n); }

 private:
  class Gated final : public ports::File {
   public:
    Gated(std::unique_ptr<ports::File> f, GatedStorage& on) : file_(std::move(f)), on_(on) {}
    Status write_at(std::uint64_t o, Bytes d) override { return file_->write_at(o, d); }
    Status read_at(std::uint64_t o, std::span<std::byte> out) override {
      return file_->read_at(o, out);
    }
    Status sync() override {
      std::unique_lock lock(on_.mutex_);
      ++on_.held_back_;
      on_.changed_.wait(lock, [this] { return on_.open_; });
      --on_.held_back_;
      return file_->sync();
    }
    Result<std::uint64_t> size() override { return file_->size(); }

   private:
    std::unique_ptr<ports::File> file_;
    GatedStorage& on_;
  };
  Result<std::unique_ptr<ports::File>> wrap(Result<std::unique_ptr<ports::File>> file, bool gated) {
    if (!file || !gated) return file;
    return std::unique_ptr<ports::File>(std::make_unique<Gated>(std::move(file.value()), *this));
  }
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  FaultyStorage& inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int held_back_ = 0;
};

class GatedEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Engine::open(small_config(), gate_, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    engine_ = std::move(opened.value());
    engine_->start();
    sale_ = open_sale(*engine_, clock_, {.stock = 3});
    ASSERT_NE(sale_.value(), 0U);
  }
  void TearDown() override { gate_.open_gate(); }
  void submit(sale::Command command, ReplyCollector& to, std::uint64_t ticket) {
    ASSERT_TRUE(engine_->submit(std::move(command), ports::Lane::rush, to, ticket));
  }

  FaultyStorage storage_;
  GatedStorage gate_{storage_};
  ManualClock clock_;
  ReplyCollector replies_;  // sinks outlive the engine
  ReplyCollector others_;
  std::unique_ptr<Engine> engine_;
  sale::SaleNo sale_;
};

TEST_F(GatedEngine, a_grant_is_not_told_before_it_is_synced) {
  gate_.close();
  submit(hold_request(sale_, 1), replies_, 1);
  ASSERT_TRUE(reaches([&] { return engine_->status(sale_, sale::ItemNo(0)).held == 1; }));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(replies_.count(), 0U);
  gate_.open_gate();
  ASSERT_TRUE(replies_.wait_for(1));
  EXPECT_EQ(replies_.replies()[0].outcome.verdict, Verdict::granted);
}

TEST_F(GatedEngine, nor_is_it_revealed_by_a_repeat_or_a_query) {
  gate_.close();
  submit(hold_request(sale_, 1, 42), replies_, 1);
  ASSERT_TRUE(reaches([&] { return gate_.holds_one_back(); }));
  submit(hold_request(sale_, 1, 42), replies_, 2);
  submit(command::LookUpBuyer{sale_, sale::BuyerId(1)}, replies_, 3);
  submit(hold_request(sale_, 1, 43), replies_, 4);
  ASSERT_TRUE(reaches([&] { return engine_->metrics().rush_depth == 0; }));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(replies_.count(), 0U);
  gate_.open_gate();
  ASSERT_TRUE(replies_.wait_for(4));
}

TEST_F(GatedEngine, a_limit_does_not_tell_that_an_order_is_paid_before_that_is_synced) {
  const sale::OrderId order = ask(*engine_, hold_request(sale_, 1)).order.order;
  gate_.close();
  submit(command::ConfirmOrder{order, sale::BuyerId(1), ""}, others_, 1);
  ASSERT_TRUE(reaches([&] { return gate_.holds_one_back(); }));
  submit(hold_request(sale_, 1), replies_, 2);
  ASSERT_TRUE(reaches([&] { return engine_->metrics().rush_depth == 0; }));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(replies_.count(), 0U);
  gate_.open_gate();
  ASSERT_TRUE(replies_.wait_for(1));
  EXPECT_EQ(replies_.replies()[0].outcome.verdict, Verdict::limit_reached);
  EXPECT_EQ(replies_.replies()[0].outcome.order.state, sale::OrderState::paid);
}

TEST_F(GatedEngine, a_refusal_does_not_wait_for_the_disk) {
  gate_.close();
  for (std::uint64_t buyer = 1; buyer <= 3; ++buyer)
    submit(hold_request(sale_, buyer), others_, buyer);
  submit(hold_request(sale_, 9), replies_, 9);
  ASSERT_TRUE(replies_.wait_for(1));
  EXPECT_EQ(replies_.replies()[0].outcome.verdict, Verdict::sold_out);
  EXPECT_EQ(others_.count(), 0U);
}

TEST_F(GatedEngine, a_full_lane_is_busy_and_the_other_still_has_room) {
  gate_.close();
  std::uint64_t taken = 0;
  bool busy = false;
  for (std::uint64_t buyer = 1; buyer < 3'000'000 && !busy; ++buyer) {
    // Queries about an order in flight must wait, so that at last nothing more can be taken.
    busy =
        !engine_->submit(buyer == 1 ? sale::Command(hold_request(sale_, 1))
                                    : sale::Command(command::LookUpBuyer{sale_, sale::BuyerId(1)}),
                         ports::Lane::rush, replies_, buyer);
    if (!busy) ++taken;
  }
  ASSERT_TRUE(busy);
  EXPECT_EQ(engine_->metrics().busy_rush, 1U);
  EXPECT_TRUE(engine_->submit(command::ChangePhase{sale_, command::PhaseAct::pause, "ann", ""},
                              ports::Lane::reserved, others_, 1));
  gate_.open_gate();
  EXPECT_TRUE(others_.wait_for(1));
  EXPECT_TRUE(replies_.wait_for(taken));
}

TEST(Engine, a_directory_serves_one_engine) {
  FaultyStorage storage;
  const ManualClock clock;
  const auto first = open_engine(storage, clock);
  const auto second = Engine::open(small_config(), storage, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::rejected);
}

TEST(Engine, does_not_start_on_a_journal_whose_events_cannot_follow) {
  FaultyStorage storage;
  const ManualClock clock;
  {
    journal::JournalConfig config;
    config.segment_bytes = small_config().segment_bytes;
    const auto ignore = [](const journal::RecordHeader&, Bytes) -> Status { return {}; };
    journal::JournalRecovery report;
    const auto made = journal::Journal::open(storage, config, {}, ignore, report);
    ASSERT_TRUE(made) << made.error().message;
    std::vector<std::byte> record;
    journal::begin_record(record);
    ByteWriter out(record);
    sale::encode(sale::event::HoldEnded{sale::SaleNo(1), sale::OrderId(7), sale::BuyerId(8),
                                        sale::event::HoldEnd::expired},
                 out);
    ASSERT_TRUE(made.value()->append(record, 1, 1'000));
  }
  const auto opened = Engine::open(small_config(), storage, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
  EXPECT_NE(opened.error().message.find("event 1 cannot follow"), std::string::npos)
      << opened.error().message;
}

TEST(Engine, refuses_settings_that_cannot_work) {
  FaultyStorage storage;
  const ManualClock clock;
  EngineConfig config = small_config();
  config.node = 1024;
  EXPECT_EQ(Engine::open(config, storage, clock).error().kind, ErrorKind::invalid);
  config = small_config();
  config.segment_bytes = 1'000;
  EXPECT_EQ(Engine::open(config, storage, clock).error().kind, ErrorKind::invalid);
}

TEST(Engine, time_never_goes_back_even_if_the_clock_does) {
  FaultyStorage storage;
  ManualClock clock;
  TimePoint first{};
  {
    auto engine = open_engine(storage, clock);
    engine->start();
    const auto sale = open_sale(*engine, clock, {});
    first = ask(*engine, hold_request(sale, 1)).order.granted_at;
    clock.advance(-30min);
    EXPECT_GE(ask(*engine, hold_request(sale, 2)).order.granted_at, first);
  }
  auto engine = open_engine(storage, clock);
  engine->start();
  EXPECT_GE(ask(*engine, hold_request(sale::SaleNo(1), 3)).order.granted_at, first);
}

TEST(Engine, a_snapshot_shortens_recovery_and_a_damaged_one_is_passed_over) {
  FaultyStorage storage;
  ManualClock clock;
  EngineConfig config = small_config();
  config.snapshot_on_stop = true;
  std::vector<std::string> snapshots;
  std::uint64_t last_seq = 0;
  for (std::uint64_t life = 0; life < 4; ++life) {
    auto engine = open_engine(storage, clock, config);
    EXPECT_EQ(engine->recovery().snapshot_seq, engine->recovery().last_seq);
    EXPECT_EQ(engine->recovery().events_replayed, 0U);
    engine->start();
    ASSERT_TRUE(life > 0 || open_sale(*engine, clock, {.stock = 100}).value() == 1U);
    ASSERT_EQ(ask(*engine, hold_request(sale::SaleNo(1), life + 1)).verdict, Verdict::granted);
    last_seq = engine->durable_seq();
  }
  for (const auto& name : storage.list().value()) {
    if (name.ends_with(".snap")) snapshots.push_back(name);
  }
  ASSERT_EQ(snapshots.size(), 2U) << "the two newest are kept";
  const auto recovered = [&] {
    auto engine = open_engine(storage, clock, small_config());
    EXPECT_EQ(engine->recovery().last_seq, last_seq);
    EXPECT_EQ(engine->status(sale::SaleNo(1), sale::ItemNo(0)).held, 4U);
    return engine->recovery();
  };
  EXPECT_EQ(recovered().events_replayed, 0U);
  // A header that is wrong is not believed in part: its chain hash would speak against the journal.
  for (std::size_t i = 0; i < 120; ++i) {
    (*storage.content(snapshots[1]))[i] ^= std::byte{1};
    ASSERT_EQ(recovered().events_replayed, 1U) << "byte " << i;
    (*storage.content(snapshots[1]))[i] ^= std::byte{1};
  }
  storage.content(snapshots[1])->back() ^= std::byte{1};
  const RecoveryReport older = recovered();
  EXPECT_EQ(older.events_replayed, 1U);
  ASSERT_EQ(older.snapshot_problems.size(), 1U);
  EXPECT_NE(older.snapshot_problems[0].find(snapshots[1]), std::string::npos);
  (*storage.content(snapshots[0]))[9] ^= std::byte{1};
  EXPECT_EQ(recovered().events_replayed, last_seq);
}

// From the journal alone, and from a snapshot: the same line goes on.
TEST(Engine, a_line_goes_on_after_recovery_with_and_without_a_snapshot) {
  for (const bool snapshot : {false, true}) {
    FaultyStorage storage;
    ManualClock clock;
    EngineConfig config = small_config();
    config.snapshot_on_stop = snapshot;
    testing::SaleShape shape{.stock = 1'000};
    shape.line.mode = sale::LineMode::draw;
    shape.line.rate = 1'000;
    shape.line.draw_secret.fill(std::byte{1});
    shape.lobby = 60s;
    const sale::SaleNo sale(1);
    std::uint32_t serving = 0;
    Digest seed{};
    {
      auto engine = open_engine(storage, clock, config);
      engine->start();
      (void)ask(*engine, command::DefineSale{make_rules(shape, clock.now() + 60s), "ann"});
      (void)ask(*engine, command::ChangePhase{sale, command::PhaseAct::announce, "ann", ""});
      ASSERT_TRUE(reaches([&] { return engine->line(sale).phase == sale::Phase::lobby; }));
      for (std::uint64_t buyer = 1; buyer <= 200; ++buyer)
        ASSERT_EQ(ask(*engine, command::TakePlace{sale, sale::BuyerId(buyer)}).verdict,
                  Verdict::place);
      ASSERT_EQ(ask(*engine, command::LeaveLine{sale, sale::BuyerId(5)}).verdict, Verdict::done);
    }
    // Down in the lobby; while it is down, it should have opened.
    {
      clock.advance(60s);
      auto engine = open_engine(storage, clock, config);
      EXPECT_EQ(engine->recovery().snapshot_seq != 0, snapshot);
      EXPECT_EQ(engine->line(sale).phase, sale::Phase::lobby);
      EXPECT_EQ(engine->line(sale).left, 1U);
      engine->start();
      ASSERT_TRUE(reaches([&] {
        clock.advance(10ms);
        return engine->line(sale).serving >= 100;
      }));
      serving = engine->line(sale).serving;
      seed = engine->line(sale).seed;
    }
    auto engine = open_engine(storage, clock, config);
    EXPECT_EQ(engine->recovery().snapshot_seq != 0, snapshot);
    EXPECT_GE(engine->line(sale).serving, serving);
    EXPECT_EQ(engine->line(sale).seed, seed);
    EXPECT_EQ(engine->summaries()[0].line.entries, 200U);
    engine->start();
    ASSERT_TRUE(reaches([&] {
      clock.advance(10ms);
      return engine->line(sale).serving == 200;
    })) << "the line stands still after recovery";
    ASSERT_EQ(ask(*engine, command::ClaimPass{sale, sale::BuyerId(200)}).verdict, Verdict::pass);
  }
}

TEST(Engine, saves_snapshots_while_it_serves) {
  FaultyStorage storage;
  ManualClock clock;
  EngineConfig config = small_config();
  config.snapshot_every_events = 50;
  {
    auto engine = open_engine(storage, clock, config);
    engine->start();
    const auto sale = open_sale(*engine, clock, {.stock = 1'000});
    for (std::uint64_t buyer = 1; buyer <= 300; ++buyer)
      (void)ask(*engine, hold_request(sale, buyer));
    ASSERT_TRUE(reaches([&] { return engine->metrics().snapshots > 0; }));
  }
  const auto engine = open_engine(storage, clock, config);
  EXPECT_GT(engine->recovery().snapshot_seq, 0U);
  EXPECT_EQ(engine->status(sale::SaleNo(1), sale::ItemNo(0)).held, 300U);
}

class KeepingListener final : public ports::EventListener {
 public:
  void on_events(std::uint64_t first_seq, TimePoint,
                 std::span<const sale::Event> events) noexcept override {
    const std::lock_guard lock(mutex_);
    in_order_ = in_order_ && first_seq == next_;
    next_ = first_seq + events.size();
  }
  std::uint64_t next() {
    const std::lock_guard lock(mutex_);
    return next_;
  }
  bool in_order() {
    const std::lock_guard lock(mutex_);
    return in_order_;
  }

 private:
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  bool in_order_ = true;
};

TEST(Engine, listeners_see_every_event_in_order_before_its_answer) {
  FaultyStorage storage;
  ManualClock clock;
  KeepingListener listener;
  auto engine = open_engine(storage, clock);
  engine->add_listener(listener);
  engine->start();
  const auto sale = open_sale(*engine, clock, {.stock = 1'000});
  for (std::uint64_t buyer = 1; buyer <= 50; ++buyer) {
    const std::uint64_t before = listener.next();
    ASSERT_EQ(ask(*engine, hold_request(sale, buyer)).verdict, Verdict::granted);
    EXPECT_GT(listener.next(), before);
  }
  engine->stop();
  EXPECT_TRUE(listener.in_order());
  EXPECT_EQ(listener.next(), engine->durable_seq() + 1);
}

TEST(Engine, summaries_can_be_read_before_while_and_after_it_runs) {
  FaultyStorage storage;
  ManualClock clock;
  auto engine = open_engine(storage, clock);
  EXPECT_TRUE(engine->summaries().empty());
  engine->start();
  (void)open_sale(*engine, clock, {.stock = 5});
  ASSERT_EQ(engine->summaries().size(), 1U);
  EXPECT_EQ(engine->summaries()[0].items[0].stock, 5U);
  engine->stop();
  EXPECT_EQ(engine->summaries().size(), 1U);
  ReplyCollector replies;
  EXPECT_FALSE(engine->submit(hold_request(sale::SaleNo(1), 1), ports::Lane::rush, replies, 1));
}

TEST(Engine, a_stop_answers_everything_that_was_taken) {
  for (int round = 0; round < 20; ++round) {
    FaultyStorage storage;
    ManualClock clock;
    auto engine = open_engine(storage, clock);
    engine->start();
    const auto sale = open_sale(*engine, clock, {.stock = 100'000});
    ReplyCollector replies;
    std::atomic<std::size_t> taken{0};
    std::atomic<bool> begun{false};
    std::jthread producer([&] {
      for (std::uint64_t buyer = 1;
           engine->submit(hold_request(sale, buyer), ports::Lane::rush, replies, buyer); ++buyer) {
        ++taken;
        begun = true;
      }
    });
    while (!begun) std::this_thread::yield();
    engine->stop();
    producer.join();
    EXPECT_EQ(replies.count(), taken);
  }
}

TEST(Engine, refuses_on_a_full_disk_and_resumes) {
  FaultyStorage storage;
  ManualClock clock;
  auto engine = open_engine(storage, clock);
  engine->start();
  const auto sale = open_sale(*engine, clock, {.stock = 1'000'000});
  storage.set_full(true);
  std::uint64_t buyer = 1;
  std::uint64_t granted = 0;
  Verdict verdict = Verdict::granted;
  sale::OrderId first{};
  for (; buyer < 100'000 && verdict == Verdict::granted; ++buyer) {
    // Many at once, so that the segment fills quickly.
    ReplyCollector replies;
    for (std::uint64_t i = 0; i < 500; ++i) {
      ASSERT_TRUE(
          engine->submit(hold_request(sale, buyer * 1'000 + i), ports::Lane::rush, replies, i));
    }
    ASSERT_TRUE(replies.wait_for(500));
    for (const auto& reply : replies.replies()) {
      if (reply.outcome.verdict == Verdict::granted) {
        ++granted;
        first = reply.outcome.order.order;
      } else {
        verdict = reply.outcome.verdict;
      }
    }
  }
  EXPECT_EQ(verdict, Verdict::unavailable);
  EXPECT_TRUE(engine->metrics().low_on_space);
  EXPECT_EQ(ask(*engine, command::LookUpOrder{first, sale::BuyerId(0)}).verdict, Verdict::found);
  const auto events = engine->metrics().events;
  clock.advance(2min);  // all holds are over, but that cannot be written
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(engine->status(sale, sale::ItemNo(0)).held, granted);
  EXPECT_EQ(engine->metrics().events, events);
  storage.set_full(false);
  ASSERT_TRUE(reaches([&] { return !engine->metrics().low_on_space; }));
  EXPECT_EQ(ask(*engine, hold_request(sale, 5)).verdict, Verdict::granted);
  EXPECT_TRUE(reaches([&] { return engine->status(sale, sale::ItemNo(0)).held == 1; }));
  EXPECT_FALSE(engine->metrics().failed);
}

// Each operation on the disk fails in turn, for good, and then the power goes: what was told is
// there.
TEST(Engine, whatever_fails_no_answer_is_false) {
  std::uint64_t failures_seen = 0;
  for (std::uint64_t nth = 1; nth <= 120; ++nth) {
    FaultyStorage storage(nth);
    ManualClock clock;
    std::map<std::uint64_t, sale::OrderId> promised;  // by buyer
    std::atomic<int> failures{0};
    {
      EngineConfig config = small_config();
      config.segment_bytes = 64 << 10;
      config.space_wait = 50ms;
      config.snapshot_every_events = 100;
      config.on_failure = [&](const std::string&) { ++failures; };
      auto engine = open_engine(storage, clock, config);
      engine->start();
      const auto sale = open_sale(*engine, clock, {.stock = 100'000});
      storage.fail_from(storage.operations() + nth);
      for (std::uint64_t round = 0; round < 40 && failures == 0; ++round) {
        ReplyCollector replies;
        std::size_t taken = 0;
        for (std::uint64_t i = 0; i < 40; ++i) {
          const std::uint64_t buyer = 1 + round * 40 + i;
          if (engine->submit(hold_request(sale, buyer), ports::Lane::rush, replies, buyer)) ++taken;
        }
        ASSERT_TRUE(replies.wait_for(taken)) << "operation " << nth;
        for (const auto& reply : replies.replies()) {
          if (reply.outcome.verdict == Verdict::granted)
            promised[reply.ticket] = reply.outcome.order.order;
        }
      }
      failures_seen += static_cast<std::uint64_t>(failures);
      EXPECT_LE(failures, 1) << "a failure is told once";
    }
    storage.crash();
    auto engine = open_engine(storage, clock);
    ASSERT_NE(engine, nullptr) << "operation " << nth;
    engine->start();
    for (const auto& [buyer, order] : promised) {
      const auto found = ask(*engine, command::LookUpOrder{order, sale::BuyerId(buyer)});
      ASSERT_EQ(found.verdict, Verdict::found) << "operation " << nth << ", buyer " << buyer;
    }
    std::string wrong;
    for (const auto& summary : engine->summaries()) {
      for (const auto& item : summary.items) {
        if (item.free + item.held + item.paid != item.stock) wrong = "counts do not add up";
      }
    }
    EXPECT_EQ(wrong, "");
  }
  EXPECT_GT(failures_seen, 60U) << "most of the failures must have met the journal";
}

}  // namespace
}  // namespace onrush::engine
