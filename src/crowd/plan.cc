#include "crowd/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "crowd/random.h"

namespace onrush::crowd {
namespace {

constexpr double kBotReactionUs = 20'000;  // after the opening

Kind draw_kind(const Mix& mix, Random& random) {
  std::uint32_t left = random.below(100);
  const auto is = [&left](unsigned percent) {
    if (left < percent) return true;
    left -= percent;
    return false;
  };
  if (is(mix.repeat_clickers)) return Kind::repeat_clicker;
  if (is(mix.refreshers)) return Kind::refresher;
  if (is(mix.abandoners)) return Kind::abandoner;
  if (is(mix.decliners)) return Kind::decliner;
  if (is(mix.late_payers)) return Kind::late_payer;
  if (is(mix.duplicate_payers)) return Kind::duplicate_payer;
  if (is(mix.quitters)) return Kind::quitter;
  return Kind::buyer;
}

std::int64_t draw_arrival(const CrowdConfig& config, Random& random) {
  const std::int64_t window_us = config.arrival_window.count() * 1000;
  if (random.chance(config.burst_percent)) {
    return static_cast<std::int64_t>(
        random.unit() * static_cast<double>(std::min<std::int64_t>(1'000'000, window_us)));
  }
  const double mean_us = static_cast<double>(config.tail_mean.count()) * 1000;
  const auto at = 1'000'000 + static_cast<std::int64_t>(random.exponential(mean_us));
  return std::min(at, window_us);
}

std::uint16_t draw_item(const std::vector<ItemShare>& items, std::uint32_t weights,
                        Random& random) {
  std::uint32_t left = random.below(weights);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (left < items[i].weight) return static_cast<std::uint16_t>(i);
    left -= items[i].weight;
  }
  return static_cast<std::uint16_t>(items.size() - 1);
}

// Drawn from a generator of its own, so that a crowd without bots and lines stays what it was.
void draw_group(const CrowdConfig& config, PlannedShopper& shopper) {
  Random random{shopper.seed ^ 0x67726f7570};
  const double who = random.unit();
  const double part = random.unit();
  const bool lobby = random.chance(config.lobby_percent);
  const double leaves = random.unit();
  shopper.mistaken = random.chance(config.mistaken_percent);
  if (lobby) shopper.lobby_part = part;
  if (who >= config.bots + config.ignore_filter) {
    shopper.leaves_line = leaves < config.leave;
    return;
  }
  // Neither forgets to pay: the question is who gets the goods.
  shopper.kind = Kind::buyer;
  shopper.clicks = 1;
  shopper.joins_standby = true;
  if (who < config.bots) {
    shopper.group = Group::bot;
    shopper.arrive_us = static_cast<std::int64_t>(part * kBotReactionUs);
    shopper.appears_us = shopper.arrive_us;
    shopper.polls_before = false;
    shopper.lobby_part = 0;
    shopper.mistaken = false;
    shopper.clicks = static_cast<std::uint8_t>(config.bot_speed);
    shopper.click_gap_us = 1'000'000 / config.bot_speed;
  } else {
    shopper.group = Group::modified;
    shopper.click_gap_us = 1'000'000 / config.bot_speed;
  }
}

}  // namespace

std::vector<PlannedShopper> plan_crowd(const CrowdConfig& config,
                                       const std::vector<ItemShare>& items) {
  Random random{config.seed};
  std::uint32_t weights = 0;
  for (const ItemShare& item : items) weights += item.weight;
  std::vector<PlannedShopper> plan(config.shoppers);
  for (PlannedShopper& shopper : plan) {
    shopper.seed = random.next();
    shopper.kind = draw_kind(config.mix, random);
    shopper.arrive_us = draw_arrival(config, random);
    shopper.item = draw_item(items, weights, random);
    shopper.quantity =
        static_cast<std::uint16_t>(1 + random.below(items[shopper.item].quantity_max));
    const bool early = random.chance(config.early_percent);
    const double lead = random.unit() * static_cast<double>(config.early_window.count()) * 1000;
    shopper.polls_before = early || shopper.kind == Kind::refresher;
    shopper.appears_us =
        early ? -static_cast<std::int64_t>(lead) : std::min<std::int64_t>(0, shopper.arrive_us);
    if (!shopper.polls_before) shopper.appears_us = shopper.arrive_us;
    const auto clicks = static_cast<std::uint8_t>(2 + random.below(4));
    if (shopper.kind == Kind::repeat_clicker) shopper.clicks = clicks;
    shopper.joins_standby = random.chance(config.standby_percent);
    shopper.waits_by_socket = random.chance(config.websocket_percent);
    draw_group(config, shopper);
  }
  std::stable_sort(plan.begin(), plan.end(),
                   [](const auto& a, const auto& b) { return a.arrive_us < b.arrive_us; });
  return plan;
}

Status check_config(const CrowdConfig& config) {
  const Mix& mix = config.mix;
  const unsigned kinds = mix.repeat_clickers + mix.refreshers + mix.abandoners + mix.decliners +
                         mix.late_payers + mix.duplicate_payers + mix.quitters;
  if (kinds > 100) return invalid(fmt::format("the kinds of shoppers add up to {} %", kinds));
  for (const auto& [name, percent] :
       {std::pair{"burst", config.burst_percent}, std::pair{"early", config.early_percent},
        std::pair{"standby", config.standby_percent},
        std::pair{"websocket", config.websocket_percent}, std::pair{"lobby", config.lobby_percent},
        std::pair{"mistaken", config.mistaken_percent}}) {
    if (percent > 100) return invalid(fmt::format("{}: {} % is more than all", name, percent));
  }
  for (const auto& [name, share] :
       {std::pair{"bots", config.bots}, std::pair{"leave", config.leave},
        std::pair{"ignore filter", config.ignore_filter},
        std::pair{"bots and ignore filter", config.bots + config.ignore_filter}}) {
    if (!(share >= 0 && share <= 1)) return invalid(fmt::format("{}: must be 0..1", name));
  }
  if (config.bot_speed < 1 || config.bot_speed > kBotSpeedMax) {
    return invalid(fmt::format("bot speed: must be 1..{}", kBotSpeedMax));
  }
  if (config.sale.empty()) return invalid("no sale is named");
  if (config.shoppers < 1 || config.shoppers > 2'000'000) {
    return invalid("shoppers: must be 1..2000000");
  }
  if (config.connections < 1) return invalid("connections: must be at least 1");
  if (config.source_addresses < 1 || config.source_addresses > 200) {
    return invalid("source addresses: must be 1..200");
  }
  if (config.think_max < config.think_min)
    return invalid("think time: the maximum is below the minimum");
  if (config.request_timeout < Millis{1} || config.poll_interval < Millis{1} ||
      config.standby_poll < Millis{1} || config.line_poll < Millis{1} ||
      config.arrival_window < Millis{1} || config.time_limit < Millis{1} ||
      config.tail_mean < Millis{0} || config.early_window < Millis{0} ||
      config.think_min < Millis{0}) {
    return invalid("times must be positive");
  }
  for (const ItemShare& item : config.items) {
    if (item.item.empty() || item.weight < 1 || item.weight > 1'000'000 || item.quantity_max < 1 ||
        item.quantity_max > 100) {
      return invalid(fmt::format("item '{}': weight 1..1000000 and quantity 1..100", item.item));
    }
  }
  return {};
}

}  // namespace onrush::crowd
