#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/journal/journal.h"
#include "engine/journal/reader.h"
#include "sale/event_codec.h"
#include "support/faulty_storage.h"

namespace onrush::journal {
namespace {

using testing::FaultyStorage;

constexpr std::uint64_t kSegment = 64 << 10;

sale::Event an_event(std::uint64_t n, std::size_t note = 0) {
  return sale::event::HoldEnded{sale::SaleNo(1), sale::OrderId(n), sale::BuyerId(note),
                                sale::event::HoldEnd::expired};
}

// A payload is opaque to the journal; these are real events so that readers can decode them.
std::vector<std::byte> record_of(std::uint64_t first, std::uint32_t count) {
  std::vector<std::byte> record;
  begin_record(record);
  ByteWriter out(record);
  for (std::uint32_t i = 0; i < count; ++i) sale::encode(an_event(first + i), out);
  return record;
}

struct Recovered {
  std::vector<std::vector<std::byte>> payloads;
  JournalRecovery report;
  std::unique_ptr<Journal> journal;
  std::optional<Error> error;
};

Recovered open_journal(FaultyStorage& storage, std::optional<Checkpoint> from = {},
                       std::uint64_t segment_bytes = kSegment) {
  Recovered out;
  JournalConfig config;
  config.segment_bytes = segment_bytes;
  config.reserve_bytes = 4'096;
  config.space_wait = std::chrono::milliseconds(200);
  config.space_retry = std::chrono::milliseconds(5);
  const auto keep = [&](const RecordHeader&, Bytes payload) -> Status {
    out.payloads.emplace_back(payload.begin(), payload.end());
    return {};
  };
  auto opened = Journal::open(storage, config, from, keep, out.report);
  if (opened) {
    out.journal = std::move(opened.value());
  } else {
    out.error = opened.error();
  }
  return out;
}

// Appends batches of the given numbers of events.
void append(Journal& journal, const std::vector<std::uint32_t>& batches,
            std::int64_t time_ms = 1'000) {
  for (const std::uint32_t count : batches) {
    auto record = record_of(journal.durable_seq() + 1, count);
    const Status appended = journal.append(record, count, time_ms);
    ASSERT_TRUE(appended) << appended.error().message;
  }
}

TEST(Journal, gives_back_every_batch_in_order) {
  FaultyStorage storage;
  {
    auto made = open_journal(storage);
    append(*made.journal, {1, 3, 200, 1});
    EXPECT_EQ(made.journal->durable_seq(), 205U);
  }
  const auto again = open_journal(storage);
  ASSERT_FALSE(again.error) << again.error->message;
  EXPECT_EQ(again.report.batches, 4U);
  EXPECT_EQ(again.report.events, 205U);
  EXPECT_FALSE(again.report.torn);
  std::vector<sale::Event> events;
  ASSERT_TRUE(decode_events(again.payloads[1], 3, events));
  EXPECT_EQ(std::get<sale::event::HoldEnded>(events[0]).order, sale::OrderId(2));
}

TEST(Journal, continues_over_many_segments_and_restarts) {
  FaultyStorage storage;
  std::uint64_t events = 0;
  Checkpoint head;
  for (int restart = 0; restart < 4; ++restart) {
    auto opened = open_journal(storage);
    ASSERT_FALSE(opened.error) << opened.error->message;
    EXPECT_EQ(opened.report.events, events);
    EXPECT_TRUE(restart == 0 || opened.journal->head().chain == head.chain);
    for (int i = 0; i < 30; ++i) append(*opened.journal, {100});
    events += 3'000;
    head = opened.journal->head();
  }
  const auto names = storage.list().value();
  const auto segments = std::count_if(
      names.begin(), names.end(), [](const auto& n) { return segment_first_seq(n).has_value(); });
  EXPECT_GT(segments, 4);
}

TEST(Journal, gives_a_batch_that_is_larger_than_a_segment_one_of_its_own) {
  FaultyStorage storage;
  {
    auto made = open_journal(storage);
    append(*made.journal, {1, 20'000, 5});
  }
  const auto again = open_journal(storage);
  ASSERT_FALSE(again.error) << again.error->message;
  EXPECT_EQ(again.report.events, 20'006U);
}

TEST(Journal, begins_behind_a_checkpoint) {
  FaultyStorage storage;
  Checkpoint middle;
  {
    auto made = open_journal(storage);
    for (int i = 0; i < 40; ++i) append(*made.journal, {100});
    middle = made.journal->head();
    for (int i = 0; i < 10; ++i) append(*made.journal, {100});
  }
  auto again = open_journal(storage, middle);
  ASSERT_FALSE(again.error) << again.error->message;
  EXPECT_EQ(again.report.events, 1'000U);
  again.journal.reset();

  Checkpoint wrong = middle;
  wrong.chain[0] ^= std::byte{1};
  const auto refused = open_journal(storage, wrong);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::corrupt);

  Checkpoint ahead = middle;
  ahead.seq = 1'000'000;
  ASSERT_TRUE(open_journal(storage, ahead).error) << "a snapshot ahead of the journal means loss";
}

TEST(Journal, refuses_to_start_without_one_of_its_segments) {
  FaultyStorage storage;
  {
    auto made = open_journal(storage);
    for (int i = 0; i < 60; ++i) append(*made.journal, {100});
  }
  auto names = storage.list().value();
  std::erase_if(names, [](const auto& n) { return !segment_first_seq(n); });
  ASSERT_GE(names.size(), 3U);
  ASSERT_TRUE(storage.remove(names[1]));
  const auto refused = open_journal(storage);
  ASSERT_TRUE(refused.error);
  EXPECT_NE(refused.error->message.find(names[2]), std::string::npos) << refused.error->message;
}

TEST(Journal, refuses_to_start_without_its_first_segment) {
  FaultyStorage storage;
  {
    auto made = open_journal(storage);
    for (int i = 0; i < 60; ++i) append(*made.journal, {100});
  }
  ASSERT_TRUE(storage.remove(segment_name(1)));
  const auto refused = open_journal(storage);
  ASSERT_TRUE(refused.error);
  EXPECT_NE(refused.error->message.find(segment_name(1)), std::string::npos)
      << refused.error->message;
}

TEST(Journal, misses_a_segment_also_when_the_one_behind_it_is_still_empty) {
  FaultyStorage storage;
  {
    auto made = open_journal(storage);
    for (int i = 0; i < 60; ++i) append(*made.journal, {100});
  }
  auto names = storage.list().value();
  std::erase_if(names, [](const auto& n) { return !segment_first_seq(n); });
  ASSERT_GE(names.size(), 3U);
  auto& newest = *storage.content(names.back());
  std::fill(newest.begin() + kSegmentHeaderBytes, newest.end(), std::byte{0});
  ASSERT_FALSE(open_journal(storage).error) << "a new segment may have no record yet";
  ASSERT_TRUE(storage.remove(names[names.size() - 2]));
  EXPECT_TRUE(open_journal(storage).error);
}

TEST(Journal, refuses_a_checkpoint_of_another_history_also_at_its_end) {
  FaultyStorage storage;
  Checkpoint end;
  {
    auto made = open_journal(storage);
    append(*made.journal, {100, 100});
    end = made.journal->head();
  }
  ASSERT_FALSE(open_journal(storage, end).error);
  end.chain[0] ^= std::byte{1};
  const auto refused = open_journal(storage, end);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::corrupt);
}

TEST(Journal, never_writes_again_after_a_failed_sync) {
  FaultyStorage storage;
  auto made = open_journal(storage);
  append(*made.journal, {1});
  while (made.journal->space() == Space::wait) std::this_thread::yield();
  // The supply's own file is made by now or later; only this append's write and sync matter here.
  storage.fail_from(1);
  auto record = record_of(2, 1);
  ASSERT_FALSE(made.journal->append(record, 1, 1'000));
  storage.fail_from(0);
  record = record_of(2, 1);
  EXPECT_FALSE(made.journal->append(record, 1, 1'000))
      << "the disk works again, but nobody knows what is on it";
  EXPECT_EQ(made.journal->durable_seq(), 1U);
}

TEST(Journal, says_when_the_disk_is_full_and_when_it_is_not_any_more) {
  FaultyStorage storage;
  auto made = open_journal(storage);
  // Fill segments until one must be made while the disk is full.
  storage.set_full(true);
  const auto reaches = [&](Space wanted) {
    for (int i = 0; i < 20'000 && made.journal->space() != wanted; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return made.journal->space() == wanted;
  };
  for (int i = 0; i < 1'000 && made.journal->space() == Space::enough; ++i)
    append(*made.journal, {20});
  ASSERT_TRUE(reaches(Space::full));
  EXPECT_NE(made.journal->space_problem(), "");
  append(*made.journal, {20});  // what was accepted still finds room
  storage.set_full(false);
  EXPECT_TRUE(reaches(Space::enough));
  for (int i = 0; i < 100; ++i) append(*made.journal, {20});
}

TEST(Reader, gives_durable_batches_and_never_more) {
  FaultyStorage storage;
  auto made = open_journal(storage);
  auto reader = made.journal->reader(1);
  ports::JournalBatch batch;
  ASSERT_FALSE(reader->next(batch).value());
  std::uint64_t next = 1;
  for (int i = 0; i < 200; ++i) {
    append(*made.journal, {50}, 1'000 + i);
    ASSERT_TRUE(reader->next(batch).value());
    EXPECT_EQ(batch.first_seq, next);
    EXPECT_EQ(batch.at, from_millis(1'000 + i));
    ASSERT_EQ(batch.events.size(), 50U);
    EXPECT_EQ(std::get<sale::event::HoldEnded>(batch.events[7]).order, sale::OrderId(next + 7));
    next += 50;
    ASSERT_FALSE(reader->next(batch).value());
  }
  // From the middle of a batch: the whole of it.
  auto middle = made.journal->reader(5'020);
  ASSERT_TRUE(middle->next(batch).value());
  EXPECT_EQ(batch.first_seq, 5'001U);
}

TEST(Reader, stops_at_a_damaged_record) {
  FaultyStorage storage;
  auto made = open_journal(storage);
  append(*made.journal, {5, 5});
  (*storage.content(segment_name(1)))[kSegmentHeaderBytes + 80] ^= std::byte{4};
  ports::JournalBatch batch;
  const auto read = made.journal->reader(1)->next(batch);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace onrush::journal
