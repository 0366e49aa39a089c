#include "crowd/crowd.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "crowd/drive.h"
#include "crowd/plan.h"
#include "crowd/setup.h"

namespace onrush::crowd {
namespace {

constexpr std::uint64_t kFilesForOthers = 64;
constexpr useconds_t kSecondLookUs = 2'000'000;

// The only items where one free unit is enough for whoever waits.
bool wanted_singly(const Stage& stage, const std::string& item) {
  return std::any_of(stage.items.begin(), stage.items.end(), [&](const ItemShare& share) {
    return share.item == item && share.quantity_max == 1;
  });
}

bool unsold_while_waiting(const Stage& stage, const LiveSeen& numbers) {
  return numbers.phase == "open" &&
         std::any_of(numbers.items.begin(), numbers.items.end(), [&](const ItemNumbers& item) {
           return item.free > 0 && item.standby > 0 && wanted_singly(stage, item.item);
         });
}

// The server's own numbers must add up, and must contain all that the shoppers were told.
void check_numbers(const LiveSeen& numbers, Report& report) {
  std::uint64_t paid = 0;
  for (const ItemNumbers& item : numbers.items) {
    paid += item.paid;
    if (item.free + item.held + item.paid != item.stock) {
      report.violations.push_back(
          fmt::format("item {}: free {} + held {} + paid {} is not stock {}", item.item, item.free,
                      item.held, item.paid, item.stock));
    }
  }
  // Units that were paid and refunded since are counted by the look-ups of the orders.
  if (report.orders.refunded == 0 && paid < report.units_paid_acknowledged) {
    report.violations.push_back(
        fmt::format("{} units were acknowledged as paid, the server counts {}",
                    report.units_paid_acknowledged, paid));
  }
  report.items = numbers.items;
  report.phase = numbers.phase;
}

}  // namespace

Result<Report> run_crowd(const CrowdConfig& config, const ProgressCallback& progress,
                         const std::atomic<bool>* stop) {
  if (auto status = check_config(config); !status) return status.error();
  // Rush, general and payment page each have their connections.
  const std::uint64_t files = std::uint64_t{config.connections} * 2 + config.listeners +
                              std::min(config.standby_sockets_max, config.shoppers) +
                              kFilesForOthers;
  if (auto status = allow_files(files); !status) return status.error();
  RecordWriter record;
  if (!config.record_path.empty()) {
    auto opened = RecordWriter::open(config.record_path);
    if (!opened) return opened.error();
    record = std::move(*opened);
  }
  auto stage = set_up(config);
  if (!stage) return stage.error();
  auto plan = plan_crowd(config, stage->items);
  Drive drive{config, *stage, std::move(plan), std::move(record)};
  if (auto status = drive.run(progress, stop); !status) return status.error();
  Report report = drive.take_report();
  auto numbers = admin_numbers(config, stage->admin);
  if (numbers && unsold_while_waiting(*stage, *numbers)) {
    // A unit may be on its way to the next in line: only what stays so is wrong.
    ::usleep(kSecondLookUs);
    numbers = admin_numbers(config, stage->admin);
    if (numbers && unsold_while_waiting(*stage, *numbers)) {
      report.violations.emplace_back("units are free while shoppers wait in standby for them");
    }
  }
  if (!numbers) {
    report.failures.push_back("the server's numbers at the end: " + numbers.error().message);
  } else {
    check_numbers(*numbers, report);
  }
  return report;
}

}  // namespace onrush::crowd
