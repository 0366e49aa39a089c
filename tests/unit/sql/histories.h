// Journals made by hand: one legal history with every kind of event, and random ones of any length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ports/journal.h"
#include "sale/event.h"

namespace onrush::testing {

inline constexpr std::int64_t kEpoch = 1'790'000'000'000;

// A directory that is gone with the object.
class PrivateDirectory {
 public:
  PrivateDirectory();
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Collects events into batches; every batch is one millisecond after the last.
class History {
 public:
  explicit History(std::uint64_t first_seq = 1) : next_seq_(first_seq) {}

  History& batch(std::vector<sale::Event> events);
  [[nodiscard]] const std::vector<ports::JournalBatch>& batches() const { return batches_; }
  [[nodiscard]] std::uint64_t last_seq() const { return next_seq_ - 1; }

 private:
  std::vector<ports::JournalBatch> batches_;
  std::uint64_t next_seq_;
  std::int64_t now_ = kEpoch;
};

// Sale 1, key "618": items "power-bank" and "phone".
[[nodiscard]] sale::RulesPtr example_rules();
[[nodiscard]] sale::event::SaleDefined define_example();
[[nodiscard]] sale::event::HoldGranted grant(std::uint64_t order, std::uint64_t buyer,
                                             std::uint32_t unit, std::uint64_t standby = 0,
                                             std::uint16_t item = 0);
[[nodiscard]] sale::event::PaymentStarted start_payment(std::uint64_t payment, std::uint64_t order,
                                                        std::uint64_t buyer);
[[nodiscard]] sale::event::PaymentCaptured capture(
    std::uint64_t payment, std::uint64_t order, std::uint64_t buyer,
    sale::event::MoneyUse use = sale::event::MoneyUse::fulfilled, sale::Units units = {});

// A history of about `events` events: grants, expiries, payments of every outcome, standby, late
// money, refunds, restocks and staff acts, in batches of random size.
[[nodiscard]] History random_history(std::uint32_t seed, std::size_t events);

// A forward cursor over batches in memory.
class MemoryJournal final : public ports::JournalReader {
 public:
  explicit MemoryJournal(std::vector<ports::JournalBatch> batches) : batches_(std::move(batches)) {}
  Result<bool> next(ports::JournalBatch& batch) override;

 private:
  std::vector<ports::JournalBatch> batches_;
  std::size_t next_ = 0;
};

}  // namespace onrush::testing
