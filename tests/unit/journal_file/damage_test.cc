// Every single-bit flip and every truncation of a journal, and torn writes: recovered, or refused,
// or cut within the last batch and reported; never a silent difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <random>

#include "engine/journal/journal.h"
#include "support/faulty_storage.h"

namespace onrush::journal {
namespace {

constexpr std::size_t kBytes = 64 << 10;

struct Image {
  std::vector<std::byte> bytes;
  SegmentHeader header;
  std::vector<std::uint64_t> starts;  // of each record
  std::vector<Position> before;       // each record
  std::uint64_t end = 0;
  Position final;
};

// A segment of records of many sizes that fills about `fill` of 64 KiB.
Image make_image(std::uint64_t seed, double fill) {
  std::mt19937_64 random(seed);
  Image image;
  for (auto& b : image.header.journal) b = static_cast<std::byte>(random());
  image.header.file_bytes = kBytes;
  image.header.chain = first_chain(image.header.journal);
  image.bytes = encode(image.header);
  Sha256 hash;
  image.final.chain = image.header.chain;
  image.final.time_ms = 0;
  std::vector<std::byte> record;
  while (true) {
    begin_record(record);
    const std::size_t payload = 1 + random() % (random() % 8 == 0 ? 6'000 : 400);
    for (std::size_t i = 0; i < payload; ++i) record.push_back(static_cast<std::byte>(random()));
    RecordHeader header;
    header.first_seq = image.final.next_seq;
    header.events = 1 + static_cast<std::uint32_t>(random() % 9);
    header.time_ms = image.final.time_ms + static_cast<std::int64_t>(random() % 3);
    const Digest chain = seal_record(record, header, image.header.journal, image.final.chain, hash);
    if (static_cast<double>(image.bytes.size() + record.size()) > fill * kBytes) break;
    image.starts.push_back(image.bytes.size());
    image.before.push_back(image.final);
    image.bytes.insert(image.bytes.end(), record.begin(), record.end());
    image.final = {header.first_seq + header.events, header.time_ms, chain};
  }
  image.end = image.bytes.size();
  image.bytes.resize(kBytes);
  return image;
}

enum class Verdict { whole, cut_and_reported, refused, silent_difference };

// What a start would make of these bytes as the only segment. Records before number `from` are
// known to be unchanged and are not looked at again.
Verdict judge(const Image& original, Bytes bytes, std::size_t from = 0) {
  const auto header = parse_segment_header(bytes);
  if (!header || header->file_bytes != bytes.size()) return Verdict::refused;
  if (*header != original.header) return Verdict::silent_difference;
  Position position = original.before[from];
  if (from == 0 && position.chain != header->chain) return Verdict::silent_difference;
  std::uint64_t seen = from;
  bool same = true;
  const auto visit = [&](const RecordHeader& record, Bytes payload) -> Status {
    const std::uint64_t at = original.starts.at(seen++) + kRecordHeaderBytes;
    same = same && record.payload_bytes == payload.size() &&
           std::memcmp(payload.data(), &original.bytes[at], payload.size()) == 0;
    return {};
  };
  const auto scanned =
      scan_segment(bytes, header->journal, true, position, visit, original.starts[from]);
  if (!scanned) return Verdict::refused;
  if (!same) return Verdict::silent_difference;
  if (seen == original.starts.size()) {
    return position.chain == original.final.chain ? Verdict::whole : Verdict::silent_difference;
  }
  const bool only_last = seen + 1 == original.starts.size();
  return only_last && scanned.value().torn ? Verdict::cut_and_reported : Verdict::silent_difference;
}

TEST(Damage, every_single_bit_flip_is_noticed) {
  const Image image = make_image(11, 0.97);
  std::vector<std::byte> bytes = image.bytes;
  ASSERT_EQ(judge(image, bytes), Verdict::whole);
  ASSERT_GT(image.starts.size(), 30U);
  std::uint64_t refused = 0;
  std::uint64_t cut = 0;
  for (std::size_t bit = 0; bit < kBytes * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const bool in_data = bit / 8 < image.end;
    std::size_t from = 0;
    // Some are judged from the beginning, to show that the short cut makes no difference.
    while (bit % 101 != 0 && from + 1 < image.starts.size() && image.starts[from + 1] <= bit / 8)
      ++from;
    const Verdict verdict = judge(image, bytes, from);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_NE(verdict, Verdict::silent_difference) << "bit " << bit;
    // Behind the end a flip loses nothing; within the data it must never pass for whole.
    ASSERT_FALSE(in_data && verdict == Verdict::whole) << "bit " << bit;
    refused += verdict == Verdict::refused ? 1 : 0;
    cut += verdict == Verdict::cut_and_reported ? 1 : 0;
  }
  EXPECT_GE(refused, image.end * 8 - cut);
  EXPECT_LE(cut, 8U)
      << "a flip may look like a torn write only if it makes a part of a sector zero";
  std::cout << "flips: " << kBytes * 8 << ", refused " << refused << ", cut and reported " << cut
            << "\n";
}

// A wrong length there may reach into the empty rest of the segment, where a torn write would have
// its gap.
TEST(Damage, a_flip_in_the_header_of_the_last_record_is_never_taken_for_a_torn_write) {
  const Image image = make_image(15, 0.4);
  std::vector<std::byte> bytes = image.bytes;
  const std::uint64_t begin = image.starts.back();
  for (std::size_t bit = begin * 8; bit < (begin + kRecordHeaderBytes) * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_EQ(judge(image, bytes), Verdict::refused) << "bit " << bit - begin * 8;
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
}

TEST(Damage, every_truncation_is_refused) {
  const Image image = make_image(12, 0.7);
  for (std::size_t size = 0; size < kBytes; ++size) {
    ASSERT_EQ(judge(image, Bytes(image.bytes).first(size)), Verdict::refused) << size;
  }
}

// A file that lost its end but kept its size: everything from some byte on is zero.
TEST(Damage, data_that_ends_too_early_is_cut_back_only_within_the_last_batch) {
  const Image image = make_image(13, 0.7);
  std::vector<std::byte> bytes = image.bytes;
  const std::uint64_t last = image.starts.back();
  for (std::uint64_t at = image.end; at-- > last;) {
    bytes[at] = std::byte{0};
    const Verdict verdict = judge(image, bytes);
    if (at == last) {
      // Nothing of it is left, and nothing can tell that it was ever there.
      continue;
    }
    ASSERT_NE(verdict, Verdict::silent_difference) << at;
  }
}

TEST(Damage, every_combination_of_lost_sectors_of_the_last_record_is_a_torn_tail) {
  const std::uint64_t seed =
      std::getenv("ONRUSH_SEED") ? std::strtoull(std::getenv("ONRUSH_SEED"), nullptr, 10) : 5;
  std::cout << "ONRUSH_SEED=" << seed << "\n";
  for (std::uint64_t s = 0; s < 200; ++s) {
    const Image image = make_image(seed * 1'000 + s, 0.4);
    const std::uint64_t begin = image.starts.back();
    std::vector<std::uint64_t> sectors;
    for (std::uint64_t at = begin / 512 * 512; at < image.end; at += 512) sectors.push_back(at);
    const std::uint64_t combinations = std::uint64_t{1} << std::min<std::size_t>(sectors.size(), 8);
    for (std::uint64_t kept = 0; kept + 1 < combinations; ++kept) {
      std::vector<std::byte> bytes = image.bytes;
      bool anything = false;
      for (std::size_t i = 0; i < sectors.size(); ++i) {
        const bool keep = i < 8 ? (kept >> i & 1) != 0 : (kept & 1) != 0;
        anything = anything || keep;
        const std::uint64_t from = std::max(sectors[i], begin);
        const std::uint64_t to = std::min<std::uint64_t>(sectors[i] + 512, image.end);
        if (!keep) std::memset(&bytes[from], 0, to - from);
      }
      if (anything) {
        ASSERT_EQ(judge(image, bytes), Verdict::cut_and_reported)
            << "seed " << seed << " image " << s;
      }
    }
  }
}

TEST(Damage, a_broken_record_before_a_good_one_is_never_cut) {
  const Image image = make_image(14, 0.7);
  for (std::size_t i = 0; i + 1 < image.starts.size(); ++i) {
    std::vector<std::byte> bytes = image.bytes;
    std::memset(&bytes[image.starts[i]], 0, image.starts[i + 1] - image.starts[i]);
    ASSERT_EQ(judge(image, bytes), Verdict::refused) << "record " << i;
  }
}

bool refused(const Image& image, Bytes bytes, bool is_last = true) {
  Position position = image.before[0];
  const auto ignore = [](const RecordHeader&, Bytes) -> Status { return {}; };
  return !scan_segment(bytes, image.header.journal, is_last, position, ignore, image.starts[0]);
}

// As only a faulty writer could make them: sealed with the right chain.
TEST(Damage, a_record_that_skips_events_or_goes_back_in_time_is_refused) {
  const Image image = make_image(17, 0.4);
  const auto with = [&image](std::uint64_t first_seq, std::int64_t time_ms) {
    Sha256 hash;
    std::vector<std::byte> record;
    begin_record(record);
    record.resize(record.size() + 100, std::byte{7});
    RecordHeader header;
    header.first_seq = first_seq;
    header.events = 1;
    header.time_ms = time_ms;
    seal_record(record, header, image.header.journal, image.final.chain, hash);
    std::vector<std::byte> bytes = image.bytes;
    std::copy(record.begin(), record.end(), bytes.begin() + static_cast<std::ptrdiff_t>(image.end));
    return bytes;
  };
  EXPECT_FALSE(refused(image, with(image.final.next_seq, image.final.time_ms)));
  EXPECT_TRUE(refused(image, with(image.final.next_seq + 1, image.final.time_ms)));
  EXPECT_TRUE(refused(image, with(image.final.next_seq - 1, image.final.time_ms)));
  EXPECT_TRUE(refused(image, with(image.final.next_seq, image.final.time_ms - 1)));
}

TEST(Damage, what_looks_torn_is_refused_behind_which_something_stands_or_a_segment_follows) {
  Image image = make_image(18, 0.4);
  for (std::uint64_t seed = 19; image.end - image.starts.back() < 2'048; ++seed) {
    image = make_image(seed, 0.4);
  }
  std::vector<std::byte> bytes = image.bytes;
  const std::uint64_t sector = image.starts.back() / 512 * 512 + 1'024;
  std::memset(&bytes[sector], 0, 512);
  EXPECT_FALSE(refused(image, bytes)) << "a lost sector of the last record";
  EXPECT_TRUE(refused(image, bytes, false)) << "a later segment exists";
  bytes[image.end + 100] = std::byte{1};
  EXPECT_TRUE(refused(image, bytes)) << "something stands behind it";
}

TEST(Damage, the_message_names_file_and_offset) {
  testing::FaultyStorage storage;
  JournalRecovery report;
  const auto ignore = [](const RecordHeader&, Bytes) -> Status { return {}; };
  JournalConfig config;
  config.segment_bytes = kBytes;
  {
    auto journal = std::move(Journal::open(storage, config, {}, ignore, report).value());
    for (int i = 0; i < 3; ++i) {
      std::vector<std::byte> record;
      begin_record(record);
      record.resize(record.size() + 100, std::byte{7});
      ASSERT_TRUE(journal->append(record, 1, 5));
    }
  }
  (*storage.content(segment_name(1)))[512 + 256 + 70] ^= std::byte{1};
  const auto refused = Journal::open(storage, config, {}, ignore, report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_NE(
      refused.error().message.find("memory/journal-00000000000000000001.seg: damaged at byte 768"),
      std::string::npos)
      << refused.error().message;
}

// The journal as a whole on a disk that loses power at random: acknowledged batches are always
// there.
TEST(Damage, a_crash_loses_nothing_that_was_synced) {
  const std::uint64_t seed =
      std::getenv("ONRUSH_SEED") ? std::strtoull(std::getenv("ONRUSH_SEED"), nullptr, 10) : 3;
  std::cout << "ONRUSH_SEED=" << seed << "\n";
  const auto ignore = [](const RecordHeader&, Bytes) -> Status { return {}; };
  JournalConfig config;
  config.segment_bytes = kBytes;
  config.space_wait = std::chrono::milliseconds(10);
  for (std::uint64_t round = 0; round < 60; ++round) {
    testing::FaultyStorage storage(seed * 1'000 + round);
    std::mt19937_64 random(seed * 7'000 + round);
    std::uint64_t acknowledged = 0;
    for (int life = 0; life < 5; ++life) {
      JournalRecovery report;
      auto opened = Journal::open(storage, config, {}, ignore, report);
      ASSERT_TRUE(opened) << opened.error().message << " seed " << seed << " round " << round;
      Journal& journal = *opened.value();
      ASSERT_GE(journal.durable_seq(), acknowledged) << "seed " << seed << " round " << round;
      ASSERT_LE(journal.durable_seq(), acknowledged + 1);
      storage.fail_from(storage.operations() + 1 + random() % 60);
      while (true) {
        std::vector<std::byte> record;
        begin_record(record);
        record.resize(record.size() + 1 + random() % 9'000,
                      static_cast<std::byte>(1 + random() % 255));
        const std::uint64_t before = journal.durable_seq();
        if (!journal.append(record, 1, 5)) {
          acknowledged = before;
          break;
        }
      }
      opened.value().reset();
      storage.crash();
    }
  }
}

}  // namespace
}  // namespace onrush::journal
