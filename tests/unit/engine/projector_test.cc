#include "engine/projector.h"

#include <gtest/gtest.h>

#include <mutex>

#include "engine/engine.h"
#include "support/faulty_storage.h"
#include "support/manual_clock.h"
#include "support/sales.h"

namespace onrush::engine {
namespace {

using namespace std::chrono_literals;

// A read model that keeps the sequences that took effect, and fails when told to.
class KeepingModel final : public ports::ReadModelWriter {
 public:
  Result<std::uint64_t> position() override {
    const std::lock_guard lock(mutex_);
    return position_;
  }
  Status apply(std::span<const ports::JournalBatch> batches) override {
    const std::lock_guard lock(mutex_);
    if (failures_ > 0) {
      --failures_;
      return error_;
    }
    for (const auto& batch : batches) {
      if (batch.first_seq <= position_) continue;
      if (batch.first_seq != position_ + 1) ++gaps_;
      position_ = batch.first_seq + batch.events.size() - 1;
      applied_ += batch.events.size();
    }
    return {};
  }
  void fail(int times, Error error) {
    const std::lock_guard lock(mutex_);
    failures_ = times;
    error_ = std::move(error);
  }
  std::uint64_t gaps() {
    const std::lock_guard lock(mutex_);
    return gaps_;
  }
  std::uint64_t applied() {
    const std::lock_guard lock(mutex_);
    return applied_;
  }

 private:
  std::mutex mutex_;
  std::uint64_t position_ = 0, gaps_ = 0, applied_ = 0;
  int failures_ = 0;
  Error error_;
};

class ProjectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EngineConfig config;
    config.segment_bytes = 64 << 10;
    config.snapshot_on_stop = false;
    engine_ = std::move(Engine::open(config, storage_, clock_).value());
    engine_->start();
    const auto defined = ports::call(
        *engine_,
        sale::command::DefineSale{testing::make_rules({.stock = 10'000}, clock_.now()), "ann"},
        20s);
    sale_ = defined.sale;
    const auto announced = ports::call(
        *engine_, sale::command::ChangePhase{sale_, sale::command::PhaseAct::announce, "ann", ""},
        20s);
    ASSERT_EQ(announced.verdict, sale::Verdict::done);
  }
  void act(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) {
      const auto done =
          ports::call(*engine_, sale::command::Restock{sale_, sale::ItemNo(0), 1, "ann"}, 20s);
      ASSERT_EQ(done.verdict, sale::Verdict::done) << done.message;
    }
  }
  Projector::OpenReader reader() {
    return [this](std::uint64_t from) { return engine_->reader(from); };
  }
  static ProjectorConfig quick() {
    ProjectorConfig config;
    config.retry_first = 1ms;
    config.chunk_events_max = 16;
    return config;
  }

  testing::FaultyStorage storage_;
  testing::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  sale::SaleNo sale_;
  KeepingModel model_;
};

TEST_F(ProjectorTest, follows_the_journal_and_continues_where_it_was) {
  act(20);
  {
    Projector projector(model_, reader(), quick());
    ASSERT_TRUE(projector.wait_for(engine_->durable_seq(), 20s));
    act(20);
    ASSERT_TRUE(projector.wait_for(engine_->durable_seq(), 20s));
  }
  act(20);
  Projector again(model_, reader(), quick());
  ASSERT_TRUE(again.wait_for(engine_->durable_seq(), 20s));
  EXPECT_EQ(model_.gaps(), 0U);
  EXPECT_EQ(model_.applied(), engine_->durable_seq());
}

TEST_F(ProjectorTest, tries_again_until_a_retryable_error_is_over) {
  act(10);
  model_.fail(5, retryable("the database is locked"));
  Projector projector(model_, reader(), quick());
  ASSERT_TRUE(projector.wait_for(engine_->durable_seq(), 20s));
  EXPECT_EQ(model_.applied(), engine_->durable_seq());
}

TEST_F(ProjectorTest, ends_rather_than_skip_an_event) {
  act(10);
  model_.fail(1, corrupt("a row contradicts the journal"));
  std::atomic<int> errors{0};
  ProjectorConfig config = quick();
  config.on_error = [&](const Error&) { ++errors; };
  Projector projector(model_, reader(), config);
  EXPECT_FALSE(projector.wait_for(engine_->durable_seq(), 20s));
  EXPECT_TRUE(projector.failed());
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(model_.applied(), 0U);
}

TEST_F(ProjectorTest, rebuilds_an_empty_model_and_refuses_another) {
  act(50);
  ASSERT_TRUE(rebuild(model_, *engine_->reader(1), engine_->durable_seq(), 7));
  EXPECT_EQ(model_.applied(), engine_->durable_seq());
  EXPECT_FALSE(rebuild(model_, *engine_->reader(1), engine_->durable_seq()));
}

}  // namespace
}  // namespace onrush::engine
